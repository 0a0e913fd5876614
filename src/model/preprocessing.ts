/** @file From pictures to what a net was trained on: layout, colour order, range, mean and deviation, and where they come from. */

import { expect, InputError } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import type { SourceValue, Value } from "../graph/graph.ts";
import { fitCrop, type Image, imageDims, luma, makeImage, toGrey, toRgb } from "../tensor/image.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";

/** A net's input is (lo + (hi − lo) · picture − mean) / std, picture in 0…1. */
export interface Preprocessing {
  readonly layout: "NCHW" | "NHWC";
  /** Bands are channels that are no colours, as many as `mean` has numbers: of a satellite, of a depth camera. */
  readonly colour: "RGB" | "BGR" | "grey" | "bands";
  /** [lo, hi]: what black and white become before mean and deviation, mostly [0, 1] or [0, 255]. */
  readonly range: readonly [lo: number, hi: number];
  /** One number a channel in the net's own channel order, in units of `range`. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Where each part of a preprocessing may come from; the first that knows a part decides on it. */
export interface PreprocessingSources {
  readonly flags?: Partial<Preprocessing> | undefined;
  /** Parsed JSON of the `.fovea.json` file beside the model. */
  readonly sidecar?: unknown;
  /** Parsed JSON of the model's own `fovea.preprocessing`. */
  readonly metadata?: unknown;
}

const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** The preprocessing for a model's input, with the words that say where it comes from. Throws an `InputError` on nonsense. */
export function choosePreprocessing(
  input: SourceValue,
  { flags = {}, sidecar, metadata }: PreprocessingSources,
): { readonly preprocessing: Preprocessing; readonly source: string } {
  const known: readonly (readonly [string, Partial<Preprocessing>])[] = [
    ["the command's options", readPreprocessing(flags, "the options")],
    ["the .fovea.json file beside the model", readPreprocessing(sidecar, "the .fovea.json file")],
    ["the model file", readPreprocessing(metadata, "the model's fovea.preprocessing")],
  ];
  const given: Partial<Preprocessing> = Object.assign({}, ...known.map(([, part]) => part).reverse());
  const guess = guessPreprocessing(input, given);
  const merged: Preprocessing = { ...guess, ...given };
  const channels = merged.colour === "bands" ? guess.mean.length : channelsOf(merged);
  const each = (xs: readonly number[]): readonly number[] =>
    xs.length === 1 ? Array.from({ length: channels }, () => xs[0]!) : xs;
  const preprocessing: Preprocessing = { ...merged, mean: each(merged.mean), std: each(merged.std) };
  for (const key of ["mean", "std"] as const)
    expect(
      preprocessing[key].length === channels,
      () =>
        `preprocessing: ${preprocessing.colour} needs ${channels} numbers for ${key}, one number a channel, got ${preprocessing[key].length}`,
    );
  const parts = known.filter(([, part]) => Object.keys(part).length > 0).map(([where]) => where);
  const guessed = (["colour", "range", "mean", "std"] as const).filter((key) => given[key] === undefined);
  const assumed =
    channels === 3 && preprocessing.mean === guess.mean && guess.mean[0] === imageNet.mean[0]
      ? "ImageNet defaults assumed"
      : "assumed";
  if (guessed.length > 0)
    parts.push(
      `${assumed}: ${guessed.map((key) => `${key} ${text(preprocessing[key])}`).join(", ")}; say otherwise with options or a .fovea.json file`,
    );
  return { preprocessing, source: parts.join("; ") };
}

const text = (x: string | readonly number[]): string => (typeof x === "string" ? x : x.join(" "));

function guessPreprocessing(input: SourceValue, given: Partial<Preprocessing>): Preprocessing {
  const dims = input.shape ?? [];
  const isColour = (d: unknown): boolean => d === 1 || d === 3;
  const layout = given.layout ?? (dims.length === 4 && !isColour(dims[1]) && isColour(dims[3]) ? "NHWC" : "NCHW");
  const declared = dims.length === 4 ? dims[layout === "NCHW" ? 1 : 3] : undefined;
  const isBands = typeof declared === "number" && !isColour(declared);
  const colour = given.colour ?? (declared === 1 ? "grey" : isBands ? "bands" : "RGB");
  if (colour === "bands") {
    const count = typeof declared === "number" ? declared : (given.mean?.length ?? given.std?.length ?? 1);
    return { layout, colour, range: [0, 1], mean: new Array(count).fill(0), std: new Array(count).fill(1) };
  }
  if (colour === "grey") return { layout, colour, range: [0, 1], mean: [0], std: [1] };
  const range = given.range ?? [0, 1];
  const scale = (xs: readonly number[], offset: number): number[] => xs.map((x) => offset + x * (range[1] - range[0]));
  const ordered = (xs: readonly number[]): readonly number[] => (colour === "BGR" ? xs.toReversed() : xs);
  if (range[0] === 0 && range[1] === 1)
    return { layout, colour, range, mean: ordered(imageNet.mean), std: ordered(imageNet.std) };
  return { layout, colour, range, mean: ordered(scale(imageNet.mean, range[0])), std: ordered(scale(imageNet.std, 0)) };
}

/** The parts that a JSON value knows. Throws an `InputError` that names the part and `where` it stands. */
function readPreprocessing(json: unknown, where: string): Partial<Preprocessing> {
  if (json === undefined || json === null) return {};
  const fail = (key: string, expected: string): never => {
    throw new InputError(`${where}: preprocessing.${key} must be ${expected}`);
  };
  if (typeof json !== "object") throw new InputError(`${where}: preprocessing must be an object`);
  const part = json as Readonly<Record<string, unknown>>;
  const choice = <T extends string>(key: string, options: readonly T[]): { [K in string]?: T } => {
    const value = part[key];
    if (value === undefined) return {};
    const found = options.find((o) => o.toLowerCase() === String(value).toLowerCase());
    return { [key]: found ?? fail(key, `one of ${options.join(", ")}`) };
  };
  const numbers = (key: string, fits: (xs: number[]) => boolean, expected: string): { [K in string]?: number[] } => {
    const value = part[key];
    if (value === undefined) return {};
    const xs: unknown[] = Array.isArray(value) ? value : [];
    if (!xs.every((x): x is number => typeof x === "number" && Number.isFinite(x)) || !fits(xs))
      return fail(key, expected);
    return { [key]: xs };
  };
  const perChannel = (xs: number[]): boolean => xs.length > 0;
  return {
    ...choice("layout", ["NCHW", "NHWC"]),
    ...choice("colour", ["RGB", "BGR", "grey", "bands"]),
    ...numbers("range", (xs) => xs.length === 2 && xs[0] !== xs[1], "two different numbers, e.g. [0, 255]"),
    ...numbers("mean", perChannel, "one number a channel"),
    ...numbers("std", (xs) => perChannel(xs) && xs.every((x) => x !== 0), "one number a channel, none of them 0"),
  } as Partial<Preprocessing>;
}

/** Channels of the net's input. */
export const channelsOf = ({ colour, mean }: Preprocessing): number =>
  colour === "bands" ? mean.length : colour === "grey" ? 1 : 3;

/** A photo in the channels of the net's pictures: grey or in colour. Throws an `InputError` for a net that sees bands. */
export function photoFor({ colour, mean }: Preprocessing, photo: Image): Image {
  expect(
    colour !== "bands",
    () => `the net takes pictures of ${mean.length} bands, and a photo has red, green and blue: start from noise`,
  );
  return colour === "grey" ? toGrey(photo) : toRgb(photo);
}

/** x ↦ scale · x + shift for each channel of the net. */
function affine({ range: [lo, hi], mean, std }: Preprocessing): { scale: number[]; shift: number[] } {
  return { scale: std.map((s) => (hi - lo) / s), shift: mean.map((m, c) => (lo - m) / std[c]!) };
}

/**
 * The net's input from pictures [N, 3, H, W] in 0…1 (or [N, 1, H, W] for a net that takes grey), as a few nodes: one Mul
 * and one Add, or one 1×1 Conv where channels are mixed or swapped.
 */
export function normalise(g: Builder, pictures: Value, preprocessing: Preprocessing): Value {
  const { scale, shift } = affine(preprocessing);
  const { dtype, shape } = pictures;
  const channels = scale.length;
  const perChannel = (xs: number[]): Value => g.numbers(xs, [channels, 1, 1], dtype);
  const direct = ["RGB", "bands"].includes(preprocessing.colour) || (shape[1] === channels && channels === 1);
  const normal = direct
    ? g.add(g.mul(pictures, perChannel(scale)), perChannel(shift))
    : g.op("Conv", [
        pictures,
        g.numbers(mixing(preprocessing.colour, scale), [channels, 3, 1, 1], dtype),
        g.numbers(shift, [channels], dtype),
      ]);
  return preprocessing.layout === "NHWC" ? g.transpose(normal, [0, 2, 3, 1]) : normal;
}

/** Row-major [channels, 3]: each channel of the net from red, green and blue. */
const mixing = (colour: Preprocessing["colour"], scale: readonly number[]): number[] =>
  colour === "grey"
    ? luma.map((w) => w * scale[0]!)
    : scale.flatMap((s, c) => [0, 1, 2].map((from) => (from === (colour === "BGR" ? 2 - c : c) ? s : 0)));

/** A picture in 0…1 from one in the net's own numbers [C, H, W]: the way back of `normalise`, but that grey stays grey. Clamped. */
export function denormalised(image: Image, preprocessing: Preprocessing): Image {
  const { scale, shift } = affine(preprocessing);
  const [channels, height, width] = imageDims(image);
  const area = height * width;
  return makeImage(channels, height, width, (to, y, x) => {
    const c = preprocessing.colour === "BGR" ? channels - 1 - to : to;
    return Math.min(1, Math.max(0, (image.data[c * area + y * width + x]! - shift[c]!) / scale[c]!));
  });
}

/**
 * The net's input [1, C, height, width] (or [1, height, width, C]) from a picture of any size, on the host: resized until it
 * covers the input, cropped to the middle, then normalised as `normalise` does.
 */
export function prepare(
  picture: Image,
  preprocessing: Preprocessing,
  [height, width]: readonly [height: number, width: number],
): Tensor<"float32"> {
  photoFor(preprocessing, picture);
  const rgb = toRgb(fitCrop(picture, height, width)).data;
  const { scale, shift } = affine(preprocessing);
  const channels = scale.length;
  const mix = mixing(preprocessing.colour, scale);
  const area = height * width;
  const out = new Float32Array(channels * area);
  for (let c = 0; c < channels; c++)
    for (let p = 0; p < area; p++) {
      const x = mix[3 * c]! * rgb[p]! + mix[3 * c + 1]! * rgb[area + p]! + mix[3 * c + 2]! * rgb[2 * area + p]!;
      out[preprocessing.layout === "NCHW" ? c * area + p : p * channels + c] = x + shift[c]!;
    }
  return tensor(
    "float32",
    preprocessing.layout === "NCHW" ? [1, channels, height, width] : [1, height, width, channels],
    out,
  );
}
