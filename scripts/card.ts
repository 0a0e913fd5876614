/** @file Writes the card of a net that ships: `npx tsx scripts/card.ts NET DATA RUN-FOLDER…`, once the last run's model lies in models/. */

import { writeFileSync } from "node:fs";
import { guardOutput, leave } from "../cli/exit.ts";
import { timeText } from "../cli/say.ts";
import { table } from "../cli/table.ts";
import { readConfig, settings, type TrainConfig } from "../cli/train-config.ts";
import { pathsIn } from "../cli/train-folder.ts";
import { readMetrics } from "../cli/train-metrics.ts";
import { selectSplit } from "../src/data/dataset.ts";
import { openLoader } from "../src/data/loader.node.ts";
import { openDataset } from "../src/data/open.node.ts";
import { InputError } from "../src/error.ts";
import { isShipped, shippedModel, shippedNets, shippedPath } from "../src/model/shipped.node.ts";
import { curvesFile } from "../src/report/curves.ts";
import { evaluate } from "../src/training/evaluate.ts";
import type { Evaluation } from "../src/training/metrics.ts";
import { pictureSides } from "../src/training/net.ts";
import { cardTexts } from "./card-texts.ts";

const SPLIT = "test";

async function card(net?: string, data?: string, ...runs: string[]): Promise<void> {
  if (!net || !isShipped(net) || !data || runs.length === 0)
    throw new InputError(`usage: card.ts NET DATA RUN-FOLDER…, NET one of ${Object.keys(shippedNets).join(", ")}`);
  const stages = stagesOf(runs);
  const points = (read: (stage: Stage) => readonly { readonly step: number }[], key: string) =>
    stages.flatMap((stage) =>
      read(stage).map(
        (line) => [stage.before + line.step / stage.perEpoch, Number((line as Record<string, unknown>)[key])] as const,
      ),
    );
  const training = ({ metrics }: Stage) => metrics.steps;
  const validation = ({ metrics }: Stage) => metrics.validations;
  const base = shippedPath(net).replace(/\.onnx$/, "");
  const charts = {
    loss: [
      { name: "training", points: points(training, "loss") },
      { name: "validation", points: points(validation, "loss") },
    ],
    accuracy: [
      { name: "training", points: points(training, "accuracy") },
      { name: "validation", points: points(validation, "top1") },
    ],
  };
  for (const [title, lines] of Object.entries(charts)) {
    const drawn = lines.filter((line) => line.points.length > 0);
    writeFileSync(`${base}.${title}.svg`, curvesFile(drawn, { title, xTitle: "epoch" }));
  }

  const model = await shippedModel(net);
  const dataset = selectSplit(await openDataset(data), SPLIT);
  const loader = openLoader(dataset, { size: pictureSides(model)[0], batchSize: 32 });
  const found = await evaluate(model, loader.epoch(), { classes: dataset.classes });
  await loader.close();
  const { file, about } = shippedNets[net];
  const { data: about_data, limits } = cardTexts[net];
  const name = file.replace(/\.onnx$/, "");
  writeFileSync(
    `${base}.md`,
    `# ${name}

${about}. It answers to \`--model ${net}\`.

## Data

${about_data}

## Training

${timeText(stages.reduce((sum, { metrics }) => sum + metrics.trained, 0))} on ${coresText(stages[0]!.config.threads)}. ${stages.length === 1 ? "This command does" : "These commands do"} it again (the folder of pictures is called \`DATA\` here):

\`\`\`
${stages.map(({ config }, i) => commandOf(config, i, stages.length)).join("\n")}
\`\`\`

![loss](${name}.loss.svg) ![accuracy](${name}.accuracy.svg)

The training curves are of augmented and mixed pictures: an accuracy of 1 is out of reach there.

## Accuracy

\`npx fovea evaluate ${net} --data DATA --split ${SPLIT}\`

${accuracy(found)}

## Limits

${limits}
`,
  );
  process.stdout.write(`${base}.md\n`);
}

const coresText = (n: number): string => (n === 1 ? "one core" : `${n} cores`);

function accuracy({ n, top1, interval, top5, balanced, loss, classes }: Evaluation): string {
  const rows = classes.map((c) => [c.label, String(c.n), ...[c.recall, c.precision, c.f1].map((x) => x.toFixed(3))]);
  const [low, high] = interval.map((x) => x.toFixed(3));
  return `${n} pictures: top-1 ${top1.toFixed(3)} (95 % interval ${low} to ${high}), balanced ${balanced.toFixed(3)}, top-5 ${top5.toFixed(3)}, loss ${loss.toFixed(3)}.

\`\`\`
${table([{ title: "class" }, ...["n", "recall", "precision", "F1"].map((title) => ({ title, align: "right" as const }))], rows)}
\`\`\``;
}

/** One run of those that made a net, each from the weights of the one before. */
interface Stage {
  readonly config: TrainConfig;
  readonly metrics: ReturnType<typeof readMetrics>;
  readonly perEpoch: number;
  /** Epochs of the stages before. */
  readonly before: number;
}

function stagesOf(runs: readonly string[]): Stage[] {
  let before = 0;
  return runs.map((run) => {
    const config = readConfig(pathsIn(run).config) as TrainConfig;
    const metrics = readMetrics(pathsIn(run));
    const stage = { config, metrics, perEpoch: metrics.steps.at(-1)!.step / config.epochs, before };
    before += config.epochs;
    return stage;
  });
}

/** The settings as flags, without what only says where and how fast. */
function commandOf(config: TrainConfig, i: number, count: number): string {
  const { data: _, threads, workers, device, saveEvery, validateEvery, ...settled } = config;
  const recipe = { ...settled, ...(i > 0 && { from: `runs/${i}/model.onnx` }) };
  const flags = Object.entries(recipe).flatMap(([key, value]) => {
    const flag = settings[key as keyof typeof settings].flag.split(" ")[0]!;
    if (value === false || typeof value === "object") return Array.isArray(value) ? [`${flag} ${value.join(",")}`] : [];
    return [value === true ? flag : `${flag} ${value}`];
  });
  const lines = ["npx fovea train --data DATA"];
  for (const flag of flags)
    if (lines.at(-1)!.length + flag.length > 110) lines.push(`  ${flag}`);
    else lines[lines.length - 1] += ` ${flag}`;
  if (count > 1) lines[lines.length - 1] += ` --out runs/${i + 1}`;
  return lines.join(" \\\n");
}

guardOutput();
const [net, data, ...runs] = process.argv.slice(2);
await card(net, data, ...runs).then(() => leave(), leave);
