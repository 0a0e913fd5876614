/** @file `fovea train`: trains a net on labelled pictures, in a folder in which it can be stopped and go on. */

import { basename, resolve } from "node:path";
import { type Command, Option } from "commander";
import { InputError } from "../src/error.ts";
import { Ending } from "./exit.ts";
import { safeName, stem } from "./files.ts";
import { type OutputFlags, withOutput } from "./options.ts";
import { printJson, say } from "./say.ts";
import { readSettings, withSettings } from "./setting.ts";
import { stopSignal } from "./stop.ts";
import { type Given, readConfig, resolved, settings } from "./train-config.ts";
import { earlierConfig, expectSameConfig, runFolder } from "./train-folder.ts";
import { lock } from "./train-lock.ts";
import { type Outcome, trainIn } from "./train-run.ts";

interface Flags extends Given, OutputFlags {
  readonly config?: string;
  readonly printConfig?: boolean;
  readonly out?: string;
}

const help = `
Settings come from the flags, else from --config (JSON, the flags' names in camel case), else from the defaults. The
folder gets model.onnx, a report, metrics.jsonl, TensorBoard events and a checkpoint. A run that was stopped or killed
goes on when it is started again with the same --out; on one processor and thread count it ends in the same weights, bit
for bit, as if it had never stopped.

Examples:
  fovea train --data flowers --size 128 --epochs 60 --balanced 0.5 --average --out runs/flowers
  fovea train --data photos --from net.onnx --freeze layer1 layer2 --epochs 5
  fovea train --data synthetic --net lenet --size 32 --epochs 3
  fovea train --data flowers --adversarial fgsm --eps 4/255 --epochs 60 --out runs/robust
  fovea train --out runs/flowers`;

export const define = (command: Command): Command => {
  command
    .usage("--data <path> [options]")
    .option("--config <file>", "settings as JSON; flags outweigh them")
    .option("--print-config", "print the settings as JSON and end");
  withSettings(command, settings);
  command.addOption(new Option("--out <folder>", "folder of the run (default: runs/<data>-<net>)"));
  return withOutput(command).addHelpText("after", help).action(train);
};

async function train(flags: Flags): Promise<void> {
  const { config: file, printConfig = false, out, json = false, quiet = false, ...rest } = flags;
  const given: Given = { ...(file ? readConfig(file) : {}), ...readSettings(settings, rest, "the flags") };
  const folder = out ?? defaultFolder(given);
  const earlier = folder === undefined ? undefined : earlierConfig(folder, given);
  const config = resolved({ ...earlier, ...given });
  if (folder !== undefined && earlier) expectSameConfig(folder, earlier, config);
  if (printConfig) return printJson(config);
  if (config.data === undefined || folder === undefined)
    throw new InputError(
      out === undefined || earlier
        ? "there is nothing to train on: give a folder of pictures with --data, or --data synthetic"
        : `'${out}' holds no run to go on with: give a folder of pictures with --data to begin one`,
    );

  const { paths, tidy } = runFolder(folder);
  const unlock = lock(paths.lock);
  try {
    const tell = quiet ? () => {} : say;
    if (earlier && earlier.threads !== config.threads)
      tell(
        `Note: ${config.threads} threads now, ${earlier.threads} before: the weights will differ in their last bits.`,
      );
    const outcome = await trainIn(paths, { ...config, data: config.data }, { quiet, tell, signal: stopSignal() });
    if (json) printJson(outcome);
    end(outcome, tell);
  } finally {
    unlock();
    tidy();
  }
}

function end({ stopped, message, step, steps, out }: Outcome, tell: (sentence: string) => void): void {
  if (stopped === "diverged") throw new Ending(1, message);
  if (stopped === "done") return;
  tell(`Stopped after step ${step} of ${steps}; 'fovea train --out ${out}' goes on from there.`);
  throw new Ending(130);
}

/** `runs/flowers18-resnet18` */
function defaultFolder({ data, net, from }: Given): string | undefined {
  if (data === undefined) return undefined;
  const name = /^synthetic\b/.test(data) ? "synthetic" : basename(resolve(data));
  return `runs/${safeName(name)}-${safeName(from ? stem(from) : (net ?? "resnet18"))}`;
}
