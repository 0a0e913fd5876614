/** @file `fovea grad`: the gradient of a unit's activation for a raw input, from .npy to .npy. */

import type { Command } from "commander";
import { InputError } from "../src/error.ts";
import { typeText } from "../src/graph/graph.ts";
import type { Model } from "../src/model/model.ts";
import { inputGradient } from "../src/model/unit.ts";
import { readNpy, writeNpy } from "../src/tensor/npy.ts";
import type { Tensor } from "../src/tensor/tensor.ts";
import { checkWritable, readInput, safeName, stem, writeOutput } from "./files.ts";
import { readModelFile, splitModel } from "./input.ts";
import { type NetFlags, withNetFlags } from "./options.ts";
import { printJson, say } from "./say.ts";
import { digits } from "./table.ts";

interface Flags extends NetFlags {
  readonly input: string;
  readonly of: string;
  readonly out?: string;
}

const help = `
The input goes to the net as it is: no resizing, no mean, no deviation. Without a position the activation is summed over
all of them. The gradient is float32, of the input's shape.

Example:
  fovea grad net.onnx --input in.npy --of logits:17 --out g.npy`;

export const define = (command: Command): Command => {
  command
    .usage("[options] [model] --input <file> --of <address>")
    .argument("[model...]", "an .onnx file")
    .requiredOption("--input <file>", "the net's input as .npy; other types are cast to the net's")
    .requiredOption("--of <address>", "unit: layer, layer:channel, layer:channel@y,x, or logits:label")
    .option("--out <file>", "the gradient as .npy (default: named after model and address)");
  return withNetFlags(command).addHelpText("after", help).action(grad);
};

async function grad(args: string[], flags: Flags): Promise<void> {
  const [file, ...more] = splitModel(args, flags);
  if (more.length > 0) throw new InputError(`expected one model, got ${args.length}: the unit goes behind --of`);
  const out = flags.out ?? `${safeName(stem(file))}-grad-${safeName(flags.of)}.npy`;
  checkWritable(out, [file, flags.input]);
  const { value: model } = await readModelFile(file, flags);
  const input = readArray(flags.input);
  expectFit(model, input, flags.input);
  const { gradient, value, address, device, notes } = await inputGradient(
    model,
    flags.of,
    input,
    flags.device ? { device: flags.device } : {},
  );
  writeOutput(out, writeNpy(gradient));
  const norm = Math.sqrt(gradient.data.reduce((sum, x) => sum + x * x, 0));
  if (flags.json) printJson({ out, address, activation: value, norm, shape: gradient.dims, device, notes });
  if (flags.quiet) return;
  say(`${address} is ${digits(value)}, its gradient [${gradient.dims.join(", ")}] has norm ${digits(norm)}: ${out}`);
  for (const note of notes) say(`Note: ${note}.`);
}

function readArray(path: string): Tensor {
  const bytes = readInput(path, "input");
  try {
    return readNpy(bytes);
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`the input '${path}': ${error.message}`);
    throw error;
  }
}

/** Throws `InputError` unless the array fits all dimensions that the model's file fixes. */
function expectFit({ input }: Model, { dims }: Tensor, path: string): void {
  const { shape } = input;
  const fits =
    !shape ||
    (shape.length === dims.length && shape.every((d, i) => (typeof d === "number" ? d === dims[i] : dims[i]! > 0)));
  if (!fits)
    throw new InputError(
      `the input '${path}' has the shape [${dims.join(",")}], but the model's input '${input.name}' is ${typeText(input)}: give an array of that shape`,
    );
}
