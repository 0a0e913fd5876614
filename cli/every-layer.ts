/** @file Inverts a photo from each main layer of a net and shows the results in one strip. */

import { InputError } from "../src/error.ts";
import { mainLayers } from "../src/model/main-layers.ts";
import type { Model } from "../src/model/model.ts";
import { type InvertOptions, invert } from "../src/preimage/invert.ts";
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
  let steps = 0;
  for (const [i, { address }] of layers.entries()) {
    if (i > 0 && options.signal?.aborted) break;
    const run = invert(model, photo, address, options);
    for (;;) {
      const next = await run.next();
      if (next.done) {
        done.push({ layer: address, ...next.value });
        steps += next.value.steps;
        break;
      }
      const { step, steps: each } = next.value;
      yield { ...next.value, step: i * each + step, steps: layers.length * each };
    }
  }

  const first = done[0];
  if (!first) throw new InputError("the net has no layers: expected an image classifier");
  const pictures = [first.photo, ...done.map((d) => d.image)].map((image) => enlarge(image));
  const captions = ["photo", ...done.map((d) => `${d.layer}\nerror ${digits(d.error.ijcv)}`)];
  const { device, provider, preset, seed } = first;
  return {
    image: await labelledGrid(pictures, captions),
    steps,
    ms: done.reduce((sum, d) => sum + d.ms, 0),
    device,
    provider,
    preset,
    seed,
    notes: [...new Set(done.flatMap((d) => d.notes))],
    layers: done.map(({ image, photo, notes, device, provider, preset, seed, ...numbers }) => numbers),
  };
}
