/** @file `fovea gradcheck`: compares a net's gradient with central differences. */

import type { Command } from "commander";
import { gradcheck as checkGradient, type Gradcheck } from "../src/model/gradcheck.ts";
import { mainLayers } from "../src/model/main-layers.ts";
import { Ending } from "./exit.ts";
import { readModelFile, splitModel, wholeAddress } from "./input.ts";
import { type NetFlags, type SeedFlag, type SizeFlag, withNetFlags, withSeed, withSize } from "./options.ts";
import { printJson, say } from "./say.ts";
import { digits, table } from "./table.ts";

type Flags = NetFlags & SizeFlag & SeedFlag;

const help = `
Without an address, the sums of a few main layers are checked. A failed check names the first layer that is wrong.
Exit code 1 when a check fails.

Examples:
  fovea gradcheck net.onnx
  fovea gradcheck net.onnx logits:17 layer3.1 --seed 2`;

export const define = (command: Command): Command => {
  command.usage("[options] [model] [address...]").argument("[arguments...]", "an .onnx file, then addresses");
  withSize(command, "side of the input in pixels, where the file leaves it open (default: 224)");
  withSeed(command, "for the picture and the directions");
  return withNetFlags(command).addHelpText("after", help).action(gradcheck);
};

async function gradcheck(args: string[], { size, seed = 0, device, ...flags }: Flags): Promise<void> {
  const [file, ...given] = splitModel(args, flags);
  const { value: model } = await readModelFile(file, flags);
  const addresses =
    given.length > 0
      ? given.map((text) => wholeAddress(model, text))
      : mainLayers(model, 4).map((layer) => layer.address);
  const checks: Gradcheck[] = [];
  for (const address of addresses) {
    if (!flags.quiet) say(`checking ${address} …`);
    checks.push(await checkGradient(model, address, { size, seed, ...(device && { device }) }));
  }
  const passed = checks.every((check) => check.passed);
  if (flags.json) printJson({ passed, checks });
  else process.stdout.write(`${table(columns, checks.map(row))}\n`);
  if (!passed) throw new Ending(1);
}

const columns = [
  { title: "address", max: 44 },
  { title: "directions", align: "right" },
  { title: "largest error", align: "right" },
  { title: "tolerance", align: "right" },
  { title: "precision" },
  { title: "result" },
] as const;

const row = ({ address, directions, tolerance, precision, passed, firstDisagreement }: Gradcheck): string[] => [
  address,
  String(directions.length),
  digits(Math.max(...directions.map((d) => d.relativeError))),
  digits(tolerance),
  precision,
  passed ? "pass" : `FAIL${firstDisagreement ? `, first at ${firstDisagreement}` : ""}`,
];
