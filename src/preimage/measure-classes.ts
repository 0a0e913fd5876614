/** @file What a net says that pictures are, and what an independent judge with the same classes says. */

import { expect, InputError } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import { emptyGraph, type Graph, type Value } from "../graph/graph.ts";
import { classesNamed } from "../model/labels.ts";
import type { Layer } from "../model/layers.ts";
import type { Model } from "../model/model.ts";
import { channelsOf } from "../model/preprocessing.ts";
import { builderOf } from "../ops/builder.ts";
import { type CompileOptions, compile, type Program } from "../runtime/compile.ts";
import { type Image, toRgb } from "../tensor/image.ts";
import { sizeOf, Tensor, toNumbers } from "../tensor/tensor.ts";
import { netAt, resized } from "./net.ts";

/** Probabilities of all classes, 0…1, in the order of the classes. */
export type Probabilities = readonly number[];

/**
 * Each picture's class probabilities, as the net gives them, or the softmax of its logits. Pictures ([C, H, W] in 0…1, of
 * any size) are cropped to the net's shape and resized to its own size in the graph; for nets that leave their size open,
 * 224.
 *
 * Throws an `InputError` for a net without an output for classes.
 */
export async function classProbabilities(
  model: Model,
  images: readonly Image[],
  options: CompileOptions = {},
): Promise<Probabilities[]> {
  const programs = new Map<string, Program>();
  try {
    const out: Probabilities[] = [];
    for (const picture of images) {
      const isGrey = picture.dims[0] === 1 && channelsOf(model.preprocessing) === 1;
      const image = isGrey ? picture : toRgb(picture);
      const key = image.dims.join();
      const program = programs.get(key) ?? (await compile(classGraph(model, image.dims), options));
      programs.set(key, program);
      const input = new Tensor("float32", [1, ...image.dims], image.bytes);
      const answer = toNumbers((await program.run({ image: input })).probabilities!);
      expect(
        answer.every(Number.isFinite),
        () => `${model.name}: its answers are NaN: its weights or preprocessing are wrong`,
      );
      out.push(answer);
    }
    return out;
  } finally {
    for (const program of programs.values()) await program.dispose();
  }
}

/** `image` [1, C, H, W] in 0…1 → `probabilities` [classes]. */
function classGraph(model: Model, dims: readonly number[]): Graph {
  const { layer, ready } = classLayer(model);
  const net = netAt(model, [layer.value]);
  const g = builderOf(emptyGraph("classes"));
  const image = g.input("image", "float32", [1, ...dims]);
  const [answer] = net.emit(g, fitted(g, image, net.size), [layer.value]);
  const flat = g.reshape(answer!, [sizeOf(answer!.shape)]);
  g.output(ready ? flat : g.op("Softmax", [flat], { axis: 0 }), "probabilities");
  return g.graph;
}

/** What the classes are read from, and whether it holds probabilities already. */
function classLayer({ name, layers }: Model): { readonly layer: Layer; readonly ready: boolean } {
  const called = (address: string): Layer | undefined => layers.find((layer) => layer.address === address);
  const probabilities = called("probabilities");
  if (probabilities && probabilities.op !== "LogSoftmax") return { layer: probabilities, ready: true };
  const logits = called("logits");
  if (!logits) throw new InputError(`${name} has no output for classes: expected a classifier`);
  return { layer: logits, ready: false };
}

/** The middle of the picture, of the net's shape, at the net's size. */
function fitted(g: Builder, image: Value, [height, width]: readonly [number, number]): Value {
  const [, , h, w] = image.shape as [number, number, number, number];
  if (h === height && w === width) return image;
  const scale = Math.min(h / height, w / width);
  const [rows, columns] = [height, width].map((n) => Math.max(1, Math.round(n * scale))) as [number, number];
  const [top, left] = [Math.floor((h - rows) / 2), Math.floor((w - columns) / 2)];
  const middle =
    rows === h && columns === w ? image : g.slice(image, [2, 3], [top, left], [top + rows, left + columns]);
  return resized(g, middle, [height, width]);
}

