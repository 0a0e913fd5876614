/** @file The numbers that go with every finished picture, as one plain record. */

import { InputError } from "../error.ts";
import { isOutput } from "../model/address.ts";
import type { Model } from "../model/model.ts";
import type { CompileOptions } from "../runtime/compile.ts";
import { type Distribution, percentile } from "../tensor/distribution.ts";
import { type Image, imageDims } from "../tensor/image.ts";
import { psnr, ssim } from "../tensor/similarity.ts";
import { pixelSpread } from "../tensor/spread.ts";
import { fitPhoto } from "./encode.ts";
import type { Inversion } from "./invert.ts";
import { matchLabels } from "./measure-classes.ts";
import { type Kept, kept } from "./measure-lost.ts";
import { type LayerPath, type PathOptions, pathSimilarity } from "./measure-path.ts";
import { type Reached, reached, texture } from "./measure-picture.ts";
import { type ClassNumbers, classNumbers, isClassifier } from "./numbers-classes.ts";
import { expressionOf, type PhotoReference, referenceKey, type Subject } from "./numbers-photos.ts";
import type { Picture, Spread } from "./technique.ts";

/** What a technique returned, as far as it is known: with the image alone there are fewer numbers. */
export type Finished = Pick<Picture, "image"> &
  Partial<Pick<Picture, "activation" | "transformed" | "restarts" | "spread">> &
  Partial<Pick<Inversion, "error">>;

/** An activation, and where it stands among those of photos where these are given. */
export type ReachedNumber = Pick<Reached, "activation"> & Partial<Reached>;

/** A measure of the picture, and where it stands among photos of the same size where these are given. */
export interface AmongPhotos {
  readonly value: number;
  readonly photos?: { readonly mean: number; readonly percentile: number };
}

/** JSON of it has null for numbers that do not exist, such as the slope of a flat picture's spectrum. */
export interface PictureNumbers {
  /** The activation of what was maximised; absent for inversions. */
  readonly reached?: {
    /** In the one way in which it is written. */
    readonly objective: string;
    /** On the picture as it is. */
    readonly plain: ReachedNumber;
    /** The mean over draws of the transforms that it was made under. */
    readonly transformed?: ReachedNumber & { readonly draws: number; readonly sd: number };
    readonly photos?: { readonly n: number; readonly mean: number; readonly median: number; readonly max: number };
  };
  /** Absent for nets without classes. */
  readonly classes?: ClassNumbers;
  readonly inversion?: {
    /** √(‖Φ(x) − Φ₀‖² / ‖Φ₀‖²) and ‖Φ(x) − Φ₀‖² over the mean squared distance between codes of photos. */
    readonly error?: Inversion["error"];
    /** In decibels. */
    readonly psnr: number;
    readonly ssim: number;
    readonly kept: Kept;
  };
  /** Of several pictures from different seeds. */
  readonly restarts?: {
    readonly n: number;
    readonly activation?: Spread;
    /** Root mean square over pixels of the standard deviation from picture to picture, in 0…1; see `pixelSpread`. */
    readonly pixels: number;
  };
  readonly spectrumSlope: AmongPhotos;
  readonly totalVariation: AmongPhotos;
  readonly path?: readonly LayerPath[];
  /** What could not be measured, and why; one sentence each. */
  readonly notes: readonly string[];
}

export interface PictureNumbersOptions extends CompileOptions {
  /** An independent net with the same classes; none by default (see `shippedJudge`). */
  readonly judge?: Model | undefined;
  /** From `photoReference` at the picture's size; or the distributions alone, by `referenceKey`. None by default. */
  readonly reference?: Partial<Pick<PhotoReference, "activations" | "texture">> | undefined;
  /** Photos of the picture's class and of others, of any size, for path similarity; none by default. */
  readonly classPhotos?: { readonly same: readonly Image[]; readonly others: readonly Image[] } | undefined;
  /** Of path similarity. */
  readonly path?: Pick<PathOptions, "layers" | "units" | "seed"> | undefined;
  /** False leaves out what the net says of the picture, which runs all of it; default true. */
  readonly classes?: boolean;
}

