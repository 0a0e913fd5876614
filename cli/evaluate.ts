/** @file `fovea evaluate`: how well a net knows the pictures of a data set. */

import type { Command } from "commander";
import { type Dataset, listed, splitSizes } from "../src/data/dataset.ts";
import { type Loader, openLoader } from "../src/data/loader.node.ts";
import { InputError } from "../src/error.ts";
import type { Model } from "../src/model/model.ts";
import { chooseBackend } from "../src/runtime/choose.ts";
import { evaluate as evaluateNet } from "../src/training/evaluate.ts";
import type { Evaluation } from "../src/training/metrics.ts";
import { pictureSides } from "../src/training/net.ts";
import { DATA, inOrderOf, pickSplits, readDataset, withSplits } from "./dataset.ts";
import { Ending } from "./exit.ts";
import { readModelFile, splitModel } from "./input.ts";
import { type NetFlags, positiveNumber, type SizeFlag, wholeNumber, withNetFlags, withSize } from "./options.ts";
import { printJson, progressLine, say } from "./say.ts";
import { stopSignal } from "./stop.ts";
import { digits, table } from "./table.ts";

interface Flags extends NetFlags, SizeFlag {
  readonly data: string;
  readonly split?: string;
  readonly batch?: number;
  readonly portion?: number;
  readonly threads?: number;
  readonly workers?: number;
}

const help = `
Pictures are shown as the middle square of --portion of their shorter side, scaled to the net's size. The data's classes
are matched with the net's by name. The interval is 95 % (Wilson); balanced is the mean recall of the classes.

Examples:
  fovea evaluate net.onnx --data flowers --split test --json
  fovea evaluate net.onnx --data photos.tar --split all --labels names.txt`;

export const define = (command: Command): Command => {
  command
    .usage("[options] [model] --data <path>")
    .argument("[model...]", "an .onnx file")
    .requiredOption("--data <path>", DATA)
    .option("--split <name>", "which pictures: a split, or all (default: test, or all where there are no splits)")
    .option("--batch <number>", "pictures at once (default: the net's own, or 32)", wholeNumber(1, 65_536))
    .option("--portion <part>", "part of the shorter side that is shown, up to 1 (default: 1)", positiveNumber)
    .option("--threads <number>", "of the net (default: all cores)", wholeNumber(1, 1024))
    .option("--workers <number>", "threads that load pictures (default: cores − 1, at most 4)", wholeNumber(0, 256));
  withSize(command, "side of the pictures in pixels, where the model leaves it open");
  return withNetFlags(command).addHelpText("after", help).action(evaluate);
};

async function evaluate(args: string[], flags: Flags): Promise<void> {
  const [file, ...more] = splitModel(args, flags);
  if (more.length > 0) throw new InputError(`expected one model, got ${args.length}: the pictures go behind --data`);
  if (flags.portion !== undefined && flags.portion > 1) throw new InputError("--portion: expected a part of up to 1");
  const { value: model } = await readModelFile(file, flags);
  const tell = flags.quiet ? () => {} : say;
  const { dataset, split } = await chosenPictures(flags, tell);
  const data = matched(model, dataset, tell);
  const size = squareSide(model, flags.size);
  const { backend } = await chooseBackend(flags.device ?? "auto");

  const loader = openLoader(data, {
    size,
    batchSize: batchOf(model) ?? Math.min(flags.batch ?? 32, data.items.length),
    cacheBytes: 0,
    ...(flags.portion !== undefined && { portion: flags.portion }),
    ...(flags.workers !== undefined && { workers: flags.workers }),
  });
  const start = performance.now();
  const found = await judged(model, data, loader, flags);
  const ms = Math.round(performance.now() - start);
  const skipped = Array.from(loader.unreadable, ([name, reason]) => ({ name, reason }));
  const { classes: perClass, mistakes, ...numbers } = found;
  const facts = { data: data.name, split, size, ms, device: backend.device };
  const worst = mistakes.map(({ item, label, answer, ...rest }) => ({
    name: data.items[item]!.name,
    label: data.classes[label],
    answer: data.classes[answer],
    ...rest,
  }));
  if (flags.json)
    printJson({
      ...numbers,
      perClass,
      labels: data.classes,
      mistakes: worst,
      skipped: skipped.length,
      unreadable: skipped,
      ...facts,
    });
  else process.stdout.write(`${text(found, `${data.name}, split ${split}`)}\n`);
  if (skipped.length > 0)
    tell(
      `Note: ${skipped.length} pictures could not be read and do not count (${listed(skipped.map(({ reason }) => reason))}).`,
    );
  tell(`Preprocessing: ${model.preprocessingSource}.`);
  tell(`${found.n} pictures of ${size}×${size} on ${backend.device} in ${digits(ms / 1000)} s.`);
}

