/** @file The functions of the objective language: each with its arguments, its options and what it makes of a layer. */

import { expect } from "../error.ts";
import { type Address, addressText } from "../model/address.ts";
import type { Model } from "../model/model.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Objective } from "./axes.ts";
import { alignment } from "./objective-batch.ts";
import { statisticsDistance } from "./objective-batch-norm.ts";
import { diversity, style } from "./objective-gram.ts";
import { at, type LayeredObjective, type Place } from "./objective-layered.ts";
import { gridOf } from "./objective-maps.ts";
import { both, centralWindow, halfOfChannels, randomSubset } from "./objective-masks.ts";
import { borderActivity, l1, l2, variation } from "./objective-penalties.ts";
import { alike, direction, exaggerate, sameCode, wholeLayer } from "./objectives.ts";

/** An option is a number with limits, or one of some words; the default comes first. */
export type Option =
  | { readonly default: number; readonly least?: number; readonly most?: number; readonly whole?: boolean }
  | { readonly default: string; readonly words: readonly string[] };

type Options = Readonly<Record<string, Option>>;
type ValuesOf<O extends Options> = { readonly [K in keyof O]: O[K]["default"] };

/** What a call hands to its function. */
export interface Call<O extends Options = Options> {
  readonly model: Model;
  readonly address: Address;
  readonly options: ValuesOf<O>;
  /** The direction's numbers, or the layer's code of the photo; asked for when the net has its size. */
  readonly given: () => Tensor<"float32">;
}

export interface ObjectiveFunction<O extends Options = Options> {
  /** What stands between the layer and the options. */
  readonly takes?: "vector" | "photo";
  readonly options: O;
  /** What it measures, in a few words for the help. */
  readonly what: string;
  readonly make: (call: Call<O>) => LayeredObjective;
}

const define = <O extends Options>(f: ObjectiveFunction<O>): ObjectiveFunction =>
  f as unknown as ObjectiveFunction<Options>;

/** On the part of the layer that the address picks. */
const onLayer =
  (make: (place: Place) => Objective) =>
  ({ address }: Pick<Call, "address">) =>
    at(address, make);

/** The layer must have rows and columns. */
const onMaps =
  (make: (place: Place) => Objective): ((call: Pick<Call, "address">) => LayeredObjective) =>
  ({ address }) =>
    at(address, (place) => {
      expect(
        gridOf(place.shape, place.axis),
        () => `${place.name} is [${place.shape}] and has no rows and columns: choose a layer with positions`,
      );
      return make(place);
    });

/** Of the photo's code at the place that the address picks; `aim` is what of it must not be zero everywhere. */
const ofCode = (
  { address, given }: Pick<Call, "address" | "given">,
  make: (code: Tensor<"float32">, place: Place) => Objective,
  aim: (code: Tensor<"float32">, place: Place) => Float32Array = (code) => code.data,
): LayeredObjective =>
  at(address, (place) => {
    const code = place.cut(given());
    expect(
      aim(code, place).some((x) => x !== 0),
      () => `${place.name} has nothing to aim at in this photo: what counts is zero there; take another layer or photo`,
    );
    return make(code, place);
  });

const power = { default: 0, least: 0 } as const;

/** By name, in the order of the help. `interpolate(a, b)`, which takes objectives, is part of the grammar. */
export const objectiveFunctions: Readonly<Record<string, ObjectiveFunction>> = {
  dream: define({
    options: {},
    what: "mean squared activation: more of whatever the layer sees (deep dream)",
    make: onLayer(() => wholeLayer),
  }),
  direction: define({
    takes: "vector",
    options: { power },
    what: "mean over positions of the product with a vector over the channels, times max(0.1, cosine)^power",
    make: ({ address, given, options }) =>
      at(address, ({ axis }) => direction(given().data, { axis, power: options.power })),
  }),
  code: define({
    takes: "photo",
    options: {
      channels: { default: "all", words: ["all", "first", "second"] },
      window: { default: 0, least: 0, whole: true },
      subset: { default: 1, least: 0, most: 1 },
      seed: { default: 0, least: 0, whole: true },
    },
    what: "minus the squared distance to a photo's code over its squared norm (inversion); of half of the channels, a central window, or a random subset",
    make: (call) => {
      const { channels, window, subset, seed } = call.options;
      const masks = [
        ...(channels === "all" ? [] : [halfOfChannels(channels as "first" | "second")]),
        ...(window === 0 ? [] : [centralWindow(window)]),
        ...(subset === 1 ? [] : [randomSubset(subset, seed)]),
      ];
      const masked = (place: Place) => (masks.length > 0 ? both(...masks)(place) : undefined);
      return ofCode(
        call,
        (code, place) => sameCode(code, 1, masked(place)),
        (code, place) => {
          const mask = masked(place);
          return mask ? code.data.map((x, i) => x * mask.data[i]!) : code.data;
        },
      );
    },
  }),
  exaggerate: define({
    takes: "photo",
    options: {},
    what: "product with the positive part of a photo's code, 1 for the photo itself (caricature, IJCV 2016)",
    make: (call) => ofCode(call, exaggerate, (code) => code.data.map((x) => Math.max(x, 0))),
  }),
  caricature: define({
    takes: "photo",
    options: { power },
    what: "product with a photo's code times max(0.1, cosine)^power, 1 for the photo itself (Lucid)",
    make: (call) => ofCode(call, (code) => alike(code, call.options.power)),
  }),
  style: define({
    takes: "photo",
    options: {},
    what: "minus the squared distance to the Gram matrix of a photo's code: its textures, wherever they are",
    make: (call) =>
      ofCode(call, (code, { name, shape, axis }) => {
        expect(shape.length > 2, () => `${name} is [${shape}] and has no positions: textures need a layer with some`);
        return style(code, axis);
      }),
  }),
  diversity: define({
    options: {},
    what: "1 − the mean cosine between the Gram matrices of the pictures of a batch",
    make: ({ address }) => at(address, ({ axis }) => diversity(axis), { comparesPictures: true }),
  }),
  alignment: define({
    options: { decay: { default: 2, least: 1 } },
    what: "minus the squared differences between neighbouring pictures of a batch, divided by decay^distance",
    make: ({ address, options }) => at(address, () => alignment(options.decay), { comparesPictures: true }),
  }),
  l1: define({
    options: { constant: { default: 0 } },
    what: "sum of |activation − constant|",
    make: ({ address, options }) => at(address, () => l1(options.constant)),
  }),
  l2: define({
    options: { constant: { default: 0 } },
    what: "root of the sum of (activation − constant)²",
    make: ({ address, options }) => at(address, () => l2(options.constant)),
  }),
  tv: define({
    options: {},
    what: "total variation of the layer's maps: sum of absolute differences between neighbouring positions",
    make: onMaps(({ axis }) => variation(axis)),
  }),
  border: define({
    options: { width: { default: 1, least: 1, whole: true }, value: { default: 0 } },
    what: "how busy the border of the layer's maps is, and how far from value",
    make: ({ address, options }) => onMaps(({ axis }) => borderActivity({ axis, ...options }))({ address }),
  }),
  batchnorm: define({
    options: { first: { default: 1, least: 0 } },
    what: "distance from the means and variances that the batch normalisations on the way to a layer remember",
    make: ({ model, address, options }) => {
      expect(
        address.channel === undefined && address.position === undefined,
        () => `batchnorm goes up to a whole layer: write ${address.layer.address} in place of ${addressText(address)}`,
      );
      return statisticsDistance(model, address.layer, options);
    },
  }),
};
