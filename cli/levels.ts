/** @file `fovea levels`: how a top-down net's decision comes about as its levels are opened one by one, for a photo or a data set. */

import type { Command } from "commander";
import { type CurvePoint, decisionCurve, openCoarseToFine } from "../src/attribution/coarse-to-fine.ts";
import { InputError } from "../src/error.ts";
import type { Model } from "../src/model/model.ts";
import { Ending } from "./exit.ts";
import { checkWritable, safeName, stem } from "./files.ts";
import { modelName, readModelFile, readPhoto } from "./input.ts";
import {
  type DataFlags,
  labelledPictures,
  type PhotoOrDataFlags,
  photoOrData,
  withDataFlags,
} from "./labelled-pictures.ts";
import { showLook } from "./look.ts";
import { type NetFlags, type SizeFlag, withNetFlags, withSize } from "./options.ts";
import { printJson, progressLine, say } from "./say.ts";
import { stopSignal } from "./stop.ts";
import { digits, percent, table } from "./table.ts";

type Flags = NetFlags & SizeFlag & PhotoOrDataFlags;

const help = `
Level 1 is the coarsest. Levels that are closed hold the finest open one, enlarged linearly, so that the net sees a photo
that comes into focus; with all levels open it is the net as it is. With --data: accuracy, and how often the answer is that
of the whole net, by the number of open levels.

Examples:
  fovea levels topdown.onnx photo.jpg --out strip.png
  fovea levels topdown.onnx --data flowers --split test --json`;

export const define = (command: Command): Command => {
  command
    .usage("[options] [model] <photo>")
    .argument("[arguments...]", "an .onnx file of a top-down net, then a photo; no photo with --data");
  withDataFlags(command, "model and photo");
  withSize(command, "side of the picture in pixels (default: the net's own)");
  return withNetFlags(command).addHelpText("after", help).action(run);
};

async function run(args: string[], flags: Flags): Promise<void> {
  const { size, device, batch, quiet, json } = flags;
  if (flags.level !== undefined) throw new InputError("this verb opens all levels in turn: leave out --level");
  const given = photoOrData(args, flags, "the strip");
  const model = await readModelFile(given.file, flags);
  if (given.data !== undefined) return curve(model.value, { ...flags, data: given.data });

  const photo = await readPhoto(given.photo, flags);
  const names = [modelName(model.source), "levels", stem(photo.source.name)];
  const out = flags.out ?? `${names.map(safeName).join("-")}.png`;
  checkWritable(out, [given.file, given.photo]);
  await showLook(out, { verb: "levels" }, { model, photo }, { size, seed: 0, device, batch, quiet, json }, told);
}

interface Told {
  readonly levels: readonly {
    readonly level: string;
    readonly size: readonly number[];
    readonly top: readonly { readonly label: string; readonly probability: number }[];
  }[];
}

const told = ({ levels }: Told): string =>
  table(
    [{ title: "opened" }, { title: "holds" }, { title: "answers" }],
    levels.map(({ level, size, top }) => [
      level,
      size.join("×"),
      top.map(({ label, probability }) => `${label} ${percent(probability)}`).join(", "),
    ]),
  );

async function curve(model: Model, flags: Flags & DataFlags): Promise<void> {
  const tell = flags.quiet ? () => {} : say;
  const signal = stopSignal();
  const { device, batch } = flags;
  const pictures = await labelledPictures(model, flags);
  const { data, split, size, count } = pictures;
  const start = performance.now();
  const line = progressLine("levels", { quiet: flags.quiet ?? false, unit: "pictures" });
  try {
    const opened = await openCoarseToFine(model, { size, batch, pictures: count, ...(device && { device }) });
    const progress = (done: number): void => line.update(done, count, "");
    const { n, points } = await decisionCurve(opened, pictures.each(), { signal, progress });
    await opened.dispose();
    line.end();
    if (n === 0) throw new Ending(130, "stopped: nothing was counted");
    const ms = Math.round(performance.now() - start);
    const levels = opened.levels.map(({ name, size }) => ({ name, size }));
    const facts = { data: data.name, split, size, ms, device: opened.device, stopped: signal.aborted };
    if (flags.json) printJson({ n, levels, points, ...facts });
    else process.stdout.write(`${data.name}, split ${split}: ${n} pictures\n\n${text(points, levels)}\n`);
    for (const note of opened.net.notes) tell(`Note: ${note}.`);
    if (pictures.unreadable.size > 0)
      tell(`Note: ${pictures.unreadable.size} pictures could not be read and do not count.`);
    tell(`Preprocessing: ${model.preprocessingSource}.`);
    tell(`${n} pictures of ${size}×${size} on ${opened.device} in ${digits(ms / 1000)} s.`);
    if (signal.aborted) throw new Ending(130, `stopped after ${n} of ${count} pictures, which are counted`);
  } finally {
    line.end();
    await pictures.close();
  }
}

function text(
  points: readonly CurvePoint[],
  levels: readonly { readonly name: string; readonly size: readonly number[] }[],
): string {
  const three = (x: number): string => (Number.isFinite(x) ? x.toFixed(3) : "-");
  const within = ([low, high]: readonly [number, number]): string => `${three(low)} to ${three(high)}`;
  const number = (title: string) => ({ title, align: "right" as const });
  const columns = [
    { title: "open up to" },
    { title: "holds" },
    number("accuracy"),
    { title: "95 %" },
    number("agrees"),
    { title: "95 %" },
    number("p(right)"),
  ];
  const rows = points.map(({ accuracy, agreement, probability }, i) => [
    levels[i]!.name,
    levels[i]!.size.join("×"),
    three(accuracy.value),
    within(accuracy.interval),
    three(agreement.value),
    within(agreement.interval),
    three(probability.mean),
  ]);
  return table(columns, rows);
}
