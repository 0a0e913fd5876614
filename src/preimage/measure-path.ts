/** @file Whether a picture takes the path through a net that photos of its class take: similarity layer by layer. */

import { expect } from "../error.ts";
import { emptyGraph } from "../graph/graph.ts";
import type { Layer } from "../model/layers.ts";
import { mainLayers } from "../model/main-layers.ts";
import type { Model } from "../model/model.ts";
import { builderOf } from "../ops/builder.ts";
import { type CompileOptions, compile } from "../runtime/compile.ts";
import { centred, cosine, ranks } from "../tensor/correlation.ts";
import { quantile } from "../tensor/distribution.ts";
import type { Image } from "../tensor/image.ts";
import { type Rng, rng } from "../tensor/rng.ts";
import { sizeOf, Tensor } from "../tensor/tensor.ts";
import { fitPhoto } from "./encode.ts";
import { netAt } from "./net.ts";

/** How alike the activations of a picture and of photos are in one layer, by one measure. */
export interface PathNumbers {
  /** Mean over the photos of the class, −1…1. */
  readonly similarity: number;
  /** Mean over pairs of photos of the class. */
  readonly ceiling: number;
  /** Mean over pairs of a photo of the class and one of another. */
  readonly floor: number;
  /** (similarity − floor) / (ceiling − floor): 1 like photos of the class, 0 no more than photos of other classes. */
  readonly normalised: number;
  /**
   * 95 % interval of `normalised` over other choices of photos (bootstrap, 400 times). It is wide where a layer hardly
   * tells the class from others, as most layers do for one class and few photos: see `pooledPath`; from −∞ to ∞ (null in
   * JSON) where more than 2.5 % of the choices have their ceiling below their floor.
   */
  readonly interval: readonly [low: number, high: number];
}

export interface LayerPath {
  readonly address: string;
  readonly cosine: PathNumbers;
  /** Of ranks, as in the paper. */
  readonly spearman: PathNumbers;
}

export interface PathOptions extends CompileOptions {
  /** Addresses are those of `mainLayers`, which are the default. */
  readonly layers?: readonly Layer[];
  /** Side of the pictures; the net's own by default. */
  readonly size?: number;
  /** Units of a layer that are compared, chosen by chance where it has more; default 4096. */
  readonly units?: number;
  /** Of chance; default 0. */
  readonly seed?: number;
}

/**
 * Path similarity by layer: does the net process the picture as it does photos of its class? Source: Geirhos et al., ICML
 * 2024 (arXiv 2306.04719), who compare visualisations of Inception's classes by Spearman's rank correlation, and find
 * the first two thirds of the layers near 0. Pictures are compared unit by unit, so position counts.
 *
 * Throws an `InputError` unless there are two photos of the class and one of another.
 */
export async function pathSimilarity(
  model: Model,
  picture: Image,
  { same, others }: { readonly same: readonly Image[]; readonly others: readonly Image[] },
  options: PathOptions = {},
): Promise<LayerPath[]> {
  expect(
    same.length >= 2 && others.length >= 1,
    () =>
      `path similarity: expected two photos of the class and one of another, got ${same.length} and ${others.length}`,
  );
  const { layers = mainLayers(model), size, units = 4096, seed = 0, ...run } = options;
  const codes = await sampledCodes(model, layers, [picture, ...same, ...others], { size, units, seed }, run);
  return layers.map((layer, i): LayerPath => {
    const numbers = (of: (code: Float32Array) => Float32Array | Float64Array): PathNumbers => {
      const [own, ...photos] = codes.map((code) => of(code[i]!));
      const [alike, unlike] = [photos.slice(0, same.length), photos.slice(same.length)];
      return pathNumbers({
        picture: alike.map((photo) => cosine(own!, photo)),
        within: alike.map((a) => alike.map((b) => cosine(a, b))),
        between: alike.map((a) => unlike.map((b) => cosine(a, b))),
        seed,
      });
    };
    // Spearman's correlation is the cosine of centred ranks.
    return {
      address: layer.address,
      cosine: numbers((code) => code),
      spearman: numbers((code) => centred(ranks(code))),
    };
  });
}

/** Similarities between a picture and n photos of its class, among those, and between those and m photos of others. */
export interface Similarities {
  /** [n] */
  readonly picture: readonly number[];
  /** [n][n], symmetric; the diagonal does not count. */
  readonly within: readonly (readonly number[])[];
  /** [n][m] */
  readonly between: readonly (readonly number[])[];
  readonly seed?: number;
}

const DRAWS = 400;

