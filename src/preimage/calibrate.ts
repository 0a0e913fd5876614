/** @file How large an activation gets: its maximum over a sample of pictures that need no data set. */

import type { SourceValue } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { type CompileOptions, compile } from "../runtime/compile.ts";
import { type Image, makeImage, resize } from "../tensor/image.ts";
import { type Rng, rng } from "../tensor/rng.ts";
import { Tensor, toNumbers } from "../tensor/tensor.ts";
import type { Objective } from "./axes.ts";
import type { SizedNet } from "./net.ts";

const SAMPLE = 16;
const SEED = 1;

/**
 * Noise with as much power in each octave, as photos have: for each power of two up to the size, uniform noise of that
 * many pixels a side, enlarged; colours share most of it. Values lie in 0…1.
 */
export function octaveNoise(random: Rng, channels: number, [height, width]: readonly [number, number]): Image {
  const out = makeImage(channels, height, width, () => 0.5);
  for (let n = 2; n <= Math.max(height, width); n *= 2) {
    const grey = random.fillUniform(new Float32Array(n * n), -0.15, 0.15);
    const data = Float32Array.from(
      { length: channels * n * n },
      (_, i) => grey[i % (n * n)]! + random.uniform(-0.05, 0.05),
    );
    const layer = resize(new Tensor("float32", [channels, n, n], new Uint8Array(data.buffer)), height, width).data;
    for (let i = 0; i < layer.length; i++) out.data[i]! += layer[i]!;
  }
  for (let i = 0; i < out.data.length; i++) out.data[i] = Math.min(Math.max(out.data[i]!, 0), 1);
  return out;
}

/** What an objective is for a sample of pictures. */
export interface Extent {
  /** Largest |objective|; 1 where it is always 0. */
  readonly largest: number;
  /** From the smallest to the largest; 1 where it is always the same. */
  readonly range: number;
}

/** How large each of several objectives gets over a fixed sample of octave noise. */
export async function extentsOverSample(
  net: SizedNet,
  layers: readonly SourceValue[],
  objectives: readonly Objective[],
  channels: number,
  options: CompileOptions,
): Promise<Extent[]> {
  const g = builderOf();
  const image = g.input("image", "float32", [1, channels, ...net.size]);
  const activations = net.emit(g, image, layers);
  for (const [i, objective] of objectives.entries()) g.output(objective(g, activations), `objective.${i}`);
  const program = await compile(g.graph, options);
  try {
    const values = objectives.map((): number[] => []);
    for (let i = 0; i < SAMPLE; i++) {
      const picture = octaveNoise(rng(SEED).fork(i), channels, net.size);
      const out = await program.run({ image: new Tensor("float32", image.shape, picture.bytes) });
      for (const [k, seen] of values.entries()) seen.push(...toNumbers(out[`objective.${k}`]!));
    }
    return values.map((seen) => ({
      largest: Math.max(...seen.map(Math.abs)) || 1,
      range: Math.max(...seen) - Math.min(...seen) || 1,
    }));
  } finally {
    await program.dispose();
  }
}
