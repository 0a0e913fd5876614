/** @file `fovea inspect`: a net's layers with their addresses, shapes, costs and receptive fields. */

import type { Command } from "commander";
import { InputError } from "../src/error.ts";
import { typeText } from "../src/graph/graph.ts";
import { type Inspection, inspect as inspectModel, type LayerInfo } from "../src/model/inspect.ts";
import { levelValues } from "../src/model/levels.ts";
import { readModelFile, splitModel } from "./input.ts";
import { type ModelFlags, type SizeFlag, withModelFlags, withSize } from "./options.ts";
import { printJson } from "./say.ts";
import { short, table } from "./table.ts";

interface Flags extends ModelFlags, SizeFlag {
  readonly json?: boolean;
}

const help = `
Addresses name layers in all other verbs; any unique end of one will do, and so do the names in the file.

Examples:
  fovea inspect net.onnx
  fovea inspect net.onnx --size 128 --json`;

export const define = (command: Command): Command =>
  withModelFlags(
    withSize(
      command
        .usage("[options] [model]")
        .argument("[model...]", "an .onnx file")
        .option("--json", "print everything as JSON"),
      "side of the input in pixels, where the file leaves it open (default: 224)",
    ),
  )
    .addHelpText("after", help)
    .action(inspect);

async function inspect(args: string[], flags: Flags): Promise<void> {
  const [file, ...more] = splitModel(args, flags);
  if (more.length > 0) throw new InputError(`expected one model, got ${args.length} arguments`);
  const { value: model } = await readModelFile(file, { ...flags, quiet: true });
  const found = await inspectModel(model, { size: flags.size });
  const names = new Set(levelValues(model).map(({ name }) => name));
  const levels = found.layers.filter(({ address }) => names.has(address));
  if (flags.json) printJson({ ...found, levels: levels.map(({ address, shape }) => ({ address, shape })) });
  else process.stdout.write(`${text(found, levels)}\n`);
}

function text(found: Inspection, levels: readonly LayerInfo[]): string {
  const { preprocessing, labels, totals, unsupported, warnings } = found;
  const port = ({ name, dtype, shape }: Inspection["inputs"][number]): string =>
    `${name} ${typeText({ dtype: dtype ?? undefined, shape: shape ?? undefined })}`;
  const { layout, colour, range, mean, std } = preprocessing;
  return [
    `${found.name}: opset ${found.opset}, ${short(totals.params)} parameters, ${short(totals.macs)} multiply-accumulates`,
    `in     ${found.inputs.map(port).join(", ")}`,
    `out    ${found.outputs.map(port).join(", ")}`,
    `input  ${layout}, ${colour}, black to white ${range.join(" to ")}, mean ${mean.join(" ")}, std ${std.join(" ")}`,
    `       (${preprocessing.source})`,
    `labels ${labels ? `${labels.count}, from ${labels.source}` : "unknown: --labels FILE names the classes"}`,
    ...(levels.length > 0
      ? [`levels ${levels.map(({ address, shape }) => `${address} ${shape?.slice(1).join("×") ?? "?"}`).join(", ")}`]
      : []),
    "",
    table(columns, found.layers.map(row)),
    ...warnings.map((warning) => `\nNote: ${warning}.`),
    unsupported.length > 0 ? "\nUnsupported, so that what depends on it cannot be asked about:" : "",
    ...unsupported.map(({ node, op, reason }) => `  ${op} '${node}': ${reason}`),
  ]
    .join("\n")
    .trimEnd();
}

const columns = [
  { title: "address", max: 44 },
  { title: "operator", max: 24 },
  { title: "shape" },
  { title: "params", align: "right" },
  { title: "macs", align: "right" },
  { title: "stride", align: "right" },
  { title: "sees", align: "right" },
] as const;

const row = (layer: LayerInfo): string[] => [
  layer.address,
  layer.op,
  shapeText(layer),
  short(layer.params),
  short(layer.macs),
  sides(layer.stride),
  sides(layer.receptiveField),
];

/** `1×17×8 (1+4×4)`: in tokens, one in front of a grid. */
const shapeText = ({ shape, tokens }: LayerInfo): string => {
  if (!shape) return "?";
  if (!tokens) return shape.join("×");
  const { before, side } = tokens;
  return `${shape.join("×")} (${before > 0 ? `${before}+` : ""}${side}×${side})`;
};

const sides = (x: LayerInfo["stride"]): string => (x === null ? "-" : typeof x === "number" ? String(x) : x.join("×"));
