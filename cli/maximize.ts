/** @file `fovea maximize`: a picture of what a unit, a channel, a layer, a class or any objective made of them wants to see. */

import type { Command } from "commander";
import { InputError } from "../src/error.ts";
import { addressText, namesSeveral } from "../src/model/address.ts";
import type { Model } from "../src/model/model.ts";
import { objectiveText } from "../src/preimage/objective-expression.ts";
import { parseObjective } from "../src/preimage/objective-parse.ts";
import { Ending } from "./exit.ts";
import { isFolder } from "./files.ts";
import { readExtras } from "./ingredients.ts";
import { readModelFile, splitModel } from "./input.ts";
import type { Job } from "./job.ts";
import { withPictureFlags } from "./options.ts";
import { defaultOut, makePicture, type Numbers } from "./picture.ts";
import { resumePicture } from "./resume.ts";
import { printJson } from "./say.ts";
import { refuseSheetFlags, type SheetFlags, withSheetFlags } from "./sheet-flags.ts";
import { stopSignal } from "./stop.ts";

interface Flags extends SheetFlags {
  readonly objective?: string[];
}

const examples = `
An address is layer, layer:channel, layer:channel@y,x, or at the output a class: logits:rose.
'fovea inspect MODEL' lists the layers. Several addresses give several pictures; --out is then a folder.
Objectives are sums, differences and products of addresses, numbers and functions such as dream(layer) or
direction(layer, v); photos and directions get their names by --with.
layer:* (all channels), layer:0-15 or layer:3,7,20-24 give one sheet of labelled pictures and a page beside it; so does --photos.
With --report or --objective, --photos gives the photos that the numbers of a picture are compared with.
A sheet that was stopped goes on when the same command is run again.

Examples:
  fovea maximize net.onnx logits:rose --labels names.txt
  fovea maximize net.onnx layer3.1:17 --preset lucid --size 128 --steps 256 --seed 1 --out a.png
  fovea maximize net.onnx layer2:3 layer2:4 layer2:5@8,8 --out pictures/
  fovea maximize net.onnx --objective 'layer3:17 - 0.5*layer3:4' --restarts 4 --transforms jitter:8,rotate:5
  fovea maximize --resume a.safetensors --steps 512
  fovea maximize net.onnx 'layer3:*' --size 96 --steps 128 --photos photos/ --out layer3.png
  fovea maximize 'logits:*' --out classes.png`;

export const define = (command: Command): Command =>
  withSheetFlags(
    withPictureFlags(command, "PNG file, or a folder for several (default: named after model and address)"),
  )
    .usage("[options] [model] <address...>")
    .argument("[arguments...]", "an .onnx file, then one or more addresses")
    .option("--objective <text...>", "what is maximised, in place of addresses")
    .option("--anchor <layer>", "with accentuate: the layer at which the picture stays like the photo")
    .addHelpText("after", examples)
    .action(maximize);

async function maximize(args: string[], flags: Flags): Promise<void> {
  if (flags.resume !== undefined) return resumePicture("maximize", args, flags);
  const [file, ...addresses] = splitModel(args, { ...flags, needed: flags.objective === undefined });
  const texts = [...addresses, ...(flags.objective ?? [])];
  if (texts.length === 0) throw new InputError("no address was given: 'fovea inspect MODEL' lists what there is");
  // A page of one picture has photos for its numbers.
  const onSheet = flags.photos !== undefined && flags.objective === undefined && flags.report === undefined;
  if (onSheet || texts.some(namesSeveral)) {
    const { makeSheet } = await import("./sheet.ts");
    return makeSheet(await readModelFile(file, flags), addresses, flags);
  }
  refuseSheetFlags(flags);
  const inFolder = texts.length > 1;
  if (inFolder && flags.out !== undefined && !isFolder(flags.out))
    throw new InputError(`--out '${flags.out}' is no folder: several addresses need one that is there`);
  if (inFolder && typeof flags.report === "string")
    throw new InputError("--report names the page of one picture: leave out its name, and each has a page beside it");
  if (inFolder && flags.animate !== undefined) throw new InputError("--animate shows one picture: give one address");

  const model = await readModelFile(file, flags);
  const jobs = texts.map((text) => jobOf(model.value, text));
  const ingredients = { model, ...(await readExtras(flags, flags)) };
  const results: Numbers[] = [];
  for (const job of jobs) {
    if (stopSignal().aborted) break;
    const out = inFolder ? defaultOut(job, ingredients, flags.out) : undefined;
    results.push(await makePicture(job, ingredients, flags, { out }));
  }
  if (flags.json) printJson(inFolder ? results : results[0]);
  if (stopSignal().aborted) throw new Ending(130);
}

/** An address by its whole name, or an objective in the one way in which it is written. */
function jobOf(model: Model, text: string): Job {
  const e = parseObjective(model, text);
  return e.kind === "unit"
    ? { verb: "maximize", address: addressText(e.address) }
    : { verb: "maximize", expression: objectiveText(e) };
}
