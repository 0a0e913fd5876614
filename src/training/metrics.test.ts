/** @file Metrics against figures worked out by hand. */

import { describe, expect, it } from "vitest";
import { Tally } from "./metrics.ts";

describe("a tally", () => {
  const tally = new Tally(["a", "b", "c"], 1);
  // Two of class a (one right), three of b (two right), none of c; one answer c.
  const answers: readonly (readonly [readonly number[], number])[] = [
    [[3, 0, 0], 0],
    [[0, 2, 0], 0],
    [[0, 1, 0], 1],
    [[0, 1, 0], 1],
    [[0, 0, 5], 1],
  ];
  answers.forEach(([logits, label], i) => {
    tally.add(logits, label, 100 + i);
  });
  const result = tally.result();

  it("counts", () => {
    expect(result.n).toBe(5);
    expect(result.top1).toBeCloseTo(3 / 5, 12);
    expect(result.top5).toBe(1);
    expect(result.confusion).toEqual([
      [1, 1, 0],
      [0, 2, 1],
      [0, 0, 0],
    ]);
  });
  it("averages recall over the classes that occur", () => expect(result.balanced).toBeCloseTo((1 / 2 + 2 / 3) / 2, 12));
  it("averages cross-entropy", () => {
    const surprise = ([z, label]: (typeof answers)[number]): number =>
      Math.log(z.reduce((s, x) => s + Math.exp(x), 0)) - z[label]!;
    expect(result.loss).toBeCloseTo(answers.reduce((s, a) => s + surprise(a), 0) / 5, 12);
  });
  it("describes each class", () => {
    expect(result.classes[1]).toMatchObject({ label: "b", n: 3 });
    expect(result.classes[1]!.precision).toBeCloseTo(2 / 3, 12);
    expect(result.classes[1]!.f1).toBeCloseTo(2 / 3, 12);
    expect(result.classes[2]!.recall).toBeNaN();
  });
  it("keeps the worst mistakes", () =>
    expect(result.mistakes.map(({ item, label, answer }) => [item, label, answer])).toEqual([[104, 1, 2]]));
});

it("survives logits far beyond what exp can take", () => {
  const tally = new Tally(["a", "b"]);
  tally.add([1000, -1000], 1, 0);
  expect(tally.result().loss).toBeCloseTo(2000, 6);
});
