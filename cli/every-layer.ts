/** @file Inverts a photo from each main layer of a net and shows the results in one strip. */

import { InputError } from "../src/error.ts";
import { isOutput } from "../src/model/address.ts";
import { mainLayers } from "../src/model/main-layers.ts";
import type { Model } from "../src/model/model.ts";
import { type Inversion, type InvertOptions, invert } from "../src/preimage/invert.ts";
import { agreement, classProbabilities } from "../src/preimage/measure-classes.ts";
import { isClassifier } from "../src/preimage/numbers-classes.ts";
import { relay } from "../src/preimage/relay.ts";
import type { Progress } from "../src/preimage/technique.ts";
import type { Image } from "../src/tensor/image.ts";
import type { Made } from "./job.ts";
import { strip } from "./spread-strip.ts";
import { digits } from "./table.ts";

/**
 * Runs the layers one after the other; progress counts the steps of all. The strip ends with the layer that was stopped. Of
 * several restarts the best are in the first row, the others below, and how far they differ in the last.
 */
export async function* everyLayer(
  model: Model,
  photo: Image,
  limit: number,
  options: InvertOptions,
): AsyncGenerator<Progress, Made> {
  const layers = mainLayers(model, limit);
  const done: (Inversion & { readonly layer: string; readonly said?: string })[] = [];
  for (const [i, layer] of layers.entries()) {
    if (i > 0 && options.signal?.aborted) break;
    const { address } = layer;
    const made = yield* relay(invert(model, photo, address, options), (progress) => ({
      ...progress,
      step: i * progress.steps + progress.step,
      steps: layers.length * progress.steps,
    }));
    const said = isOutput(layer) && isClassifier(model) ? await classText(model, made, options) : undefined;
    done.push({ layer: address, ...made, ...(said && { said }) });
  }

  const first = done[0];
  if (!first) throw new InputError("the net has no layers: expected an image classifier");
  const columns = done.map(({ layer, image, error, seed, restarts, said }) => ({
    image,
    caption: [layer, `error ${digits(error.ijcv)}`, ...(said ? [said] : [])].join("\n"),
    seed,
    restarts,
  }));
  const { device, provider, preset } = first;
  return {
    image: await strip(first.photo, columns),
    steps: done.reduce((sum, d) => sum + d.steps, 0),
    ms: done.reduce((sum, d) => sum + d.ms, 0),
    device,
    provider,
    preset,
    seed: options.seed ?? 0,
    notes: [...new Set(done.flatMap((d) => d.notes))],
    layers: done.map(
      ({ layer, image, seed, objective, activation, steps, ms, error, psnr, ssim, restarts, spread }) => ({
        layer,
        image,
        seed,
        objective,
        activation,
        steps,
        ms,
        error,
        psnr,
        ssim,
        ...(restarts && { restarts }),
        ...(spread && { spread }),
      }),
    ),
  };
}

/** What the net thinks the class is: its first answer for the photo, and how probable that is for the picture. */
async function classText(model: Model, { photo, image }: Inversion, options: InvertOptions): Promise<string> {
  const [before, after] = await classProbabilities(model, [photo, image], options);
  const { target, photo: was, picture } = agreement(before!, after!);
  return `${model.labels?.names[target] ?? `class ${target}`} ${was.toFixed(2)} → ${picture.toFixed(2)}`;
}
