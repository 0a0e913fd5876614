/** @file `fovea invert`: rebuilds a photo from what a layer keeps of it; what differs is what the layer lost. */

import type { Command } from "commander";
import { InputError } from "../src/error.ts";
import type { Image } from "../src/tensor/image.ts";
import { readExtras } from "./ingredients.ts";
import { type Input, readModelFile, readPhoto, splitModel, wholeAddress } from "./input.ts";
import type { Job } from "./job.ts";
import { type PictureFlags, positiveNumber, wholeNumber, withPhotos, withPictureFlags } from "./options.ts";
import { endPicture } from "./picture.ts";
import { resumePicture } from "./resume.ts";

interface Flags extends PictureFlags {
  readonly layer?: string;
  readonly everyLayer?: number | true;
  readonly codeWeight?: number;
  readonly others?: string[];
}

const examples = `
Examples:
  fovea invert net.onnx photo.jpg --layer layer3 --out i.png
  fovea invert net.onnx photo.jpg --every-layer     one strip: the photo, then each layer's picture with its error
  fovea invert net.onnx photo.jpg --every-layer 5 --restarts 4 --report    and below, where restarts differ
  fovea invert net.onnx photo.jpg --layer logits --photos photos/ --json   what the net thinks the class is`;

export const define = (command: Command): Command =>
  withPhotos(withPictureFlags(command, "PNG file (default: named after model, layer and photo)"))
    .usage("[options] [model] <photo> --layer <address>")
    .argument("[arguments...]", "an .onnx file, then a photo")
    .option("--layer <address>", "layer whose code of the photo is inverted")
    .option("--every-layer [count]", "in place of --layer: so many main layers (default: 8)", wholeNumber(1, 1000))
    .option("--code-weight <C>", "weight of the code against the regularisers (default: 100)", positiveNumber)
    .option("--others <photos...>", "two or more photos that the error of CVPR 2015 is measured against")
    .addHelpText("after", examples)
    .action(invert);

async function invert(args: string[], flags: Flags): Promise<void> {
  if (flags.resume !== undefined) return resumePicture("invert", args, flags);
  const { layer, everyLayer } = flags;
  const [file, photoFile, ...more] = splitModel(args, { ...flags, needed: true });
  if (more.length > 0) throw new InputError(`expected a model and one photo, got ${more.length + 2} files`);
  if (!photoFile) throw new InputError("no photo was given: an inversion needs one");
  if ((layer === undefined) === (everyLayer === undefined))
    throw new InputError("give either --layer or --every-layer; 'fovea inspect MODEL' lists the layers");
  for (const name of ["snapshots", "animate", "state"] as const)
    if (everyLayer !== undefined && flags[name] !== undefined)
      throw new InputError(`--every-layer makes several pictures: leave out --${name}, or give one --layer`);
  if (flags.others?.length === 1) throw new InputError("--others needs two photos or more: their codes are compared");
  const model = await readModelFile(file, flags);
  const photo = await readPhoto(photoFile, flags);
  const others: Input<Image>[] = [];
  for (const other of flags.others ?? []) others.push(await readPhoto(other, flags));
  const weight = flags.codeWeight === undefined ? {} : { codeWeight: flags.codeWeight };
  const labels = flags.labels === undefined ? undefined : model.value.labels;
  const job: Job =
    everyLayer !== undefined
      ? {
          verb: "invert",
          everyLayer: everyLayer === true ? 8 : everyLayer,
          ...weight,
          ...(labels && { labels: labels.names }),
        }
      : { verb: "invert", layer: wholeAddress(model.value, layer!), ...weight };
  await endPicture(job, { model, photo, others, ...(await readExtras(flags, flags)) }, flags);
}
