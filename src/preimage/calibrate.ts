/** @file How large an activation gets: its maximum over a sample of pictures that need no data set. */

import { builderOf } from "../ops/builder.ts";
import { type CompileOptions, compile } from "../runtime/compile.ts";
import { type Image, makeImage, resize } from "../tensor/image.ts";
import { type Rng, rng } from "../tensor/rng.ts";
import { Tensor, toNumbers } from "../tensor/tensor.ts";
import type { Recipe } from "./axes.ts";
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

/** Largest |objective| over a fixed sample of octave noise; 1 for a unit that is silent for all of it. */
export async function largestOverSample(
  { net, layers, objective }: Pick<Recipe, "layers" | "objective"> & { readonly net: SizedNet },
  channels: number,
  options: CompileOptions,
): Promise<number> {
  const g = builderOf();
  const image = g.input("image", "float32", [1, channels, ...net.size]);
  g.output(objective(g, net.emit(g, image, layers)), "objective");
  const program = await compile(g.graph, options);
  try {
    let largest = 0;
    for (let i = 0; i < SAMPLE; i++) {
      const picture = octaveNoise(rng(SEED).fork(i), channels, net.size);
      const out = await program.run({ image: new Tensor("float32", image.shape, picture.bytes) });
      largest = Math.max(largest, ...toNumbers(out.objective!).map(Math.abs));
    }
    return largest || 1;
  } finally {
    await program.dispose();
  }
}
