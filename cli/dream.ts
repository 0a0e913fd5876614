/** @file `fovea dream`: a photo of any size, and more of whatever a layer or an objective sees in it. */

import type { Command } from "commander";
import { InputError } from "../src/error.ts";
import { objectiveText } from "../src/preimage/objective-expression.ts";
import { parseObjective } from "../src/preimage/objective-parse.ts";
import { readExtras } from "./ingredients.ts";
import { readModelFile, readPhoto, splitModel } from "./input.ts";
import {
  type PictureFlags,
  pictureSide,
  wholeNumber,
  withDevice,
  withModelFlags,
  withNumbers,
  withOutput,
  withPhotos,
  withSeed,
  withSize,
} from "./options.ts";
import { endPicture } from "./picture.ts";

interface Flags extends PictureFlags {
  readonly layer?: string;
  readonly objective?: string;
}

const examples = `
The photo is dreamt at four sizes, each 1.4 times as large as the one before; what a size added is carried up.
Photos larger than 512 pixels are seen in tiles. A JSON file for --preset changes the constants:
{"preset": "dream", "octaves": 6, "scale": 1.3, "jitter": 32, "rate": 1.5, "tile": 384}

Examples:
  fovea dream net.onnx clouds.jpg --layer layer3
  fovea dream net.onnx clouds.jpg --objective 'layer3:17 + 0.2*layer2' --size 1024 --steps 20 --animate d.webp`;

export function define(command: Command): Command {
  command
    .usage("[options] [model] <photo> --layer <address>")
    .argument("[arguments...]", "an .onnx file, then a photo")
    .option("--layer <address>", "layer of which there is to be more")
    .option("--objective <text>", "in place of a layer: any unit or objective, as 'maximize' has them")
    .option("--preset <name>", "dream, or a JSON file that changes it")
    .option("--steps <number>", "steps at each size (default: 10)", wholeNumber(1, 100_000))
    .option("--batch <number>", "tiles at once (default: what half of the memory takes)", wholeNumber(1, 1_000_000))
    .option("--with <name=file...>", "photos and directions (.npy) that an objective names")
    .option("--snapshots <steps>", "a picture every so many steps, beside it", wholeNumber(1, 1_000_000))
    .option("--animate <file>", "an animation of the steps, .webp or .gif");
  withSize(command, "longer side of the picture in pixels (default: the photo's own)", pictureSide);
  withSeed(command, "same seed, same device, same picture");
  withDevice(command);
  command.option("--out <file>", "PNG file (default: named after model, layer and photo)");
  withPhotos(withNumbers(command));
  withOutput(command);
  return withModelFlags(command).addHelpText("after", examples).action(dream);
}

async function dream(args: string[], flags: Flags): Promise<void> {
  const { layer, objective } = flags;
  const [file, photoFile, ...more] = splitModel(args, { ...flags, needed: true });
  if (more.length > 0) throw new InputError(`expected a model and one photo, got ${more.length + 2} files`);
  if (!photoFile) throw new InputError("no photo was given: a dream starts from one");
  const text = layer ?? objective;
  if (text === undefined || (layer !== undefined && objective !== undefined))
    throw new InputError("give either --layer or --objective; 'fovea inspect MODEL' lists the layers");
  const model = await readModelFile(file, flags);
  const job = { verb: "dream", expression: objectiveText(parseObjective(model.value, text)) } as const;
  const photo = await readPhoto(photoFile, flags);
  await endPicture(job, { model, photo, ...(await readExtras(flags, flags)) }, flags);
}