/**
 * The judge's class for each class of the net, by name: case, `_`, `-` and comma-separated synonyms do not count; classes
 * of one name are paired in their order.
 *
 * Throws an `InputError` where one of the nets has no labels, or a class of one is none of the other's, naming them.
 *
 * @param task What the second net is for, for the error.
 */
export function matchLabels(net: Model, judge: Model, task = "judge"): number[] {
  const [ours, theirs] = [net, judge].map(({ name, labels }) => {
    expect(labels, () => `${name}: its classes have no names, so nets cannot be compared: give its labels`);
    return labels.names;
  }) as [readonly string[], readonly string[]];
  const free = new Set(theirs.keys());
  const missing: string[] = [];
  const pairs = ours.map((name, i) => {
    const found = theirs[i] === name && free.has(i) ? i : namesakes(theirs, name).find((j) => free.has(j));
    if (found === undefined) missing.push(name);
    else free.delete(found);
    return found ?? -1;
  });
  const extra = [...free].map((j) => theirs[j]!);
  if (missing.length > 0 || extra.length > 0) {
    const differences = [
      ...(missing.length > 0 ? [`it does not know ${shown(missing)}`] : []),
      ...(extra.length > 0 ? [`it has ${shown(extra)} besides`] : []),
    ];
    throw new InputError(
      `${judge.name} cannot ${task} ${net.name}: ${differences.join(", and ")}: expected a net with the same ${ours.length} classes`,
    );
  }
  return pairs;
}

/** Classes that the name or one of its synonyms means, or whose own synonyms do. */
function namesakes(names: readonly string[], name: string): number[] {
  const direct = classesNamed(names, name);
  return direct.length > 0 ? direct : names.flatMap((other, j) => (classesNamed([name], other).length > 0 ? [j] : []));
}

const shown = (names: readonly string[]): string =>
  `${names
    .slice(0, 4)
    .map((name) => `"${name}"`)
    .join(", ")}${names.length > 4 ? ` and ${names.length - 4} more` : ""}`;

/**
 * What an independent net says of pictures, in the order of `net`'s classes: transfer is what tells a class's look from
 * one net's quirks. Size and preprocessing are the judge's own.
 *
 * Throws an `InputError` for a judge with other classes, as `matchLabels` does, or with more or fewer than it has names.
 */
export async function judge(
  net: Model,
  judgeModel: Model,
  images: readonly Image[],
  options: CompileOptions = {},
): Promise<Probabilities[]> {
  const pairs = matchLabels(net, judgeModel);
  const answers = await classProbabilities(judgeModel, images, options);
  for (const { length } of answers)
    expect(
      length === pairs.length,
      () =>
        `${judgeModel.name} has ${length} classes, but names for ${pairs.length}: give it the labels it was trained with`,
    );
  return answers.map((probabilities) => pairs.map((j) => probabilities[j]!));
}

/** How a class fares in a net's answer. */
export interface Standing {
  /** 0…1. */
  readonly probability: number;
  /** 1 for the net's first answer. */
  readonly rank: number;
}

/** Of equally probable classes the best rank counts. */
export const standing = (answer: Probabilities, target: number): Standing => ({
  probability: answer[target]!,
  rank: 1 + answer.filter((p) => p > answer[target]!).length,
});

/** Whether a photo and its pre-image are the same to a net. */
export interface Agreement {
  /** The first answer is the same. */
  readonly agrees: boolean;
  /** The net's first answer for the photo. */
  readonly target: number;
  /** Probability of that class for the photo and for the picture. */
  readonly photo: number;
  readonly picture: number;
}

/** The same-net top-1 agreement of Mahendran & Vedaldi, IJCV 2016, for one photo, from answers of one net. */
export function agreement(photo: Probabilities, picture: Probabilities): Agreement {
  const first = (answer: Probabilities): number => answer.indexOf(Math.max(...answer));
  const target = first(photo);
  return { agrees: first(picture) === target, target, photo: photo[target]!, picture: picture[target]! };
}
