/** @file The numbers of a report by name, as thresholds and scripts ask for them. */

import { deadIn, type InversionCell, type NetReport, type ReportUnit } from "./net-report-data.ts";

/**
 * Every number that a threshold may name:
 *
 *   classes.<class>.<number>, units.<address>.<number>      of one picture
 *   classes.probability, classes.judge                      means over the classes
 *   classes.transfer                                        part of the classes that the judge's first answer names
 *   inversion.<layer>.<C>.<number>, inversion.<layer>.<number>   means over the photos; without C, at the usual one
 *   path.<layer>.cosine, path.<layer>.spearman              1 like photos of the class, 0 like those of others
 *   caricature.<layer>.exaggeration
 *   dead, dead.part, dead.<layer>                           channels, their part of all, those of a layer
 *   beside.<any of these>, difference.<number>              of a second net; its class pictures' numbers minus the first's
 */
export function measuresOf(report: NetReport): Map<string, number> {
  const { units, classes, path, inversion, caricatures, dead, beside } = report;
  const measures = new Map<string, number>();
  const ofUnit = (part: string, { name, numbers }: ReportUnit): void => {
    for (const [key, x] of Object.entries(numbers)) measures.set(`${part}.${name}.${key}`, x);
  };
  for (const each of classes) ofUnit("classes", each);
  for (const each of units) ofUnit("units", each);
  for (const key of ["probability", "judge"] as const) {
    const known = classes.flatMap(({ numbers }) => numbers[key] ?? []);
    if (known.length > 0) measures.set(`classes.${key}`, mean(known));
  }
  const ranks = classes.flatMap(({ numbers }) => numbers.judgeRank ?? []);
  if (ranks.length > 0)
    measures.set("classes.transfer", mean(ranks.map((r) => (Number.isNaN(r) ? r : Number(r === 1)))));
  for (const cell of inversion?.cells ?? []) {
    const { layer, codeWeight } = cell;
    for (const [key, x] of Object.entries(cellNumbers(cell))) {
      measures.set(`inversion.${layer}.${codeWeight}.${key}`, x);
      if (codeWeight === inversion?.usual) measures.set(`inversion.${layer}.${key}`, x);
    }
  }
  for (const { layer, exaggeration } of caricatures?.layers ?? [])
    measures.set(`caricature.${layer}.exaggeration`, exaggeration);
  for (const { address, cosine, spearman } of path?.layers ?? []) {
    measures.set(`path.${address}.cosine`, cosine.normalised);
    measures.set(`path.${address}.spearman`, spearman.normalised);
  }
  if (dead) {
    const all = dead.layers.reduce((n, { channels }) => n + channels, 0);
    const count = dead.layers.reduce((n, layer) => n + deadIn(layer), 0);
    measures.set("dead", count);
    measures.set("dead.part", count / all);
    for (const layer of dead.layers) measures.set(`dead.${layer.layer}`, deadIn(layer));
  }
  for (const [name, x] of beside ? measuresOf(beside.report) : []) measures.set(`beside.${name}`, x);
  for (const { name, difference } of beside?.compared ?? []) measures.set(`difference.${name}`, difference.mean);
  return measures;
}

const cellNumbers = (cell: InversionCell): Record<string, number> => ({
  error: cell.error.mean,
  cvpr: cell.cvpr.mean,
  psnr: cell.psnr.mean,
  ssim: cell.ssim.mean,
  ...(cell.agreement && { agreement: cell.agreement.part }),
  ...(cell.judgeAgreement && { judgeAgreement: cell.judgeAgreement.part }),
});

const mean = (xs: readonly number[]): number => xs.reduce((s, x) => s + x, 0) / xs.length;
