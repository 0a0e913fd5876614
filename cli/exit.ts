/** @file How the program ends: exit codes, one sentence for each failure, and readers of stdout that hang up. */

import { CommanderError } from "commander";
import { InputError } from "../src/error.ts";

/** The verb did its work and the answer is bad, or it was stopped: ends with `code` after everything was said. */
export class Ending extends Error {
  readonly code: number;

  /** @param code 1 the work failed, 130 stopped by Ctrl-C. */
  constructor(code: number, message = "") {
    super(message);
    this.code = code;
  }
}

/** Ends the process once stdout and stderr are flushed; `error` decides the exit code and what is said. */
export async function leave(error?: unknown): Promise<never> {
  const [code, sentence] = error === undefined ? [0, ""] : verdict(error);
  if (sentence) process.stderr.write(`fovea: ${sentence}\n`);
  if (process.env.FOVEA_DEBUG && error instanceof Error && code !== 0) process.stderr.write(`${error.stack}\n`);
  await Promise.all([process.stdout, process.stderr].map((s) => new Promise((done) => s.write("", done))));
  process.exit(code);
}

function verdict(error: unknown): readonly [code: number, sentence: string] {
  if (error instanceof CommanderError) return [error.exitCode === 0 ? 0 : 2, ""];
  if (error instanceof Ending) return [error.code, error.message];
  if (error instanceof InputError) return [2, error.message];
  const what = error instanceof Error ? error.message : String(error);
  const line = what.replace(/^internal: /, "").split("\n")[0];
  return [1, `this is a fault of fovea, not of your input (${line}); FOVEA_DEBUG=1 shows where it happened`];
}

/** Ends quietly when the reader of stdout hangs up (`| head`), and in words when it cannot be written to. */
export function guardOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    process.stderr.write(`fovea: standard output cannot be written to (${error.code ?? error.message})\n`);
    process.exit(1);
  });
  process.stderr.on("error", () => {});
  process.on("uncaughtException", leave);
}
