/** @file Options that several verbs share, and how their values are read. */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { PresetName } from "../src/preimage/technique.ts";
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
  readonly labels?: string;
  readonly mean?: number[];
  readonly std?: number[];
  readonly range?: number[];
  readonly colour?: "RGB" | "BGR" | "grey";
  readonly layout?: "NCHW" | "NHWC";
}

/** What the model file does not say about itself. */
export const withModelFlags = (command: Command): Command =>
  command
    .option("--labels <file>", "names of the classes: text with one a line, or JSON")
    .option("--mean <numbers>", "mean of each channel of the net's input, in units of --range", numberList)
    .option("--std <numbers>", "standard deviation of each channel", numberList)
    .option("--range <low,high>", "what black and white are before mean and std, such as 0,1 or 0,255", numberList)
    .addOption(new Option("--colour <order>", "order of the channels").choices(["RGB", "BGR", "grey"]))
    .addOption(new Option("--layout <order>", "order of the axes").choices(["NCHW", "NHWC"]));

export interface SizeFlag {
  readonly size?: number;
}

export const withSize = (command: Command, what: string): Command =>
  command.option("--size <pixels>", what, wholeNumber(1, 8192));

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

export interface SeedFlag {
  readonly seed?: number;
}

export const withSeed = (command: Command, what: string): Command =>
  command.option("--seed <number>", `${what} (default: 0)`, wholeNumber(0, Number.MAX_SAFE_INTEGER));

export interface PictureFlags extends ModelFlags, SizeFlag, DeviceFlag, OutputFlags, SeedFlag {
  readonly preset?: PresetName;
  readonly steps?: number;
  readonly out?: string;
}

/** Options of all verbs that make a picture step by step. */
export function withPictureFlags(command: Command, out: string): Command {
  command
    .addOption(new Option("--preset <name>", "named set of constants").choices(["natural", "lucid"]))
    .option("--steps <number>", "steps (default: the preset's own)", wholeNumber(1, 1_000_000));
  withSize(command, "side of the picture in pixels (default: the net's own)");
  withSeed(command, "same seed, same device, same picture");
  withDevice(command);
  command.option("--out <file>", out);
  withOutput(command);
  return withModelFlags(command);
}
