/** @file What a picture is made of and how: one record for the verbs that make pictures and for `repro`. */

import { InputError } from "../src/error.ts";
import type { Model } from "../src/model/model.ts";
import type { Inversion } from "../src/preimage/invert.ts";
import type { Picture, Progress, TechniqueOptions } from "../src/preimage/technique.ts";
import type { Image } from "../src/tensor/image.ts";

/** `everyLayer` counts the main layers that are shown, at most. */
export type Job =
  | { readonly verb: "maximize"; readonly address: string }
  | { readonly verb: "caricature"; readonly layer: string }
  | { readonly verb: "caricature"; readonly unit: string }
  | { readonly verb: "invert"; readonly layer: string; readonly codeWeight?: number }
  | { readonly verb: "invert"; readonly everyLayer: number; readonly codeWeight?: number };

/** One part of an `every-layer` strip. */
export interface LayerResult
  extends Pick<Inversion, "objective" | "activation" | "steps" | "ms" | "error" | "psnr" | "ssim"> {
  readonly layer: string;
}

/** A finished picture; `every-layer` has no objective of its own, but one entry in `layers` for each of its parts. */
export type Made = Omit<Picture, "objective" | "activation"> &
  Partial<Pick<Picture, "objective" | "activation">> & { readonly layers?: readonly LayerResult[] };

/** True for the jobs that start from a photo. */
export const needsPhoto = (job: Job): boolean => job.verb === "invert" || (job.verb === "caricature" && "layer" in job);

/** The address or layer, for file names and progress lines. */
export const subjectOf = (job: Job): string =>
  "address" in job ? job.address : "unit" in job ? job.unit : "layer" in job ? job.layer : "every-layer";

export interface Photos {
  readonly photo?: Image | undefined;
  /** Photos that an inversion's error is measured against; they do not change the picture. */
  readonly others?: readonly Image[] | undefined;
}

/** Runs a job. The techniques are loaded when they are called for. */
export async function* run(
  job: Job,
  model: Model,
  { photo, others = [] }: Photos,
  options: TechniqueOptions,
): AsyncGenerator<Progress, Made> {
  if (!needsPhoto(job)) {
    const { maximize } = await import("../src/preimage/maximize.ts");
    const preset = job.verb === "caricature" ? "natural" : "lucid";
    return yield* maximize(model, subjectOf(job), { preset, ...options });
  }
  if (!photo) throw new InputError(`${job.verb} starts from a photo: give one`);
  if (job.verb !== "invert") {
    const { caricature } = await import("../src/preimage/caricature.ts");
    return yield* caricature(model, photo, subjectOf(job), options);
  }
  const inverting = { ...options, others, ...(job.codeWeight !== undefined && { codeWeight: job.codeWeight }) };
  if ("everyLayer" in job) {
    const { everyLayer } = await import("./every-layer.ts");
    return yield* everyLayer(model, photo, job.everyLayer, inverting);
  }
  const { invert } = await import("../src/preimage/invert.ts");
  const { photo: _, ...inversion } = yield* invert(model, photo, job.layer, inverting);
  return inversion;
}
