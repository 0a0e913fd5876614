/** @file Options that several verbs share, and how their values are read. */

import { type Command, InvalidArgumentError, Option } from "commander";
import { scheduleNames } from "../src/optimise/schedule.ts";
import { optimisers } from "../src/preimage/choices/optimisers.ts";
import { alphas, parametrisations } from "../src/preimage/choices/parametrisations.ts";
import { regularisers } from "../src/preimage/choices/regularisers.ts";
import { transforms } from "../src/preimage/choices/transforms.ts";
import { LARGEST_SIDE } from "../src/preimage/net.ts";
import { presetNames } from "../src/preimage/presets.ts";
import type { Device } from "../src/runtime/backend.ts";

/** Reads a whole number from `low` to `high`. */
export const wholeNumber =
  (low: number, high: number) =>
  (text: string): number => {
    const x = Number(text);
    if (!/^\d+$/.test(text) || x < low || x > high)
      throw new InvalidArgumentError(`Expected a whole number from ${low} to ${high}.`);
    return x;
  };

/** Reads a number above 0. */
export const positiveNumber = (text: string): number => {
  const x = Number(text);
  if (!(x > 0 && Number.isFinite(x))) throw new InvalidArgumentError("Expected a number above 0.");
  return x;
};

/** Reads `0.5,0.5,0.5`, with commas or spaces. */
const numberList = (text: string): number[] => {
  const words = text.split(/[\s,]+/).filter(Boolean);
  const xs = words.map(Number);
  if (xs.length === 0 || !xs.every(Number.isFinite))
    throw new InvalidArgumentError("Expected numbers with commas between them, such as 0.5,0.5,0.5.");
  return xs;
};

export interface ModelFlags {
  readonly model?: string;
  readonly labels?: string;
  readonly mean?: number[];
  readonly std?: number[];
  readonly range?: number[];
  readonly colour?: "RGB" | "BGR" | "grey" | "bands";
  readonly layout?: "NCHW" | "NHWC";
  readonly level?: number;
}

/** What the model file does not say about itself, and what part of the net is looked at. */
export const withModelFlags = (command: Command): Command =>
  command
    .option("--model <name>", "a net that ships or an .onnx file, in place of the first argument (default: flowers18)")
    .option("--labels <file>", "names of the classes: text with one a line, or JSON")
    .option("--mean <numbers>", "mean of each channel of the net's input, in units of --range", numberList)
    .option("--std <numbers>", "standard deviation of each channel", numberList)
    .option("--range <low,high>", "what black and white are before mean and std, such as 0,1 or 0,255", numberList)
    .addOption(new Option("--colour <order>", "order of the channels").choices(["RGB", "BGR", "grey", "bands"]))
    .addOption(new Option("--layout <order>", "order of the axes").choices(["NCHW", "NHWC"]))
    .option("--level <number>", "of a top-down net: act through this level alone, 1 the coarsest", wholeNumber(1, 64));

export interface SizeFlag {
  readonly size?: number;
}

export const withSize = (command: Command, what: string, read = wholeNumber(1, LARGEST_SIDE)): Command =>
  command.option("--size <pixels>", what, read);

/** Reads the side of a picture to be made. Of one that is too large, the technique says what would fit. */
export const pictureSide = (text: string): number =>
  /^\d{4,}$/.test(text) ? Number(text) : wholeNumber(1, LARGEST_SIDE)(text);

export interface DeviceFlag {
  readonly device?: Device;
}

export const withDevice = (command: Command): Command =>
  command.addOption(
    new Option("--device <name>", "where to compute; auto takes the best that works (default: auto)").choices([
      "auto",
      "cpu",
      "webgpu",
      "cuda",
      "wasm",
    ]),
  );

export interface OutputFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export const withOutput = (command: Command): Command =>
  command.option("--json", "print the numbers as JSON").option("--quiet", "no words and no progress on stderr");

