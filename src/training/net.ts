/** @file A net behind pictures as data sets have them: 8-bit, channels last; with its logits as [batch, classes]. */

import { expect, InputError } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import { type SourceGraph, type SourceNode, type SourceValue, typeText, type Value } from "../graph/graph.ts";
import { layersOf, passing, probability, scoreLayer } from "../model/layers.ts";
import { channelsOf, normalise, type Preprocessing } from "../model/preprocessing.ts";
import { recordOf } from "../ops/table.ts";
import { needed } from "../passes/needed.ts";
import { type SpecialiseOptions, specialise } from "../passes/specialise.ts";
import { luma } from "../tensor/image.ts";
import { type Shape, sizeOf } from "../tensor/tensor.ts";

/** What training and evaluation must know of a net; a `Model` is one. */
export interface ClassifierNet {
  readonly source: SourceGraph;
  /** The one input that pictures go to. */
  readonly input: SourceValue;
  readonly preprocessing: Preprocessing;
}

/** What the classes are decided by: the input of a final Softmax, else the output. */
export function logitsOf(source: SourceGraph): SourceValue {
  const scores = scoreLayer({ layers: layersOf(source), source });
  expect(scores, () => "the net has no output that depends on the picture: it cannot be trained or evaluated");
  // A file may call its probabilities "logits": what stands before them has another name then.
  const producer = (v: SourceValue) => source.nodes.find(({ outputs }) => outputs.includes(v));
  let node = producer(scores.value);
  while (node && passing.includes(node.op) && node.inputs[0]) node = producer(node.inputs[0]);
  return (node && probability.includes(node.op) && node.inputs[0]) || scores.value;
}

/** The last layer with weights on the way to the logits. */
export const headOf = (source: SourceGraph): SourceNode | undefined =>
  needed(source, [logitsOf(source)]).findLast(
    ({ op, inputs }) => recordOf(op)?.macs !== undefined && inputs.some((v) => v && source.constants.has(v)),
  );

/** Height and width of the pictures that a net states. Throws an `InputError` where it leaves them open. */
export function pictureSides({ input, preprocessing }: ClassifierNet): readonly [number, number] {
  const [y, x] = (preprocessing.layout === "NCHW" ? [2, 3] : [1, 2]).map((axis) => input.shape?.[axis]);
  if (typeof y === "number" && typeof x === "number") return [y, x];
  throw new InputError(`the net's input "${input.name}" is ${typeText(input)}: give the size of its pictures`);
}

/**
 * Adds the net behind pictures [batch, height, width, 3] (uint8, RGB).
 *
 * Throws an `InputError` where the net does not take that batch or size, or gives no [batch, classes].
 */
export const classify = (g: Builder, net: ClassifierNet, images: Value, options: ClassifyOptions = {}): Value =>
  answer(g, net, normalise(g, planes(g, images), inBytes(net.preprocessing)), options);

/** The pictures of `images` in 0…1 as a net's preprocessing begins with them: [batch, C, height, width], grey for C = 1. */
export function picturesIn(g: Builder, { preprocessing }: Pick<ClassifierNet, "preprocessing">, images: Value): Value {
  const colours = planes(g, images);
  if (channelsOf(preprocessing) === 3) return g.mul(colours, 1 / 255);
  const weights = luma.map((w) => w / 255);
  return g.op("Conv", [colours, g.numbers(weights, [1, 3, 1, 1], "float32")]);
}

/** As `classify`, behind the pictures that `picturesIn` gives. */
export const classifyPictures = (
  g: Builder,
  net: ClassifierNet,
  pictures: Value,
  options: ClassifyOptions = {},
): Value => answer(g, net, normalise(g, pictures, net.preprocessing), options);

type ClassifyOptions = Pick<SpecialiseOptions, "constants" | "emit">;

const planes = (g: Builder, images: Value): Value => g.cast(g.transpose(images, [0, 3, 1, 2]), "float32");

function answer(g: Builder, net: ClassifierNet, input: Value, options: ClassifyOptions): Value {
  const logits = logitsOf(net.source);
  const feeds = { [net.input.name]: input };
  const { values } = specialise(net.source, { ...options, into: g, feeds, outputs: [logits] });
  const value = values.get(logits)!;
  const batch = input.shape[0]!;
  const classes = sizeOf(value.shape) / batch;
  expect(
    value.shape[0] === batch && value.shape.includes(classes),
    () => `the net's output for ${batch} pictures is ${typeText(value)}: expected one row of classes for each`,
  );
  return g.reshape(value, [batch, classes]);
}

/** Shape of a batch of pictures. */
export const batchShape = (batch: number, [height, width]: readonly [number, number]): Shape => [
  batch,
  height,
  width,
  3,
];

/** The same preprocessing for pictures in 0…255. */
const inBytes = ({ range: [lo, hi], ...rest }: Preprocessing): Preprocessing => ({
  ...rest,
  range: [lo, lo + (hi - lo) / 255],
});
