/** @file The page of one picture: what was made, the numbers beside it, its restarts and where they differ, layer by layer. */

import { dirname, join } from "node:path";
import { InputError } from "../src/error.ts";
import { spreadLegend, spreadPicture } from "../src/preimage/measure-spread.ts";
import type { PictureNumbers } from "../src/preimage/numbers.ts";
import { numberLine, numberRows } from "../src/preimage/numbers-words.ts";
import type { Restart } from "../src/preimage/technique.ts";
import { pngUri } from "../src/report/data-uri.ts";
import { type Figure, page, type Section } from "../src/report/page.ts";
import { encodePng } from "../src/tensor/image.node.ts";
import { type Image, imageDims } from "../src/tensor/image.ts";
import { pixelSpread } from "../src/tensor/spread.ts";
import { enlarge } from "./enlarge.ts";
import { stem, writeOutput } from "./files.ts";
import { type Job, type Made, subjectOf } from "./job.ts";
import type { Measured } from "./measure.ts";
import { digits } from "./table.ts";

export interface PictureReport {
  readonly job: Job;
  readonly made: Made;
  /** As it was written, opacity included. */
  readonly image: Image;
  readonly measured: Measured;
  /** Of the net's file. */
  readonly net: string;
  /** As the picture sees it: of its size. */
  readonly photo: Image | undefined;
  /** File of the picture. */
  readonly out: string;
}

/**
 * Where the page of the picture `out` goes, if one is wanted; named after the picture by default. Throws `InputError` for a name
 * that is not a page's.
 */
export function reportPath(out: string, report: string | true | undefined): string | undefined {
  if (report === undefined) return undefined;
  const path = report === true ? join(dirname(out), `${stem(out)}.html`) : report;
  if (!/\.html?$/i.test(path)) throw new InputError(`--report '${path}': expected a name that ends in .html`);
  return path;
}

/** Writes the page; it stands alone. */
export async function writePictureReport(path: string, report: PictureReport): Promise<void> {
  const { job, made, net, out, measured } = report;
  const label = measured.numbers?.classes?.net.target?.label;
  const title = `${job.verb} ${subjectOf(job)}${label === undefined ? "" : ` (${label})`}`;
  const words = `${net}: ${made.steps} steps of the preset '${made.preset}', seed ${made.seed}, in ${digits(made.ms / 1000)} s on ${made.device}.`;
  writeOutput(path, page(title, words, await sections(report, `fovea repro ${out}`)));
}

async function sections({ job, made, image, measured, photo }: PictureReport, command: string): Promise<Section[]> {
  const { layers, restarts = [], notes, seed } = made;
  if (layers) {
    const whole: Section = {
      title: "What each layer keeps",
      words: `Pictures, made from noise, that a layer cannot tell from the photo. ${notes.join(". ")}`,
      figures: [await figure(image, "the photo and its pre-images")],
      wide: true,
      numbers: Object.fromEntries((measured.layers ?? []).map((of, i) => [layers[i]!.layer, numberLine(of)])),
      command,
    };
    const parts: Section[] = [];
    for (const [i, { layer, image, restarts = [], seed }] of layers.entries())
      parts.push(await part(layer, image, measured.layers?.[i], { photo, restarts, seed, words: "" }));
    return [whole, ...parts];
  }
  const words = [aboutOf(job), ...notes.map((note) => `${note}.`)].join(" ");
  const first = await part(subjectOf(job), image, measured.numbers, { photo, restarts, seed, words });
  return [{ ...first, command }];
}

const aboutOf = ({ verb }: Job): string =>
  ({
    maximize: "The picture that makes this as active as the preset lets it be.",
    caricature: "What was found in the photo, exaggerated.",
    invert: "A picture, made from noise, that the layer cannot tell from the photo: what differs is what it lost.",
    dream: "The photo, with more of what is seen in it.",
  })[verb];

/** A picture beside its photo, its other restarts and their spread. */
async function part(
  title: string,
  image: Image,
  numbers: PictureNumbers | undefined,
  {
    photo,
    restarts,
    seed,
    words,
  }: { photo: Image | undefined; restarts: readonly Restart[]; seed?: number; words: string },
): Promise<Section> {
  const figures: Figure[] = [];
  if (photo) figures.push(await figure(photo, "photo", "the photo"));
  figures.push(
    await figure(
      image,
      title,
      photo || restarts.length > 1 ? `the picture${seed === undefined ? "" : `, seed ${seed}`}` : undefined,
    ),
  );
  for (const { seed: own, image, activation } of restarts)
    if (own !== seed)
      figures.push(
        await figure(
          image,
          `${title}, seed ${own}`,
          `seed ${own}, ${reachedOf(numbers?.inversion !== undefined, activation.end)}`,
        ),
      );
  if (restarts.length > 1) {
    const { map } = pixelSpread(restarts.map((each) => each.image));
    const [, height, width] = imageDims(map);
    figures.push(await figure(spreadPicture(map), "spread of the restarts", "where they differ: what does not matter"));
    figures.push(
      await figure(
        spreadLegend(height, width),
        "colours of the spread",
        "standard deviation from 0 (below) to 0.3 (above)",
      ),
    );
  }
  return { title, words, figures, numbers: numbers ? numberRows(numbers) : {} };
}

/** An inversion's measure is minus its squared error. */
const reachedOf = (isInversion: boolean, activation: number): string =>
  isInversion ? `error ${digits(Math.sqrt(Math.max(0, -activation)))}` : `activation ${digits(activation)}`;

const figure = async (image: Image, description: string, caption?: string): Promise<Figure> => ({
  source: pngUri(await encodePng(enlarge(image, 128))),
  description,
  ...(caption !== undefined && { caption }),
});
