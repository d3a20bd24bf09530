import { expect, test } from "vitest";
import { hasSeat, SeatStore, type TokenStorage } from "../src/seat-store.js";

function storage(): TokenStorage {
  const entries = new Map<string, string>();
  return {
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => void entries.set(key, value),
    removeItem: (key) => void entries.delete(key),
  };
}

test("each game and room has a seat of its own", () => {
  const tab = storage();
  const arena = new SeatStore(tab, "arena");
  arena.save("lava", "0a0b");
  expect(arena.load("lava")).toBe("0a0b");
  expect(arena.load("ice")).toBeUndefined();
  expect(new SeatStore(tab, "chess").load("lava")).toBeUndefined();
  expect(hasSeat({ name: "arena" }, "lava", tab)).toBe(true);
  expect(hasSeat({ name: "arena" }, "", tab)).toBe(false);
  arena.drop("lava");
  expect(hasSeat({ name: "arena" }, "lava", tab)).toBe(false);
});

test("a storage that refuses costs nothing but the seat", () => {
  const refuse = () => {
    throw new Error("quota");
  };
  const seats = new SeatStore({ getItem: refuse, setItem: refuse, removeItem: refuse }, "arena");
  seats.save("lava", "0a0b");
  expect(seats.load("lava")).toBeUndefined();
  seats.drop("lava");
  expect(new SeatStore(null, "arena").load("lava")).toBeUndefined();
});
