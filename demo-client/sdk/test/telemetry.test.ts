import { expect, test } from "vitest";
import { Recorder } from "../src/telemetry.js";

/** A view with the bodies `ids`, each `x` metres per id from the origin. */
function bodies(ids: number[], x: number) {
  return {
    Body: {
      count: ids.length,
      ids: Uint32Array.from(ids),
      x: Float64Array.from(ids, (id) => id * x),
      y: Float64Array.from(ids, (id) => -id),
    },
  };
}

function frame(n: number, ownEntity: number, ids: number[]) {
  return {
    timeMs: n * 16,
    drawnTick: n - 4.5,
    roomTick: n + 0.25,
    ownEntity,
    view: bodies(ids, n),
  };
}

test("each animation frame gives an entry in every column", () => {
  const recorder = new Recorder({ component: "Body", fields: ["x", "y"], entities: [7] });
  recorder.record(frame(1, 5, [5, 7]));
  recorder.record(frame(2, 5, [2, 5, 7]));
  const { frames, timeMs, drawnTick, roomTick, own, entities } = recorder.snapshot();
  expect(frames).toBe(2);
  expect([...timeMs]).toEqual([16, 32]);
  expect([...drawnTick]).toEqual([-3.5, -2.5]);
  expect([...roomTick]).toEqual([1.25, 2.25]);
  expect([...own.x]).toEqual([5, 10]);
  expect([...own.y]).toEqual([-5, -5]);
  expect([...(entities.get(7)?.x ?? [])]).toEqual([7, 14]);
});

test("what is not drawn is NaN, and a new own entity goes on in the same column", () => {
  const recorder = new Recorder({ component: "Body", fields: ["x", "nothing"], entities: [7] });
  recorder.record(frame(1, 0, [5, 7]));
  recorder.record(frame(2, 5, [5]));
  recorder.record(frame(3, 9, [9]));
  const { own, entities } = recorder.snapshot();
  expect([...own.x]).toEqual([Number.NaN, 10, 27]);
  expect([...own.nothing]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  expect([...(entities.get(7)?.x ?? [])]).toEqual([7, Number.NaN, Number.NaN]);
});

test("the newest frames are kept, oldest first, and a snapshot stays as it was", () => {
  const recorder = new Recorder({ component: "Body", fields: ["x"], frames: 3 });
  for (const n of [1, 2, 3, 4, 5]) recorder.record(frame(n, 1, [1]));
  const before = recorder.snapshot();
  recorder.record(frame(6, 1, [1]));
  expect([...before.own.x]).toEqual([3, 4, 5]);
  expect([...recorder.snapshot().own.x]).toEqual([4, 5, 6]);
  recorder.clear();
  expect(recorder.snapshot()).toMatchObject({ frames: 0, timeMs: new Float64Array(0) });
});
