/** @file A model as pre-images see it: behind pictures in 0…1, of the size that is asked for, without what it needs not. */

import { expect, InputError } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import type { SourceValue, Value } from "../graph/graph.ts";
import { layerNodes } from "../model/layers.ts";
import type { Model } from "../model/model.ts";
import { channelsOf, normalise } from "../model/preprocessing.ts";
import { type Reaches, reaches } from "../model/receptive-field.ts";
import { spatialAxes } from "../model/size.ts";
import { channelAxisOf, inputAxis } from "../model/unit.ts";
import { expectGoodWeights } from "../model/weights.ts";
import { builderOf } from "../ops/builder.ts";
import { type Specialised, specialise } from "../passes/specialise.ts";
import { resampleMatrix } from "../tensor/resample.ts";
import type { Net } from "./axes.ts";
import { rebatched } from "./rebatch.ts";

/** A layer at the size of the pictures. */
export interface SizedLayer {
  /** Element type and shape for one picture. */
  readonly value: Value;
  readonly channelAxis: number | undefined;
  /** Pixels between what neighbouring positions look at; of a layer that sees all, that of the last one that does not. */
  readonly stride: number;
  /** Side, in pixels, of what one position sees; at most the picture's. */
  readonly receptiveField: number;
  /** Along each axis of `value`, in pixels of the picture. */
  readonly reach: Reaches;
}

export interface SizedNet extends Net {
  /** What the wanted layers look like, in their order. */
  readonly layers: readonly SizedLayer[];
  /** Height and width of the pictures. */
  readonly size: readonly [number, number];
  /** What should be said about the size. */
  readonly notes: readonly string[];
}

/** Where neither the user nor the file says one. */
const USUAL_SIZE = 224;

/** A side, or height and width, in pixels. */
export type Size = number | readonly [number, number];

/** Largest side of a picture: what its transforms into frequencies are made of must go into an ONNX file, which ends at 2 GB. */
export const LARGEST_SIDE = 8192;

/** Height and width of the pictures: as asked for, else the net's own, else 224. Throws `InputError` for sizes that are none. */
export function pictureSize(model: Model, asked?: Size): readonly [number, number] {
  if (asked !== undefined) {
    const sides: readonly [number, number] = typeof asked === "number" ? [asked, asked] : asked;
    for (const side of sides)
      expect(
        Number.isSafeInteger(side) && side > 0 && side <= LARGEST_SIDE,
        () => `size: expected a whole number from 1 to ${LARGEST_SIDE}, got ${side}`,
      );
    return sides;
  }
  const [y, x] = spatialAxes(model).map((axis) => model.input.shape?.[axis]);
  return [typeof y === "number" ? y : USUAL_SIZE, typeof x === "number" ? x : USUAL_SIZE];
}

/**
 * The model behind pictures [N,C,H,W] in 0…1. A net that only works at the size its file states gets the picture resized
 * to that, inside the graph, and a note says so.
 *
 * Throws `InputError` where the layers cannot be computed at the size, or not at all, or from weights that are NaN.
 */
