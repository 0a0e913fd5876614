/** @file `fovea maximize`: a picture of what a unit, a channel, a layer or a class wants to see. */

import type { Command } from "commander";
import { InputError } from "../src/error.ts";
import { Ending } from "./exit.ts";
import { isFolder } from "./files.ts";
import { readModelFile, splitModel, wholeAddress } from "./input.ts";
import { type PictureFlags, withPictureFlags } from "./options.ts";
import { defaultOut, makePicture, type Numbers } from "./picture.ts";
import { printJson } from "./say.ts";
import { stopSignal } from "./stop.ts";

const examples = `
An address is layer, layer:channel, layer:channel@y,x, or at the output a class: logits:rose.
'fovea inspect MODEL' lists the layers. Several addresses give several pictures; --out is then a folder.

Examples:
  fovea maximize net.onnx logits:rose --labels names.txt
  fovea maximize net.onnx layer3.1:17 --preset lucid --size 128 --steps 256 --seed 1 --out a.png
  fovea maximize net.onnx layer2:3 layer2:4 layer2:5@8,8 --out pictures/`;

export const define = (command: Command): Command =>
  withPictureFlags(command, "PNG file, or a folder for several (default: named after model and address)")
    .usage("[options] [model] <address...>")
    .argument("[arguments...]", "an .onnx file, then one or more addresses")
    .addHelpText("after", examples)
    .action(maximize);

async function maximize(args: string[], flags: PictureFlags): Promise<void> {
  const [file, ...addresses] = splitModel(args, ", then an address");
  if (addresses.length === 0) throw new InputError("no address was given: 'fovea inspect MODEL' lists what there is");
  const inFolder = addresses.length > 1;
  if (inFolder && flags.out !== undefined && !isFolder(flags.out))
    throw new InputError(`--out '${flags.out}' is no folder: several addresses need one that is there`);

  const model = await readModelFile(file, flags);
  const jobs = addresses.map((text) => ({ verb: "maximize", address: wholeAddress(model.value, text) }) as const);
  const results: Numbers[] = [];
  for (const job of jobs) {
    if (stopSignal().aborted) break;
    results.push(
      await makePicture(job, { model }, flags, inFolder ? defaultOut(job, { model }, flags.out) : undefined),
    );
  }
  if (flags.json) printJson(inFolder ? results : results[0]);
  if (stopSignal().aborted) throw new Ending(130);
}
