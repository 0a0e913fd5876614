/** @file Gathers what the report of a run shows, with thumbnails of the worst mistakes, and writes it. */

import { readFile } from "node:fs/promises";
import { centreSquare } from "../src/data/crop-resize.ts";
import type { Dataset } from "../src/data/dataset.ts";
import { loadItem } from "../src/data/load.ts";
import { fromRgb8 } from "../src/data/rgb8.ts";
import { type MistakeFigure, trainingPage } from "../src/report/training.ts";
import { decodeImage, encodePng } from "../src/tensor/image.node.ts";
import type { Evaluation } from "../src/training/metrics.ts";
import { writeOutput } from "./files.ts";
import { timeText } from "./say.ts";
import { digits } from "./table.ts";
import type { TrainConfig } from "./train-config.ts";
import type { Ingredients, RunFolder } from "./train-folder.ts";
import type { LastValidation, Metrics } from "./train-metrics.ts";
import { withInterval } from "./train-scores.ts";

export interface ReportInput {
  readonly config: TrainConfig;
  readonly ingredients: Ingredients;
  readonly metrics: Metrics;
  /** Steps in an epoch. */
  readonly perEpoch: number;
  /** The pictures that were validated on. */
  readonly pictures?: Dataset | undefined;
  readonly last?: LastValidation | undefined;
}

/** Side of a thumbnail in pixels. */
const THUMBNAIL = 112;

/** Writes the report as it stands now. */
export async function writeReport({ report }: RunFolder, input: ReportInput): Promise<void> {
  const { config, ingredients, metrics, perEpoch, pictures, last } = input;
  const { data, net } = ingredients;
  const { steps, validations } = metrics;
  const done = steps.at(-1)?.step ?? 0;
  const epochOf = (step: number): number => step / perEpoch;
  const trained = (key: "loss" | "accuracy" | "rate") =>
    steps.map((s) => [epochOf(s.step), s[key] ?? Number.NaN] as const);
  const validated = (key: "loss" | "top1" | "balanced") => validations.map((v) => [epochOf(v.step), v[key]] as const);
  const attacked = (key: "fgsm" | "pgd") =>
    validations.flatMap((v) => (v.robustness ? [[epochOf(v.step), v.robustness[key].value] as const] : []));
  const adversarial = validations.some((v) => v.robustness);
  const html = trainingPage({
    title: `${net.name} on ${data.name}`,
    words: `${data.pictures} pictures of ${data.classes.length} classes, ${config.size}×${config.size} pixels; after ${digits(epochOf(done))} of ${config.epochs} epochs.`,
    facts: {
      ...(last && scores(last)),
      parameters: `${digits(net.parameters / 1e6)} million`,
      steps: `${done} of ${config.batch * config.accumulate} pictures each`,
      time: timeText(metrics.seconds()),
    },
    loss: [
      { name: "training", points: trained("loss") },
      { name: "validation", points: validated("loss") },
    ],
    accuracy: [
      { name: "training", points: trained("accuracy") },
      { name: "validation", points: validated("top1") },
      { name: "balanced", points: validated("balanced") },
      ...(adversarial
        ? [
            { name: "one step", points: attacked("fgsm") },
            { name: "PGD", points: attacked("pgd") },
          ]
        : []),
    ],
    rate: [{ name: "learning rate", points: trained("rate") }],
    ...(last && pictures && { validation: await validation(last, pictures) }),
    config: JSON.stringify(config, null, 2),
  });
  writeOutput(report, html);
}

function scores({ split, evaluation, robustness }: LastValidation): Record<string, string> {
  const { n, top1, interval, balanced, loss } = evaluation;
  return {
    "top-1": `${withInterval({ value: top1, interval })} on ${n} pictures of split ${split}`,
    ...(robustness && {
      "attacked, one step": `${withInterval(robustness.fgsm)} on ${robustness.n} of these`,
      "attacked, PGD": withInterval(robustness.pgd),
    }),
    balanced: balanced.toFixed(3),
    loss: digits(loss),
  };
}

async function validation({ step, split, evaluation }: LastValidation, pictures: Dataset) {
  const { classes, confusion, mistakes } = evaluation;
  return {
    title: `Split ${split} after step ${step}: the pictures with the largest loss.`,
    classes,
    confusion,
    mistakes: await Promise.all(mistakes.map((mistake) => thumbnail(mistake, pictures))),
  };
}

async function thumbnail(
  { item, label, answer, confidence }: Evaluation["mistakes"][number],
  { items, classes }: Dataset,
): Promise<MistakeFigure> {
  const { name, source } = items[item]!;
  const picture = await loadItem({ name, source }, { decodeImage, readFile, shorterSide: 2 * THUMBNAIL });
  const png = await encodePng(fromRgb8(centreSquare(picture, THUMBNAIL)));
  return {
    source: `data:image/png;base64,${Buffer.from(png).toString("base64")}`,
    name,
    label: classes[label]!,
    answer: classes[answer]!,
    confidence,
  };
}
