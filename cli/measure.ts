/** @file The numbers beside a picture: reads judge and photos before the work, measures what came out of it. */

import { openDataset } from "../src/data/open.node.ts";
import { InputError } from "../src/error.ts";
import { classesNamed } from "../src/model/labels.ts";
import type { Model } from "../src/model/model.ts";
import { classOf, type PictureNumbers, type PictureNumbersOptions, pictureNumbers } from "../src/preimage/numbers.ts";
import { photoReference, type Subject } from "../src/preimage/numbers-photos.ts";
import { openPhotos, photosOf } from "../src/preimage/photos.node.ts";
import { type Photos, samplePhotos } from "../src/preimage/photos-source.ts";
import { presets } from "../src/preimage/presets.ts";
import { type Image, imageDims } from "../src/tensor/image.ts";
import { type Ingredients, optionsOf } from "./ingredients.ts";
import type { Job, Made } from "./job.ts";
import { readJudge } from "./judge.ts";
import type { PictureFlags } from "./options.ts";
import { progressLine, say } from "./say.ts";
import { stopSignal } from "./stop.ts";

/** Draws of the transforms that a finished picture is measured under. */
export const VIEWS = 8;
/** Photos that an inversion's code distance is measured between, where none are named. */
const OTHERS = 16;
/** Photos of the class, and of others, that a path is compared with. */
const SAME = 8;
const UNLIKE = 16;
/** Pictures with a longer side are too large to show photos to the net at their size. */
const LARGEST = 512;

/** Numbers of a picture, and of each part of an `every-layer` strip. */
export interface Measured {
  readonly numbers?: PictureNumbers;
  readonly layers?: readonly PictureNumbers[];
}

export interface Measurer {
  /** Photos for the error of CVPR 2015, [3, H, W]; none without a folder of photos. */
  readonly others: readonly Image[];
  readonly measure: (made: Made) => Promise<Measured>;
}

/**
 * Reads what the flags name. Throws `InputError` for a judge with other classes and a folder without photos, before the work.
 */
export async function openMeasurer(job: Job, ingredients: Ingredients, flags: PictureFlags): Promise<Measurer> {
  const model = ingredients.model.value;
  const judge = await readJudge(flags.judge, model, flags.labels);
  if (judge && (await judge.hash()) === (await model.hash()) && !flags.quiet)
    say("Note: the judge is the net itself: what it says is no independent opinion.");
  const photos = flags.photos === undefined ? undefined : await openPhotos(flags.photos);
  const others: Image[] = [];
  if (photos && job.verb === "invert")
    for await (const { image } of samplePhotos(photos, { side: flags.size ?? 256, count: OTHERS })) others.push(image);
  const options: PictureNumbersOptions = { judge, ...(flags.device && { device: flags.device }) };
  return {
    others,
    measure: async (made) => {
      const stopped = stopSignal().aborted;
      const subjects = subjectsOf(job, ingredients, made);
      const [, height, width] = imageDims(made.layers?.[0]?.image ?? made.image);
      const tooLarge = Math.max(height, width) > LARGEST;
      const reference =
        photos && !stopped && !tooLarge
          ? await referenceOf(model, subjects, photos, [height, width], flags)
          : undefined;
      const target = subjects[0] && classOf(model, subjects[0]);
      const classPhotos =
        target !== undefined && photos && !stopped
          ? await photosOfClass(model, target, flags.photos!, Math.max(height, width))
          : undefined;
      const left =
        photos && tooLarge ? [`its place among photos: over ${LARGEST} pixels a side, photos are not run`] : [];
      const all: PictureNumbers[] = [];
      for (const [i, subject] of subjects.entries()) {
        const asked = { ...options, reference, classPhotos, classes: !stopped };
        const numbers = await pictureNumbers(model, made.layers?.[i] ?? made, subject, asked);
        all.push({ ...numbers, notes: [...numbers.notes, ...left] });
      }
      if (!flags.quiet)
        for (const note of new Set(all.flatMap(({ notes }) => notes))) say(`Note: not measured: ${note}.`);
      return made.layers ? { layers: all } : { numbers: all[0]! };
    },
  };
}

/** What the picture, or each part of it, was made for. */
function subjectsOf(job: Job, ingredients: Ingredients, made: Made): Subject[] {
  const photo = ingredients.photo?.value;
  if (job.verb === "invert")
    return (made.layers?.map(({ layer }) => layer) ?? ["layer" in job ? job.layer : ""]).map((layer) => ({
      kind: "inversion",
      layer,
      photo: photo!,
    }));
  if (job.verb === "caricature" && "layer" in job) {
    const preset = Object.entries(presets).find(([name]) => name === made.preset)?.[1];
    const positive = typeof (preset?.constants as { caricatureWeight?: unknown })?.caricatureWeight === "number";
    return [{ kind: "caricature", layer: job.layer, photo: photo!, positive }];
  }
  const { vectors, photos } = optionsOf(ingredients);
  const objective = "address" in job ? job.address : "expression" in job ? job.expression : job.unit;
  return [
    {
      kind: "objective",
      objective,
      ...(job.verb === "dream" && { photo }),
      ...(vectors && { vectors }),
      ...(photos && { photos }),
    },
  ];
}

async function referenceOf(
  model: Model,
  subjects: readonly Subject[],
  photos: Photos,
  size: readonly [number, number],
  { quiet, device }: PictureFlags,
) {
  const line = progressLine(`photos of ${photos.name}`, { quiet: quiet ?? false, unit: "photos" });
  try {
    return await photoReference(model, subjects, photos, {
      size,
      progress: (done, total) => line.update(done, total, ""),
      signal: stopSignal(),
      ...(device && { device }),
    });
  } finally {
    line.end();
  }
}

/** Photos of the class and of others, where the folder says which they are; `undefined` where it does not, or has too few. */
async function photosOfClass(
  model: Model,
  target: number,
  path: string,
  side: number,
): Promise<{ same: Image[]; others: Image[] } | undefined> {
  const name = model.labels?.names[target];
  const dataset = await openDataset(path).catch((error: unknown) => {
    if (error instanceof InputError) return undefined;
    throw error;
  });
  const [label, ...more] = dataset && name !== undefined ? classesNamed(dataset.classes, name) : [];
  if (!dataset || label === undefined || more.length > 0) return undefined;
  const sample = async (isSame: boolean, count: number): Promise<Image[]> => {
    const items = dataset.items.filter((item) => (item.label === label) === isSame);
    if (items.length === 0) return [];
    const images: Image[] = [];
    for await (const { image } of samplePhotos(photosOf({ ...dataset, items }), { side, count })) images.push(image);
    return images;
  };
  const [same, others] = [await sample(true, SAME), await sample(false, UNLIKE)];
  return same.length >= 2 && others.length >= 1 ? { same, others } : undefined;
}
