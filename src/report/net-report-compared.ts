/** @file The class pictures of two nets, number by number: means and differences, class by class. */

import { meanInterval } from "../tensor/statistics.ts";
import type { ReportCompared, ReportUnit } from "./net-report-data.ts";

/** What is compared, in words. */
export const comparedTitles = {
  probability: "probability on its own net",
  other: "probability on the other net",
  judge: "probability on the judge",
  slope: "slope of the spectrum",
  slopeOff: "slope, away from that of photos",
  variation: "total variation",
} as const;

type ComparedName = keyof typeof comparedTitles;

/**
 * Numbers that both nets' pictures have. Activations are not among them: each net has a scale of its own.
 *
 * @param photoSlope Mean slope of photos; without it nothing is said of how far away from it pictures are.
 */
export function compareClasses(
  first: readonly ReportUnit[],
  second: readonly ReportUnit[],
  photoSlope?: number,
): ReportCompared[] {
  if (first.length === 0 || first.length !== second.length) return [];
  const read = ({ numbers }: ReportUnit, name: ComparedName): number | undefined => {
    if (name !== "slopeOff") return numbers[name];
    return photoSlope === undefined ? undefined : Math.abs(numbers.slope! - photoSlope);
  };
  return (Object.keys(comparedTitles) as ComparedName[]).flatMap((name) => {
    const [a, b] = [first, second].map((classes) => classes.map((each) => read(each, name)));
    const pairs = a!.flatMap((x, i) => (x === undefined || b![i] === undefined ? [] : [[x, b![i]] as const]));
    return pairs.length === 0
      ? []
      : [
          {
            name,
            first: meanInterval(pairs.map(([x]) => x)),
            second: meanInterval(pairs.map(([, y]) => y)),
            difference: meanInterval(pairs.map(([x, y]) => y - x)),
          },
        ];
  });
}