/** The numbers of one layer from all similarities. */
export function pathNumbers({ picture, within, between, seed = 0 }: Similarities): PathNumbers {
  const means = (alike: readonly number[], unlike: readonly number[]): Place =>
    placed(
      mean(alike.map((i) => picture[i]!)),
      // The same photo drawn twice makes no pair.
      mean(alike.flatMap((i) => alike.flatMap((j) => (i === j ? [] : [within[i]![j]!])))),
      mean(alike.flatMap((i) => unlike.map((j) => between[i]![j]!))),
    );
  const [alike, unlike] = [[...picture.keys()], [...between[0]!.keys()]];
  const random = rng(seed);
  const drawn = Array.from({ length: DRAWS }, () => means(again(alike, random), again(unlike, random)));
  return { ...means(alike, unlike), interval: intervalOf(drawn) };
}

/**
 * Path similarity over several classes, a picture of each: similarities, ceilings and floors are averaged over the classes
 * before they are compared, which steadies layers that hardly tell one class from others. The interval is over other
 * choices of classes; of one class it is its own. All must have the same layers.
 */
export function pooledPath(classes: readonly (readonly LayerPath[])[], seed = 0): LayerPath[] {
  const pooled = (numbers: readonly PathNumbers[]): PathNumbers => {
    if (numbers.length === 1) return numbers[0]!;
    const means = (some: readonly PathNumbers[]): Place =>
      placed(mean(some.map((n) => n.similarity)), mean(some.map((n) => n.ceiling)), mean(some.map((n) => n.floor)));
    const random = rng(seed);
    const drawn = Array.from({ length: DRAWS }, () => means(again(numbers, random)));
    return { ...means(numbers), interval: intervalOf(drawn) };
  };
  return classes[0]!.map(({ address }, i) => ({
    address,
    cosine: pooled(classes.map((layers) => layers[i]!.cosine)),
    spearman: pooled(classes.map((layers) => layers[i]!.spearman)),
  }));
}

type Place = Omit<PathNumbers, "interval">;

const placed = (similarity: number, ceiling: number, floor: number): Place => ({
  similarity,
  ceiling,
  floor,
  normalised: (similarity - floor) / (ceiling - floor),
});

/** Bootstrap percentiles. A choice of one photo alone has no ceiling; one without a gap has no place for the picture. */
function intervalOf(drawn: readonly Place[]): [low: number, high: number] {
  const usable = drawn.filter(({ ceiling }) => !Number.isNaN(ceiling));
  const clear = usable.filter(({ ceiling, floor }) => ceiling > floor);
  if (clear.length === 0 || clear.length < 0.975 * usable.length)
    return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const sorted = clear.map(({ normalised }) => normalised).sort((a, b) => a - b);
  return [quantile(sorted, 0.025), quantile(sorted, 0.975)];
}

const mean = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;

/** As many of them, with repetition. */
const again = <T>(xs: readonly T[], random: Rng): T[] => xs.map(() => xs[random.int(0, xs.length)]!);

/** Of each picture, for each layer, the activations of the same units: [pictures][layers]. */
async function sampledCodes(
  model: Model,
  layers: readonly Layer[],
  pictures: readonly Image[],
  { size, units, seed }: { readonly size: number | undefined; readonly units: number; readonly seed: number },
  options: CompileOptions,
): Promise<Float32Array[][]> {
  const values = layers.map((layer) => layer.value);
  const net = netAt(model, values, size);
  const g = builderOf(emptyGraph("path"));
  const channels = fitPhoto(model, net.size, pictures[0]!).dims[0]!;
  const image = g.input("image", "float32", [1, channels, ...net.size]);
  for (const [i, value] of net.emit(g, image, values).entries()) {
    const n = sizeOf(value.shape);
    const flat = g.reshape(value, [n]);
    const chosen = n > units ? g.op("Gather", [flat, g.ints(chance(n, units, rng(seed).fork(i)))], { axis: 0 }) : flat;
    g.output(g.cast(chosen, "float32"), `code.${i}`);
  }
  const program = await compile(g.graph, options);
  try {
    const codes: Float32Array[][] = [];
    for (const picture of pictures) {
      const shown = fitPhoto(model, net.size, picture);
      const out = await program.run({ image: new Tensor("float32", image.shape, shown.bytes) });
      codes.push(layers.map((_, i) => out[`code.${i}`]!.data as Float32Array));
    }
    return codes;
  } finally {
    await program.dispose();
  }
}

/** `count` different numbers below n, in order: one by chance out of each of as many equal parts. */
const chance = (n: number, count: number, random: Rng): number[] =>
  Array.from({ length: count }, (_, i) => {
    const [low, high] = [Math.floor((i * n) / count), Math.floor(((i + 1) * n) / count)];
    return random.int(low, high);
  });
