/** @file A second net beside the first in a report: what each says of the other's pictures of classes, and how the numbers differ. */

import { decodeImage } from "#image-codec";
import { uriBytes } from "../report/data-uri.ts";
import { compareClasses } from "../report/net-report-compared.ts";
import { figureName, type ReportUnit } from "../report/net-report-data.ts";
import { classProbabilities } from "./measure-classes.ts";
import type { FinishedReport, ReportWork } from "./net-report-work.ts";
import { type Piece, piece } from "./report-pieces.ts";

/** By address, the probability of each class on the net that its picture was not made for. */
interface Across {
  readonly first: Readonly<Record<string, number>>;
  readonly second: Readonly<Record<string, number>>;
}

export function acrossPiece(first: ReportWork, second: ReportWork) {
  let found: Across = { first: {}, second: {} };
  /** Of pictures made for `made`, on the net `by`, which has the same classes in the same order. */
  const asked = async (made: ReportWork, by: ReportWork): Promise<Record<string, number>> => {
    const { device, threads } = by.run;
    const run = { ...(device && { device }), ...(threads && { threads }) };
    const answers: Record<string, number> = {};
    for (const [i, { address }] of made.plan.classes.entries()) {
      const figure = made.figures[figureName.unit(address)];
      if (!figure) continue;
      const { image } = await decodeImage(uriBytes(figure));
      const [answer] = await classProbabilities(by.model, [image], run);
      answers[address] = answer![by.plan.classes[i]!.channel]!;
    }
    return answers;
  };
  const across = piece<Across>({
    title: "each net before the other's pictures",
    work: first.macsTo("logits") * first.plan.classes.length,
    key: {
      part: "across",
      first: first.key,
      second: second.key,
      classes: first.plan.classes.map(({ address }) => address),
      steps: first.options.steps ?? null,
    },
    refuse: first.refuse("classes", "each net before the other's pictures"),
    take: (value) => {
      found = value;
    },
    make: async function* () {
      const one = await asked(first, second);
      yield 0.5;
      return { first: one, second: await asked(second, first) };
    },
  });
  const pieces: Piece[] = first.plan.classes.length > 0 ? [across] : [];
  return { pieces, result: () => found };
}

/** One report of two. */
export function besideOf(first: FinishedReport, second: FinishedReport, across: Across): FinishedReport {
  const seen = (classes: readonly ReportUnit[], other: Across["first"]): ReportUnit[] =>
    classes.map((each) => ({ ...each, numbers: { ...each.numbers, other: other[each.address] ?? Number.NaN } }));
  const [a, b] = [first.report, second.report];
  const classes = seen(a.classes, across.first);
  const report = { ...b, classes: seen(b.classes, across.second) };
  const figures = Object.entries(second.figures).map(([name, uri]) => [figureName.beside(name), uri] as const);
  const compared = compareClasses(classes, report.classes, a.texture?.spectrumSlope.mean);
  const sizes = a.size.join() === b.size.join();
  return {
    report: {
      ...a,
      classes,
      beside: { report, compared },
      notes: [
        ...a.notes,
        ...b.notes.map((note) => `${b.net.name}: ${note}`),
        ...(sizes ? [] : ["the two nets' pictures differ in size, and slope and variation with it: give --size"]),
      ],
    },
    figures: { ...first.figures, ...Object.fromEntries(figures) },
  };
}
