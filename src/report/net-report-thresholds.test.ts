/** @file Thresholds: what they name, what they bound, and what is refused. */

import { describe, expect, it } from "vitest";
import { InputError } from "../error.ts";
import { brokenText, brokenThresholds, expectKnown, readThresholds } from "./net-report-thresholds.ts";

const measures = new Map([
  ["classes.rose.probability", 0.95],
  ["classes.lily-of-the-valley.probability", 0.4],
  ["inversion.layer3.1.error", 0.2],
  ["inversion.layer3.1.100.error", 0.2],
  ["dead", 3],
  ["dead.layer1", Number.NaN],
]);

describe("thresholds", () => {
  it.each([
    [{ dead: { max: 3 } }, []],
    [{ dead: { max: 2 } }, ["dead is 3: expected at most 2"]],
    [{ dead: { min: 4, max: 5 } }, ["dead is 3: expected at least 4 and at most 5"]],
    [{ "classes.*.probability": { min: 0.4 } }, []],
    [
      { "classes.*.probability": { min: 0.9 } },
      ["classes.lily-of-the-valley.probability is 0.4: expected at least 0.9"],
    ],
    [{ "inversion.layer3.1.error": { max: 0.2 } }, []],
    [{ "dead.layer1": { max: 1 } }, ["dead.layer1 is not known: expected at most 1"]],
    [
      { "*.probability": { max: 0.1 }, dead: { max: 0 } },
      [
        "classes.rose.probability is 0.95: expected at most 0.1",
        "classes.lily-of-the-valley.probability is 0.4: expected at most 0.1",
        "dead is 3: expected at most 0",
      ],
    ],
  ])("%j", (json, said) => {
    const thresholds = readThresholds(json);
    expectKnown(thresholds, [...measures.keys()]);
    expect(brokenThresholds(thresholds, measures).map(brokenText)).toEqual(said);
  });

  it("breaks what was not made", () => {
    expect(brokenThresholds({ "units.*.ratio": { min: 1 } }, measures).map(brokenText)).toEqual([
      "units.*.ratio is not known: expected at least 1",
    ]);
  });

  it("takes a dot for a dot, not for any character", () => {
    expect(() => expectKnown({ "inversion.layer3x1.error": { max: 1 } }, [...measures.keys()])).toThrow(
      /'inversion.layer3x1.error' is no measure of this report: did you mean inversion.layer3.1.error/,
    );
  });

  it.each([
    [[], /expected names with bounds/],
    ["dead", /expected names with bounds/],
    [{ dead: 3 }, /dead: expected bounds such as/],
    [{ dead: {} }, /dead: expected bounds such as/],
    [{ dead: { most: 3 } }, /there is no 'most': expected min or max/],
    [{ dead: { max: "3" } }, /max: expected a number, got "3"/],
    [{ dead: { max: 1, min: 2 } }, /min 2 lies above max 1/],
  ])("refuses %j", (json, message) => {
    expect(() => readThresholds(json)).toThrow(InputError);
    expect(() => readThresholds(json)).toThrow(message);
  });
});