export async function chosenPictures(
  { data, split }: Flags,
  tell: (sentence: string) => void,
): Promise<{ dataset: Dataset; split: string }> {
  const whole = await readDataset(data);
  for (const note of whole.notes) tell(`Note: ${note}.`);
  const sizes = splitSizes(whole);
  const wanted = split ?? (sizes.has("test") ? "test" : sizes.has("all") ? "all" : undefined);
  if (wanted === undefined)
    throw new InputError(`${whole.name} has no split test: name one of ${[...sizes.keys()].join(", ")} with --split`);
  const divided = sizes.has(wanted) || wanted === "all" ? { dataset: whole, notes: [] } : withSplits(whole);
  for (const note of divided.notes) tell(`Note: ${note}.`);
  return { dataset: pickSplits(divided.dataset, wanted.split(",")), split: wanted };
}

/** The data with the model's classes. Throws `InputError` where they do not match. */
export function matched({ labels, source }: Model, dataset: Dataset, tell: (sentence: string) => void): Dataset {
  const remedy = "give data of the net's classes, or their names with --labels";
  if (labels) return inOrderOf(labels.names, dataset, remedy);
  const count = source.outputs[0]?.shape?.at(-1);
  if (typeof count === "number" && count !== dataset.classes.length)
    throw new InputError(
      `the net has ${count} classes without names, ${dataset.name} has ${dataset.classes.length}: name the net's classes with --labels`,
    );
  tell(`Note: the model names no classes: they are taken to be those of ${dataset.name}, in alphabetical order.`);
  return dataset;
}

export function squareSide(model: Model, size: number | undefined): number {
  const stated = model.input.shape?.slice(model.preprocessing.layout === "NCHW" ? 2 : 1);
  if (size !== undefined && stated?.some((d, i) => i < 2 && typeof d === "number" && d !== size))
    throw new InputError(`the net takes pictures of ${pictureSides(model).join("×")} pixels: leave out --size ${size}`);
  if (size !== undefined) return size;
  const [height, width] = pictureSides(model);
  if (height !== width)
    throw new InputError(`the net takes pictures of ${height}×${width} pixels: only square ones can be evaluated`);
  return height;
}

/** Pictures at once, where the net leaves no choice. */
function batchOf({ input }: Model): number | undefined {
  const stated = input.shape?.[0];
  return typeof stated === "number" ? stated : undefined;
}

async function judged(model: Model, data: Dataset, loader: Loader, flags: Flags): Promise<Evaluation> {
  const line = progressLine("evaluate", { quiet: flags.quiet ?? false, unit: "pictures" });
  const signal = stopSignal();
  try {
    return await evaluateNet(model, loader.epoch(), {
      classes: data.classes,
      signal,
      progress: (done) => line.update(done, data.items.length, ""),
      ...(flags.device && { device: flags.device }),
      ...(flags.threads && { threads: flags.threads }),
    });
  } catch (error) {
    if (signal.aborted) throw new Ending(130, "stopped: nothing was evaluated");
    throw error;
  } finally {
    line.end();
    await loader.close();
  }
}

/** A number of digits that a share deserves. */
const share = (x: number): string => (Number.isNaN(x) ? "-" : x.toFixed(3));

function text({ n, top1, interval, top5, balanced, loss, classes }: Evaluation, title: string): string {
  const rows = classes
    .filter((c) => c.n > 0)
    .map((c) => [c.label, String(c.n), share(c.recall), share(c.precision), share(c.f1)]);
  return [
    `${title}: ${n} pictures of ${rows.length} classes`,
    `top-1     ${share(top1)}  (95 %: ${interval.map(share).join(" to ")})`,
    `balanced  ${share(balanced)}`,
    `top-5     ${share(top5)}`,
    `loss      ${digits(loss)}`,
    "",
    table(
      [
        { title: "class", max: 40 },
        { title: "n", align: "right" },
        { title: "recall", align: "right" },
        { title: "precision", align: "right" },
        { title: "F1", align: "right" },
      ],
      rows,
    ),
  ].join("\n");
}
