/** @file `fovea caricature`: a photo exaggerated the way a layer sees it, or a unit exaggerated out of noise. */

import type { Command } from "commander";
import { InputError } from "../src/error.ts";
import { readExtras } from "./ingredients.ts";
import { readModelFile, readPhoto, splitModel, wholeAddress } from "./input.ts";
import { type PictureFlags, withPhotos, withPictureFlags } from "./options.ts";
import { endPicture } from "./picture.ts";
import { resumePicture } from "./resume.ts";

interface Flags extends PictureFlags {
  readonly layer?: string;
  readonly unit?: string;
}

const examples = `
Examples:
  fovea caricature net.onnx photo.jpg --layer layer3 --out c.png
  fovea caricature net.onnx --unit layer3:17        the deep dream of one channel, from noise`;

export const define = (command: Command): Command =>
  withPhotos(withPictureFlags(command, "PNG file (default: named after model, layer and photo)"))
    .usage("[options] [model] <photo> --layer <address>")
    .argument("[arguments...]", "an .onnx file, then a photo")
    .option("--layer <address>", "layer that sees the photo")
    .option("--unit <address>", "in place of photo and layer: exaggerate this unit, from noise")
    .addHelpText("after", examples)
    .action(caricature);

async function caricature(args: string[], flags: Flags): Promise<void> {
  if (flags.resume !== undefined) return resumePicture("caricature", args, flags);
  const { layer, unit } = flags;
  const [file, photoFile, ...more] = splitModel(args, { ...flags, needed: unit === undefined });
  if (more.length > 0) throw new InputError(`expected a model and one photo, got ${more.length + 2} files`);
  if ((layer === undefined) === (unit === undefined))
    throw new InputError("give either --layer with a photo, or --unit without one; 'fovea inspect MODEL' lists layers");
  if (unit !== undefined) {
    if (photoFile) throw new InputError(`--unit starts from noise: leave out the photo '${photoFile}', or use --layer`);
    const model = await readModelFile(file, flags);
    const job = { verb: "caricature", unit: wholeAddress(model.value, unit) } as const;
    return endPicture(job, { model, ...(await readExtras(flags, flags)) }, flags);
  }
  if (!photoFile) throw new InputError("no photo was given: a caricature with --layer needs one");
  const model = await readModelFile(file, flags);
  const photo = await readPhoto(photoFile, flags);
  const job = { verb: "caricature", layer: wholeAddress(model.value, layer!) } as const;
  await endPicture(job, { model, photo, ...(await readExtras(flags, flags)) }, flags);
}
