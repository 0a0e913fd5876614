/** @file Thresholds on the numbers of a report: what makes it fail a build. */

import { expect, InputError } from "../error.ts";
import { nearest } from "../model/nearest.ts";

/** Bounds that a number must keep, both included. */
export interface Threshold {
  readonly min?: number;
  readonly max?: number;
}

/** By the name of a measure, in which `*` stands for any characters: each measure that it fits must keep the bounds. */
export type Thresholds = Readonly<Record<string, Threshold>>;

/** A measure that does not keep its bounds. */
export interface Broken extends Threshold {
  readonly measure: string;
  /** NaN where it is not known. */
  readonly value: number;
}

/** Thresholds as JSON. Throws an `InputError` for anything that is no bounds of numbers. */
export function readThresholds(json: unknown): Thresholds {
  const wanted = 'expected names with bounds, such as {"classes.*.probability": {"min": 0.9}}';
  expect(isRecord(json), () => `thresholds: ${wanted}, got ${JSON.stringify(json)}`);
  for (const [name, bounds] of Object.entries(json)) {
    expect(
      isRecord(bounds) && Object.keys(bounds).length > 0,
      () => `thresholds: ${name}: expected bounds such as {"min": 0.9} or {"max": 3}, got ${JSON.stringify(bounds)}`,
    );
    for (const [key, x] of Object.entries(bounds)) {
      expect(key === "min" || key === "max", () => `thresholds: ${name}: there is no '${key}': expected min or max`);
      expect(
        typeof x === "number" && Number.isFinite(x),
        () => `thresholds: ${name}: ${key}: expected a number, got ${JSON.stringify(x)}`,
      );
    }
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = bounds as Threshold;
    expect(min <= max, () => `thresholds: ${name}: min ${min} lies above max ${max}: nothing can keep both`);
  }
  return json as Thresholds;
}

const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === "object" && x !== null && !Array.isArray(x);

/**
 * Throws an `InputError` for thresholds on measures that there will not be, with the nearest that there will.
 *
 * @param more What would bring others, in words.
 */
export function expectKnown(thresholds: Thresholds, measures: readonly string[], more = ""): void {
  for (const name of Object.keys(thresholds))
    if (!measures.some(fits(name)))
      throw new InputError(
        measures.length === 0
          ? `thresholds: '${name}' is no measure of this report, which has none`
          : `thresholds: '${name}' is no measure of this report: did you mean ${nearest(name, measures, 4).join(", ")}?${more && ` (${more})`}`,
      );
}

/** All measures that do not keep the bounds, in the order of the thresholds; what is not a number keeps none. */
export function brokenThresholds(thresholds: Thresholds, measures: ReadonlyMap<string, number>): Broken[] {
  return Object.entries(thresholds).flatMap(([name, bounds]) => {
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = bounds;
    const meant = [...measures].filter(([measure]) => fits(name)(measure));
    // A part that could not be made keeps nothing.
    const found = meant.length > 0 ? meant : [[name, Number.NaN] as const];
    return found.flatMap(([measure, value]) => (value >= min && value <= max ? [] : [{ measure, value, ...bounds }]));
  });
}

/** `classes.rose.probability is 0.43: expected at least 0.9` */
export function brokenText({ measure, value, min, max }: Broken): string {
  const bounds = [...(min === undefined ? [] : [`at least ${min}`]), ...(max === undefined ? [] : [`at most ${max}`])];
  const is = Number.isNaN(value) ? "is not known" : `is ${Number(value.toPrecision(4))}`;
  return `${measure} ${is}: expected ${bounds.join(" and ")}`;
}

const fits = (name: string): ((measure: string) => boolean) => {
  const pattern = name.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const whole = new RegExp(`^${pattern.join(".*")}$`, "s");
  return (measure) => whole.test(measure);
};