export function netAt(model: Model, layers: readonly SourceValue[], asked?: Size): SizedNet {
  const size = pictureSize(model, asked);
  const own = pictureSize(model);
  const channels = channelsOf(model.preprocessing);
  const build = (inner?: readonly [number, number]): Omit<SizedNet, "size" | "notes"> => {
    const enter = (g: Builder, image: Value): Value =>
      normalise(g, inner ? resized(g, image, inner) : image, model.preprocessing);
    const pass = (
      g: Builder,
      input: Value,
      outputs: readonly SourceValue[],
      single?: Specialised["values"],
    ): Specialised["values"] =>
      specialise(model.source, {
        into: g,
        feeds: { [model.input.name]: input },
        outputs,
        float: "float32",
        ...(single && { emit: rebatched(g, input.shape[0]!, single) }),
      }).values;
    // A trial run on paper: shapes that do not fit show here.
    const g = builderOf();
    const input = enter(g, g.input("image", "float32", [1, channels, ...size]));
    const values = pass(g, input, layers);
    expectGoodWeights(g.graph.constants);
    const nodes = layerNodes(model.source).filter((node) => node.outputs.some((v) => v && values.has(v)));
    const reach = reaches({ source: model.source, values }, nodes, model.input, spatialAxes(model));
    const side = Math.min(...size);
    // Pixels of the picture for one of the net's input.
    const zoom = inner ? side / Math.min(...inner) : 1;
    /** The layers for pictures, all in one pass where the net can do that. */
    const together = (target: Builder, image: Value, wanted: readonly SourceValue[]): readonly Value[] => {
      const found = pass(target, enter(target, image), wanted, image.shape[0] === 1 ? undefined : values);
      return wanted.map((layer) => found.get(layer)!);
    };
    const takesMany = (wanted: readonly SourceValue[]): boolean => {
      const g = builderOf();
      try {
        const found = together(g, g.input("image", "float32", [2, channels, ...size]), wanted);
        return wanted.every((layer, i) => {
          // A first axis that counts more than pictures may hold them in any order.
          const [first, ...rest] = values.get(layer)?.shape ?? [1, ...found[i]!.shape.slice(1)];
          return first === 1 && found[i]!.shape.join() === [2, ...rest].join();
        });
      } catch (error) {
        if (error instanceof InputError) return false;
        throw error;
      }
    };
    return {
      emit: (target, image, wanted) => {
        const [pictures] = image.shape as [number];
        if (pictures === 1 || takesMany(wanted)) return together(target, image, wanted);
        const each = target
          .ops("Split", [image, target.ints(new Array(pictures).fill(1))], { axis: 0 }, pictures)
          .map((one) => together(target, one, wanted));
        return wanted.map((_, i) =>
          target.concat(
            each.map((found) => found[i]!),
            0,
          ),
        );
      },
      takesMany,
      layers: layers.map((layer) => {
        const value = values.get(layer)!;
        const own = reach.get(layer)?.find((r) => r !== null);
        return {
          value,
          channelAxis: channelAxisOf(g, input, inputAxis(model), value),
          stride: zoom * (own?.stride ?? Math.max(1, ...[...reach.values()].flat().map((r) => r?.stride ?? 1))),
          receptiveField: Math.min(zoom * (own?.field ?? side), side),
          reach: enlarged(reach.get(layer) ?? [], inner ? size.map((n, i) => n / inner[i]!) : [1, 1]),
        };
      }),
    };
  };
  const attempt = (inner?: readonly [number, number]): ReturnType<typeof build> | InputError => {
    try {
      return build(inner);
    } catch (error) {
      if (error instanceof InputError) return error;
      throw error;
    }
  };
  const plain = attempt();
  if (!(plain instanceof InputError)) return { size, notes: [], ...plain };
  const [asks, works] = [size.join("×"), own.join("×")];
  const within = asks === works ? plain : attempt(own);
  // What is wrong at the file's own size, or the same at either, is not the size.
  if (within instanceof InputError && (statesSize(model) || within.message === plain.message)) throw within;
  if (within instanceof InputError || !statesSize(model))
    throw new InputError(
      `a picture of ${asks} does not fit this net (${plain.message}): ${within instanceof InputError ? "choose another size" : `${works} works`}`,
    );
  return {
    size,
    notes: [`the net does not take ${asks}: the picture is resized to the ${works} of its file`],
    ...within,
  };
}

const statesSize = (model: Model): boolean =>
  spatialAxes(model).every((axis) => typeof model.input.shape?.[axis] === "number");

/** In pixels that are so much smaller along y and x. */
function enlarged(reach: Reaches, zooms: readonly number[]): Reaches {
  let at = 0;
  return reach.map((r) => {
    const z = r ? (zooms[at++] ?? 1) : 1;
    return r && { stride: z * r.stride, field: z * r.field, start: z * r.start };
  });
}

/** Linear, antialiased where it shrinks; Ry · image · Rxᵀ. */
export function resized(g: Builder, image: Value, [height, width]: readonly [number, number]): Value {
  const [, , h, w] = image.shape as [number, number, number, number];
  const ry = g.numbers(resampleMatrix(height, h, { antialias: true }), [height, h], image.dtype);
  const rx = g.numbers(resampleMatrix(width, w, { antialias: true }), [width, w], image.dtype);
  return g.matmul(g.matmul(ry, image), g.transpose(rx, [1, 0]));
}

/**
 * The net's mean colour in 0…1, one number a channel of its pictures. A net that subtracts none says nothing about its
 * photos: then mid-grey.
 */
export function meanColour({ preprocessing }: Model): readonly number[] {
  const [lo, hi] = preprocessing.range;
  if (preprocessing.mean.every((m) => m === 0)) return preprocessing.mean.map(() => 0.5);
  const mean = preprocessing.mean.map((m) => (m - lo) / (hi - lo));
  return preprocessing.colour === "BGR" ? mean.reverse() : mean;
}