/** What all verbs take that compute with a net. */
export type NetFlags = ModelFlags & DeviceFlag & OutputFlags;

export const withNetFlags = (command: Command): Command => withModelFlags(withOutput(withDevice(command)));

export interface SeedFlag {
  readonly seed?: number;
}

export const withSeed = (command: Command, what: string): Command =>
  command.option("--seed <number>", `${what} (default: 0)`, wholeNumber(0, Number.MAX_SAFE_INTEGER));

export interface PictureFlags extends NetFlags, SizeFlag, SeedFlag {
  readonly preset?: string;
  readonly steps?: number;
  readonly restarts?: number;
  readonly batch?: number;
  readonly parametrisation?: string;
  readonly transforms?: string;
  readonly regularisers?: string;
  readonly optimiser?: string;
  readonly schedule?: string;
  readonly transparent?: boolean;
  readonly anchor?: string;
  readonly start?: string;
  readonly spectrum?: string;
  readonly with?: string[];
  readonly resume?: string;
  readonly state?: boolean;
  readonly snapshots?: number;
  readonly animate?: string;
  readonly out?: string;
  readonly judge?: string;
  readonly photos?: string;
  readonly report?: string | true;
}

/** Options of all verbs that make a picture step by step. */
export function withPictureFlags(command: Command, out: string): Command {
  const count = (what: string) => [what, wholeNumber(1, 1_000_000)] as const;
  command
    .option("--preset <name>", `${presetNames.join(", ")}, or a JSON file that changes one`)
    .option("--steps <number>", ...count("steps (default: the preset's own)"));
  withSize(command, "side of the picture in pixels (default: the net's own)", pictureSide);
  withSeed(command, "same seed, same device, same picture");
  command
    .option("--restarts <number>", ...count("pictures from this seed and those that follow; the best is kept"))
    .option("--batch <number>", ...count("pictures at once (default: what half of the memory takes, at most 8)"))
    .option(
      "--parametrisation <name>",
      `${listOf(parametrisations)}, in place of the preset's; with ,${listOf(alphas)} for a picture with opacity`,
    )
    .option("--transforms <list>", `${listOf(transforms)}; or none`)
    .option("--regularisers <list>", `${listOf(regularisers)}; or none`)
    .option("--optimiser <name>", listOf(optimisers))
    .addOption(new Option("--schedule <name>", "what becomes of the length of its steps").choices(scheduleNames))
    .option("--transparent", "opacity from where the objective pulled at the picture")
    .option("--start <file>", "start from a photo, or from another picture's state")
    .option("--spectrum <file>", "spectrum of photos for maco, as JSON (default: of flowers)")
    .option("--with <name=file...>", "photos and directions (.npy) that an objective names")
    .option("--resume <file>", "go on with a saved state, to --steps in all")
    .option("--state", "save where the picture stands beside it, as .safetensors")
    .option("--snapshots <steps>", ...count("a picture every so many steps, beside it"))
    .option("--animate <file>", "an animation of the steps, .webp or .gif");
  withDevice(command);
  command.option("--out <file>", out);
  withNumbers(command);
  withOutput(command);
  return withModelFlags(command);
}

/** What a picture is measured with, and the page of its numbers. */
export const withNumbers = (command: Command): Command =>
  command
    .option("--judge <net>", "another net with the same classes, or none (default: the one that ships, where it fits)")
    .option("--report [file]", "a page of the picture and its numbers (default: named after the picture)");

/** For verbs that make no sheets. */
export const withPhotos = (command: Command): Command =>
  command.option("--photos <folder>", "photos that the picture's numbers are compared with");

/** `pad:pixels:grey, jitter:pixels` */
const listOf = (table: Readonly<Record<string, { readonly arguments: object }>>): string =>
  Object.entries(table)
    .map(([name, { arguments: takes }]) => [name, ...Object.keys(takes)].join(":"))
    .join(", ");