/**
 * Measures a finished picture: the activation that it reached, among those of photos; for a class its probability on the net and
 * on an independent judge; for an inversion the errors and what was kept of the photo; the spread of restarts; how natural it
 * looks; the path that it takes through the net. What is measured follows from what is given:
 *
 * - always, without running a net: `spectrumSlope`, `totalVariation`, `restarts`, `inversion`, `reached` (from the technique's own
 *   `activation` and `transformed`, for the latter it must have been given `views`);
 * - for a classifier, one pass for each net: `classes`, for pictures of hidden units too;
 * - with `reference`, from one pass over photos for any number of pictures: percentiles and ratios;
 * - with `classPhotos`: `path`.
 *
 * What fails on the net, as one that cannot be computed beyond the layer, becomes a note. Throws an `InputError` for a judge with
 * other classes, and for subjects that the net does not have.
 */
export async function pictureNumbers(
  model: Model,
  picture: Finished,
  subject: Subject,
  { judge, reference = {}, classPhotos, path, classes = true, ...options }: PictureNumbersOptions = {},
): Promise<PictureNumbers> {
  if (judge) matchLabels(model, judge);
  const { image, restarts, spread } = picture;
  const notes: string[] = [];
  const attempt = async <T>(what: string, measure: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await measure();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      notes.push(`${what}: ${error.message}`);
      return undefined;
    }
  };
  const [, height, width] = imageDims(image);
  const { photo } = subject;
  const asked = reachedNumbers(model, picture, subject, reference.activations);
  const said =
    classes && isClassifier(model)
      ? await attempt("class probabilities", () =>
          classNumbers(model, image, { ...options, target: classOf(model, subject), photo, judge }),
        )
      : undefined;
  const taken =
    classPhotos &&
    (await attempt("path similarity", () =>
      pathSimilarity(model, image, classPhotos, { ...path, ...options, size: Math.min(height, width) }),
    ));
  const looks = texture(image);
  const among = (value: number, photos: Distribution | undefined): AmongPhotos => ({
    value,
    ...(photos && { photos: { mean: photos.mean, percentile: percentile(photos, value) } }),
  });
  return {
    ...(asked && { reached: asked }),
    ...(said && { classes: said }),
    ...(subject.kind === "inversion" && {
      inversion: inversionNumbers(picture, fitPhoto(model, [height, width], subject.photo)),
    }),
    ...(restarts &&
      restarts.length > 1 && {
        restarts: {
          n: restarts.length,
          ...(spread && { activation: spread }),
          pixels: pixelSpread(restarts.map((each) => each.image)).mean,
        },
      }),
    spectrumSlope: among(looks.spectrumSlope, reference.texture?.spectrumSlope),
    totalVariation: among(looks.totalVariation, reference.texture?.totalVariation),
    ...(taken && { path: taken }),
    notes,
  };
}

/** Number of the class that a picture is of: that of `logits:rose`; `undefined` for all else. */
export function classOf(model: Model, subject: Subject): number | undefined {
  const expression = subject.kind === "objective" ? expressionOf(model, subject) : undefined;
  if (expression?.kind !== "unit" || !isOutput(expression.address.layer)) return undefined;
  return expression.address.channel;
}

function reachedNumbers(
  model: Model,
  { activation, transformed }: Finished,
  subject: Subject,
  distributions: PhotoReference["activations"] = {},
): PictureNumbers["reached"] {
  const objective = referenceKey(model, subject);
  if (objective === undefined || !activation) return undefined;
  const photos = Object.hasOwn(distributions, objective) ? distributions[objective]! : undefined;
  const standing = (x: number): ReachedNumber => (photos ? reached(x, photos) : { activation: x });
  return {
    objective,
    plain: standing(activation.end),
    ...(transformed && { transformed: { ...standing(transformed.mean), draws: transformed.n, sd: transformed.sd } }),
    ...(photos && {
      photos: { n: photos.n, mean: photos.mean, median: photos.quantiles[50]!, max: photos.max },
    }),
  };
}

const inversionNumbers = ({ image, error }: Finished, photo: Image): NonNullable<PictureNumbers["inversion"]> => ({
  ...(error && { error }),
  psnr: psnr(image, photo),
  ssim: ssim(image, photo),
  kept: kept(photo, image),
});
