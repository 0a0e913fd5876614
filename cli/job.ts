/** @file What a picture is of: one record for the verbs that make pictures and for those that make them again. */

import { InputError } from "../src/error.ts";
import type { Model } from "../src/model/model.ts";
import type { Inversion } from "../src/preimage/invert.ts";
import type { MaximizeOptions } from "../src/preimage/maximize.ts";
import { pick } from "../src/preimage/presets.ts";
import type { Picture, Progress, Restart } from "../src/preimage/technique.ts";
import type { Image } from "../src/tensor/image.ts";

/** `everyLayer` counts the main layers that are shown, at most. */
export type Job =
  | { readonly verb: "maximize"; readonly address: string }
  | { readonly verb: "maximize"; readonly expression: string }
  | { readonly verb: "caricature"; readonly layer: string }
  | { readonly verb: "caricature"; readonly unit: string }
  | { readonly verb: "invert"; readonly layer: string; readonly codeWeight?: number }
  | {
      readonly verb: "invert";
      readonly everyLayer: number;
      readonly codeWeight?: number;
      /** Names of the classes where the model does not know them: they stand on the strip. */
      readonly labels?: readonly string[];
    }
  | { readonly verb: "dream"; readonly expression: string };

/** One part of an `every-layer` strip. */
export interface LayerResult
  extends Pick<
    Inversion,
    "image" | "seed" | "objective" | "activation" | "steps" | "ms" | "error" | "psnr" | "ssim" | "restarts" | "spread"
  > {
  readonly layer: string;
}

/** A finished picture, and of an inversion what `Inversion` has; `every-layer` has no objective of its own, but one entry in `layers` for each of its parts. */
export type Made = Omit<Picture, "objective" | "activation" | "batch" | "states"> &
  Partial<Pick<Inversion, "objective" | "activation" | "batch" | "states" | "error" | "psnr" | "ssim">> & {
    readonly layers?: readonly LayerResult[];
  };

type Printed<T> = Omit<T, "image" | "opacity" | "states" | "restarts" | "layers"> & {
  readonly restarts?: readonly Omit<Restart, "image">[];
};

/** What can be printed of it. */
export type MadeNumbers = Printed<Made> & { readonly layers?: readonly Printed<LayerResult>[] };

/** Without pictures and tensors. */
export function numbersOf({ opacity: _, states: __, layers, ...made }: Made): MadeNumbers {
  return { ...printed(made), ...(layers && { layers: layers.map(printed) }) };
}

function printed<T extends Pick<Made, "image" | "restarts">>({ image: _, restarts, ...numbers }: T) {
  return { ...numbers, ...(restarts && { restarts: restarts.map(({ image: _, ...each }) => each) }) };
}

/** True for the jobs that start from a photo. */
export const needsPhoto = (job: Job): boolean =>
  job.verb === "invert" || job.verb === "dream" || (job.verb === "caricature" && "layer" in job);

/** The address, layer or objective, for file names and progress lines. */
export const subjectOf = (job: Job): string => {
  if ("address" in job) return job.address;
  if ("expression" in job) return job.expression;
  if ("unit" in job) return job.unit;
  return "layer" in job ? job.layer : "every-layer";
};

/** Whether steps in two goes are something else than as many at once, since a schedule follows their number. */
export const isScheduled = (job: Job, options: MaximizeOptions): boolean =>
  pick(needsPhoto(job) ? job.verb : "maximize", usualPreset(job), options).scheduled;

/** The technique's usual preset. */
export const usualPreset = ({ verb }: Job) =>
  (({ maximize: "lucid", caricature: "natural", invert: "natural", dream: "dream" }) as const)[verb];

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
  options: MaximizeOptions,
): AsyncGenerator<Progress, Made> {
  if (!needsPhoto(job)) {
    const { maximize } = await import("../src/preimage/maximize.ts");
    return yield* maximize(model, subjectOf(job), { preset: usualPreset(job), ...options });
  }
  if (!photo) throw new InputError(`${job.verb} starts from a photo: give one`);
  if (job.verb === "dream") {
    const { dream } = await import("../src/preimage/dream.ts");
    return yield* dream(model, photo, job.expression, options);
  }
  if (job.verb !== "invert") {
    const { caricature } = await import("../src/preimage/caricature.ts");
    return yield* caricature(model, photo, subjectOf(job), options);
  }
  const inverting = { ...options, others, ...(job.codeWeight !== undefined && { codeWeight: job.codeWeight }) };
  if ("everyLayer" in job) {
    const { everyLayer } = await import("./every-layer.ts");
    return yield* everyLayer(named(model, job.labels), photo, job.everyLayer, inverting);
  }
  const { invert } = await import("../src/preimage/invert.ts");
  const { photo: _, ...inversion } = yield* invert(model, photo, job.layer, inverting);
  return inversion;
}

const named = (model: Model, names: readonly string[] | undefined): Model =>
  names ? { ...model, labels: { names, source: "the recipe" } } : model;
