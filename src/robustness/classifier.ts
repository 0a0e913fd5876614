/** @file A model as attacks see it: pictures in 0…1 behind all preprocessing, logits in front. */

import { expect } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import { emptyGraph, typeText, type Value } from "../graph/graph.ts";
import { scoreLayer } from "../model/layers.ts";
import type { Model } from "../model/model.ts";
import { channelsOf } from "../model/preprocessing.ts";
import { builderOf } from "../ops/builder.ts";
import { octaveNoise } from "../preimage/calibrate.ts";
import { netAt } from "../preimage/net.ts";
import { type CompileOptions, compile } from "../runtime/compile.ts";
import { type Rng, rng } from "../tensor/rng.ts";
import { type Shape, sizeOf, tensor } from "../tensor/tensor.ts";

export type Named<T> = Readonly<Record<string, T>>;

/** Numbers of one picture, by name. */
export type Row = Named<Float32Array>;

export interface Classifier {
  readonly name: string;
  readonly classes: number;
  /** Names of the classes, where they are known. */
  readonly labels?: readonly string[] | undefined;
  /** Of one picture. */
  readonly picture: readonly [channels: number, height: number, width: number];
  /** What should be said about how the net is read. */
  readonly notes: readonly string[];
  /** Pictures in one graph, at most; as many as memory takes by default. */
  readonly most?: number | undefined;
  /** Looks that make one answer: 1 but where the net, or what stands before it, is random. */
  readonly views: number;
  /** Shapes of what the net is fed beside each picture, by name. */
  readonly inputs: Named<Shape>;
  /** What it is fed for picture `item` at a look, from the picture's own random numbers for that look. */
  readonly feed: (item: number, random: Rng) => Row;
  /** Pictures [N,C,H,W] in 0…1 → [N, views, classes]. */
  readonly logits: (g: Builder, images: Value, inputs: Named<Value>) => Value;
}

export interface ClassifierOptions extends CompileOptions {
  /** Height and width of the pictures; the net's own by default. */
  readonly size?: number | undefined;
}

/** Below it, a probability counts as this much, so that its logarithm is a number. */
const LEAST_PROBABILITY = 1e-30;
const PROBES = 6;

/**
 * A model as attacks see it. What stands before a final Softmax is taken; where the answers are probabilities all the same,
 * their logarithm is, and a note says so: a loss behind a second softmax has next to no gradient.
 *
 * Throws an `InputError` where the net gives no row of at least two classes for a picture.
 */
export async function classifierOf(model: Model, options: ClassifierOptions = {}): Promise<Classifier> {
  const named = (name: string) => model.layers.find(({ address }) => address === name);
  const layer = scoreLayer(model);
  expect(layer, () => `${model.name} has no output that depends on the picture: it cannot be attacked`);
  const net = netAt(model, [layer.value], options.size);
  const shape = net.layers[0]!.value.shape;
  const classes = sizeOf(shape);
  expect(
    classes > 1 && shape.includes(classes),
    () => `${model.name}: an attack needs one row of two or more classes a picture, and the net gives [${shape}]`,
  );
  const raw: Classifier["logits"] = (g, images) => {
    const [value] = net.emit(g, images, [layer.value]);
    const n = images.shape[0]!;
    expect(sizeOf(value!.shape) === n * classes, () => `${model.name} gives ${typeText(value!)} for ${n} pictures`);
    return g.reshape(value!, [n, 1, classes]);
  };
  const softmax = named("logits") && named("probabilities");
  const plain: Classifier = {
    name: model.name,
    classes,
    labels: model.labels?.names,
    picture: [channelsOf(model.preprocessing), ...net.size],
    notes: softmax ? [...net.notes, `the net ends in ${softmax.op}: what stands before it is taken`] : net.notes,
    most: net.takesMany?.([layer.value]) === false ? 1 : undefined,
    views: 1,
    inputs: {},
    feed: () => ({}),
    logits: raw,
  };
  if (!(await givesProbabilities(plain, options))) return plain;
  return {
    ...plain,
    notes: [...plain.notes, "the net's output is probabilities, not logits: their logarithm is used"],
    logits: (g, images, inputs) => g.log(g.op("Max", [raw(g, images, inputs), LEAST_PROBABILITY])),
  };
}

/** Whether answers on noise pictures are non-negative and sum to 1. */
async function givesProbabilities({ logits, picture, classes }: Classifier, options: CompileOptions): Promise<boolean> {
  const g = builderOf(emptyGraph("probe"));
  g.output(logits(g, g.input("image", "float32", [1, ...picture]), {}), "logits");
  const program = await compile(g.graph, options);
  try {
    for (let i = 0; i < PROBES; i++) {
      const [channels, ...size] = picture;
      const image = octaveNoise(rng(1).fork(i), channels, size);
      const out = await program.run({ image: tensor("float32", [1, ...picture], image.data) });
      const row = Array.from(out.logits!.data as Float32Array);
      const sum = row.reduce((s, p) => s + p, 0);
      if (row.some((p) => p < 0) || !(Math.abs(sum - 1) < 1e-5 * classes)) return false;
    }
    return true;
  } finally {
    await program.dispose();
  }
}

/**
 * One answer [N, K] of the views [N, V, K]: the logarithm of the mean probability. A single view's logits stay as they are.
 */
export function answerOf(g: Builder, z: Value): Value {
  const [n, views, classes] = z.shape as [number, number, number];
  if (views === 1) return g.reshape(z, [n, classes]);
  const e = g.exp(g.sub(z, g.op("ReduceMax", [z, g.ints([2])], { keepdims: 1 })));
  const p = g.mean(g.div(e, g.sum(e, [2])), [1], false);
  return g.log(g.op("Max", [p, LEAST_PROBABILITY]));
}
