/** @file A net as attributions see it: pictures in 0…1, the scores of their classes, and the feature maps of one layer. */

import { expect, InputError } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import { typeText, type Value } from "../graph/graph.ts";
import { findLayer } from "../model/address.ts";
import { type Layer, scoreLayer } from "../model/layers.ts";
import { mainLayers } from "../model/main-layers.ts";
import type { Model } from "../model/model.ts";
import { channelsOf } from "../model/preprocessing.ts";
import { meanColour, netAt, type SizedLayer } from "../preimage/net.ts";
import { asMaps, gridOf } from "../preimage/objective-maps.ts";
import { sizeOf } from "../tensor/tensor.ts";
import { pooledLayer } from "./head.ts";

/** What the net answers for rows of pictures, in a graph. */
export interface Seen {
  /** [N, K]. */
  readonly logits: Value;
  /** [N, K]; of a net that ends in Sigmoid, each class's own. */
  readonly probabilities: Value;
  /** Logit of each row's class, [N]. */
  readonly score: Value;
  /** Probability of each row's class, [N]. */
  readonly probability: Value;
  /** The layer's value, as the net has it: what a gradient is taken for. */
  readonly features?: Value | undefined;
  /** A value of the layer's shape, or its gradient, as maps [N, C, h, w]. */
  readonly maps: (value: Value) => Value;
}

export interface Explained {
  readonly name: string;
  readonly classes: number;
  readonly labels?: readonly string[] | undefined;
  /** Of one picture. */
  readonly picture: readonly [channels: number, height: number, width: number];
  /** In 0…1, one number a channel: what stands for nothing in a picture. */
  readonly meanColour: readonly number[];
  /** Whose feature maps class activation maps are made of; none of a net that has nothing with rows and columns. */
  readonly layer?: { readonly address: string; readonly size: readonly [height: number, width: number] };
  /** Whether all that follows the layer is global average pooling and a linear map. */
  readonly linearHead: boolean;
  /** Pictures in one graph, at most; as many as memory takes where it is left out. */
  readonly most?: number | undefined;
  readonly notes: readonly string[];
  /** Adds the net behind pictures [N, C, H, W] in 0…1; `target` is [N, K], 1 at each row's class and else 0. */
  readonly see: (g: Builder, images: Value, target: Value) => Seen;
}

export interface ExplainOptions {
  /** Height and width of the pictures; the net's own by default. */
  readonly size?: number | undefined;
  /** Address of the layer for class activation maps; by default the last that has rows and columns. */
  readonly layer?: string | undefined;
}

/**
 * Opens a model for attributions.
 *
 * Throws an `InputError` where the net gives no row of classes for a picture, the layer has no rows and columns, or the size
 * does not fit.
 */
export function explained(model: Model, { size, layer: named }: ExplainOptions = {}): Explained {
  const scores = scoreLayer(model);
  expect(scores, () => `${model.name} has no output that depends on the picture: there is nothing to explain`);
  const pooled = pooledLayer(model, scores);
  const placed = named === undefined ? usualLayer(model, pooled, size) : namedLayer(model, named, size);
  const wanted = [scores.value, ...(placed ? [placed.layer.value] : [])];
  const net = netAt(model, wanted, size);
  const { shape } = net.layers[0]!.value;
  const classes = sizeOf(shape);
  expect(
    classes > 1 && shape.includes(classes),
    () => `${model.name}: an attribution needs one row of two or more classes a picture, and the net gives [${shape}]`,
  );
  const axis = placed?.sized.channelAxis ?? 1;
  const grid = placed && gridOf(placed.sized.value.shape, axis);
  const sigmoid = model.layers.find(({ address }) => address === "probabilities")?.op === "Sigmoid";
  return {
    name: model.name,
    classes,
    labels: model.labels?.names,
    picture: [channelsOf(model.preprocessing), ...net.size],
    meanColour: meanColour(model),
    ...(grid && { layer: { address: placed.layer.address, size: [grid.height, grid.width] as const } }),
    linearHead: placed !== undefined && pooled === placed.layer,
    most: net.takesMany?.(wanted) === false ? 1 : undefined,
    notes: net.notes,
    see: (g, images, target) => {
      const [value, features] = net.emit(g, images, wanted);
      const n = images.shape[0]!;
      expect(sizeOf(value!.shape) === n * classes, () => `${model.name} gives ${typeText(value!)} for ${n} pictures`);
      const logits = g.reshape(value!, [n, classes]);
      const probabilities = sigmoid ? g.op("Sigmoid", [logits]) : g.op("Softmax", [logits], { axis: 1 });
      const ofClass = (v: Value): Value => g.sum(g.mul(v, target), [1], false);
      return {
        logits,
        probabilities,
        score: ofClass(logits),
        probability: ofClass(probabilities),
        features,
        maps: (v) => asMaps(g, v, axis),
      };
    },
  };
}

interface Placed {
  readonly layer: Layer;
  readonly sized: SizedLayer;
}

const placesOf = ({ value, channelAxis = 1 }: SizedLayer): number => {
  const grid = gridOf(value.shape, channelAxis);
  return grid ? grid.height * grid.width : 0;
};

/** What is pooled globally, else the last main layer of more than one place. */
function usualLayer(model: Model, pooled: Layer | undefined, size: number | undefined): Placed | undefined {
  const layers = [...(pooled ? [pooled] : []), ...mainLayers(model, Number.POSITIVE_INFINITY).reverse()];
  const sized = netAt(
    model,
    layers.map((l) => l.value),
    size,
  ).layers;
  const at = sized.findIndex((s) => placesOf(s) > 1);
  return at < 0 ? undefined : { layer: layers[at]!, sized: sized[at]! };
}

function namedLayer(model: Model, address: string, size: number | undefined): Placed {
  const layer = findLayer(model, address);
  const [sized] = netAt(model, [layer.value], size).layers;
  if (placesOf(sized!) < 1)
    throw new InputError(
      `${layer.address} is ${typeText(sized!.value)} and has no rows and columns: name a layer of feature maps ('fovea inspect' lists them)`,
    );
  return { layer, sized: sized! };
}
