/** @file `npm run bench:quality`: our pictures measured against PyTorch's and against none at all; `--help` tells the rest. */

import { say } from "../../cli/say.ts";
import { InputError } from "../../src/error.ts";
import { flagsOf, usage } from "./flags.ts";
import { measure } from "./run.ts";

try {
  const flags = flagsOf(process.argv.slice(2));
  if (flags.help) process.stdout.write(usage);
  else process.exitCode = await measure(flags);
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  say(error.message);
  process.exitCode = 2;
}
