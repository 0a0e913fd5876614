/** @file Inverts a photo from each main layer of a net and shows the results in one strip. */

import { InputError } from "../src/error.ts";
import { mainLayers } from "../src/model/main-layers.ts";
import type { Model } from "../src/model/model.ts";
import { type InvertOptions, invert } from "../src/preimage/invert.ts";
import { relay } from "../src/preimage/relay.ts";
import type { Progress } from "../src/preimage/technique.ts";
import { labelledGrid } from "../src/tensor/image.node.ts";
import type { Image } from "../src/tensor/image.ts";
import { enlarge } from "./enlarge.ts";
import type { Made } from "./job.ts";
import { digits } from "./table.ts";

/** Runs the layers one after the other; progress counts the steps of all. The strip ends with the layer that was stopped. */
export async function* everyLayer(
  model: Model,
  photo: Image,
  limit: number,
  options: InvertOptions,
): AsyncGenerator<Progress, Made> {
  const layers = mainLayers(model, limit);
  const done = [];
  for (const [i, { address }] of layers.entries()) {
    if (i > 0 && options.signal?.aborted) break;
    const made = yield* relay(invert(model, photo, address, options), (progress) => ({
      ...progress,
      step: i * progress.steps + progress.step,
      steps: layers.length * progress.steps,
    }));
    done.push({ layer: address, ...made });
  }

  const first = done[0];
  if (!first) throw new InputError("the net has no layers: expected an image classifier");
  const pictures = [first.photo, ...done.map((d) => d.image)].map((image) => enlarge(image));
  const captions = ["photo", ...done.map((d) => `${d.layer}\nerror ${digits(d.error.ijcv)}`)];
  const { device, provider, preset, seed } = first;
  return {
    image: await labelledGrid(pictures, captions),
    steps: done.reduce((sum, d) => sum + d.steps, 0),
    ms: done.reduce((sum, d) => sum + d.ms, 0),
    device,
    provider,
    preset,
    seed,
    notes: [...new Set(done.flatMap((d) => d.notes))],
    layers: done.map(({ layer, objective, activation, steps, ms, error, psnr, ssim }) => ({
      layer,
      objective,
      activation,
      steps,
      ms,
      error,
      psnr,
      ssim,
    })),
  };
}
