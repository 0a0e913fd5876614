/** @file Dead units: channels that are never on, or the same whatever the picture. */

import { isOutput } from "../model/address.ts";
import type { Layer } from "../model/layers.ts";
import { mainLayers } from "../model/main-layers.ts";
import type { Model } from "../model/model.ts";
import { channelsOf } from "../model/preprocessing.ts";
import { builderOf } from "../ops/builder.ts";
import type { DeadUnits, LayerDead } from "../report/net-report-data.ts";
import { type CompileOptions, compile } from "../runtime/compile.ts";
import type { Image } from "../tensor/image.ts";
import { rng } from "../tensor/rng.ts";
import { Tensor, toNumbers } from "../tensor/tensor.ts";
import { octaveNoise } from "./calibrate.ts";
import { fitPhoto } from "./encode.ts";
import { isRectifier } from "./leak.ts";
import { netAt, pictureSize, type SizedNet } from "./net.ts";

export interface DeadUnitsOptions extends CompileOptions {
  /** Default: all rectifiers and the main layers. */
  readonly layers?: readonly Layer[] | undefined;
  /** Side of the pictures; the net's own by default. */
  readonly size?: number | undefined;
  /** Told after each picture how many are done. */
  readonly progress?: (done: number) => void;
  /** Ends the pass after the current picture, with what was seen. */
  readonly signal?: AbortSignal | undefined;
}

/** Numbers closer than this part of the larger one are the same. */
const SAME = 1e-6;

/**
 * Finds channels that no picture moves. A channel is constant when its largest, smallest and mean activation over positions
 * are the same for all pictures: what padding makes of it at the borders does not count as a change.
 *
 * A unit that is dead on a few pictures may well live on others: the more pictures, the surer.
 *
 * @param pictures [C,H,W] in 0…1, of any size; one at a time is in memory.
 */
export async function deadUnits(
  model: Model,
  pictures: AsyncIterable<Image> | Iterable<Image>,
  { layers, size, progress, signal, ...options }: DeadUnitsOptions = {},
): Promise<DeadUnits> {
  const { net, watched } = watchedChannels(model, { layers, size });
  const g = builderOf();
  const image = g.input("image", "float32", [1, channelsOf(model.preprocessing), ...net.size]);
  const values = net.emit(
    g,
    image,
    watched.map(({ layer }) => layer.value),
  );
  for (const [i, { axis }] of watched.entries()) {
    const value = g.cast(values[i]!, "float32");
    const others = value.shape.flatMap((_, k) => (k === axis ? [] : [k]));
    g.output(g.op("ReduceMax", [value, g.ints(others)], { keepdims: 0 }), `max.${i}`);
    g.output(g.op("ReduceMin", [value, g.ints(others)], { keepdims: 0 }), `min.${i}`);
    g.output(g.mean(value, others, false), `mean.${i}`);
  }
  const program = await compile(g.graph, options);
  const extents = watched.map(() => ({ max: [] as Extent[], min: [] as Extent[], mean: [] as Extent[] }));
  let seen = 0;
  try {
    for await (const picture of pictures) {
      const shown = fitPhoto(model, net.size, picture);
      const out = await program.run({ image: new Tensor("float32", image.shape, shown.bytes) });
      for (const [i, each] of extents.entries())
        for (const name of ["max", "min", "mean"] as const)
          for (const [channel, x] of toNumbers(out[`${name}.${i}`]!).entries()) widen(each[name], channel, x);
      seen++;
      progress?.(seen);
      if (signal?.aborted) break;
    }
  } finally {
    await program.dispose();
  }
  return {
    pictures: seen,
    layers: watched.map(({ layer, channels }, i): LayerDead => {
      const { max, min, mean } = extents[i]!;
      const all = Array.from({ length: seen > 0 ? channels : 0 }, (_, channel) => channel);
      const silent = isRectifier(layer.op) ? all.filter((channel) => max[channel]!.high <= 0) : [];
      const constant = all.filter((c) => !silent.includes(c) && [max, min, mean].every((of) => isSame(of[c]!)));
      return { layer: layer.address, channels, silent, constant: seen > 1 ? constant : [] };
    }),
  };
}

interface Extent {
  low: number;
  high: number;
}

function widen(extents: Extent[], channel: number, x: number): void {
  const extent = extents[channel];
  if (!extent) extents[channel] = { low: x, high: x };
  else {
    extent.low = Math.min(extent.low, x);
    extent.high = Math.max(extent.high, x);
  }
}

const isSame = ({ low, high }: Extent): boolean => high - low <= SAME * Math.max(Math.abs(low), Math.abs(high));

/** The layers that have channels, with their net. */
export function watchedChannels(
  model: Model,
  { layers = watchedLayers(model), size }: Pick<DeadUnitsOptions, "layers" | "size">,
): {
  readonly net: SizedNet;
  readonly watched: readonly { readonly layer: Layer; readonly axis: number; readonly channels: number }[];
} {
  const net = netAt(
    model,
    layers.map((layer) => layer.value),
    size,
  );
  const watched = layers.flatMap((layer, i) => {
    const { value, channelAxis: axis } = net.layers[i]!;
    return axis === undefined || axis === 0 ? [] : [{ layer, axis, channels: value.shape[axis]! }];
  });
  return { net, watched };
}

/** All rectifiers and the main layers, in the net's order, down to the logits. */
export function watchedLayers(model: Model): Layer[] {
  const main = mainLayers(model, Number.POSITIVE_INFINITY);
  return model.layers.filter((layer) => main.includes(layer) || (isRectifier(layer.op) && !isOutput(layer)));
}

/** Pictures for where there are no photos: noise with as much power in each octave, as photos have. */
export function* noisePictures(
  model: Model,
  { count, size, seed = 0 }: { readonly count: number; readonly size?: number | undefined; readonly seed?: number },
): Generator<Image> {
  const [channels, sides] = [channelsOf(model.preprocessing), pictureSize(model, size)];
  for (let i = 0; i < count; i++) yield octaveNoise(rng(seed).fork(i), channels, sides);
}
