import { expect, test } from "vitest";
import { cut } from "../src/text.js";
import { LIMITS } from "../src/types.js";

test("text is cut between two characters as people count them", () => {
  expect(cut("  well met  ", 256)).toBe("well met");
  expect(cut("abcdef", 4)).toBe("abcd");
  expect(cut("abcdef", 100, 3)).toBe("abc");
  const family = "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}";
  expect(cut(family.repeat(3), 40)).toBe(family.repeat(2));
  expect(cut("ก็้".repeat(30), LIMITS.nameBytes, LIMITS.nameCharacters)).toBe("ก็้".repeat(20));
  expect(cut("e\u0301", 2)).toBe("");
});
