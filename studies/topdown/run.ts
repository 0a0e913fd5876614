/** @file Runs the jobs of a table with the command line of fovea; what an earlier run has finished is not done again. */

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeOutput } from "../../cli/files.ts";
import { type Job, jobsOf, type TablePlan } from "./plan.ts";

const entry = fileURLToPath(new URL("../../bin/fovea.js", import.meta.url));

export interface RunOptions {
  readonly plan: TablePlan;
  readonly data: string;
  /** Folder of the table's results. */
  readonly out: string;
  readonly threads: number;
  /** Run side by side; beyond 1, what the verbs say shows only where one fails. */
  readonly jobs: number;
  /** Over the plan's own, to try things out. */
  readonly epochs?: number | undefined;
  readonly limit?: number | undefined;
  /** Only jobs whose name has one of these in it. */
  readonly only: readonly string[];
  readonly tell: (sentence: string) => void;
}

/** What came of a job: the JSON that the verb printed, and the time that it took. */
export interface Result {
  readonly seconds: number;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Where the result of a job is. */
export const resultFile = (out: string, { run, measurement }: Job): string =>
  join(out, run, `${measurement?.name ?? "train"}.json`);

export const nameOf = ({ run, measurement }: Job): string => `${run} ${measurement?.name ?? "train"}`;

export function readResult(out: string, job: Job): Result | undefined {
  const file = resultFile(out, job);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Result) : undefined;
}

/**
 * Runs what is left of a table, `jobs` at a time. After a job that fails no other is begun, and its exit code is returned; 0 when
 * all is done.
 */
export async function runTable(options: RunOptions): Promise<number> {
  const { plan, out, only, tell } = options;
  const jobs = jobsOf(plan).filter((job) => only.length === 0 || only.some((part) => nameOf(job).includes(part)));
  const left = jobs.filter((job) => !readResult(out, job));
  tell(`${jobs.length - left.length} of ${jobs.length} jobs are done; results are in '${out}'.`);
  return sideBySide(left, options.jobs, async (job, number) => {
    tell(`[${number}/${left.length}] ${nameOf(job)}`);
    mkdirSync(join(out, job.run), { recursive: true });
    const start = performance.now();
    const { code, stdout } = await fovea(argumentsOf(job, options), options.jobs > 1 ? "if it fails" : "always");
    if (code !== 0) return code;
    const seconds = Math.round((performance.now() - start) / 100) / 10;
    writeOutput(resultFile(out, job), `${JSON.stringify({ seconds, json: JSON.parse(stdout) }, null, 1)}\n`);
    tell(`  ${nameOf(job)}: done in ${seconds} s`);
    return 0;
  });
}

/**
 * Runs jobs in their order, so many at a time. A measurement waits for the training of its net while others go ahead.
 *
 * @param run Gives the exit code of a job, which is the number-th to begin.
 */
export async function sideBySide(
  jobs: readonly Job[],
  most: number,
  run: (job: Job, number: number) => Promise<number>,
): Promise<number> {
  const waiting = [...jobs];
  const running = new Map<Job, Promise<void>>();
  let [code, begun] = [0, 0];
  const trains = (other: Job, job: Job): boolean => !other.measurement && other.run === job.run;
  const ready = (job: Job): boolean =>
    !job.measurement || ![...waiting, ...running.keys()].some((other) => trains(other, job));
  for (;;) {
    const next = code === 0 && running.size < most ? waiting.findIndex(ready) : -1;
    if (next < 0 && running.size === 0) return code;
    if (next < 0) await Promise.race(running.values());
    else {
      const [job] = waiting.splice(next, 1) as [Job];
      const finished = run(job, ++begun).then((ended) => {
        code ||= ended;
        running.delete(job);
      });
      running.set(job, finished);
    }
  }
}

type Flags = Readonly<Record<string, string | number | boolean>>;

const list = (flags: Flags): string[] =>
  Object.entries(flags).flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, String(value)]));

/** The command line of a job. */
export function argumentsOf(
  { run, net: { net, width }, training, seed, measurement }: Job,
  {
    plan,
    data,
    out,
    threads,
    epochs,
    limit,
  }: Pick<RunOptions, "plan" | "data" | "out" | "threads" | "epochs" | "limit">,
): string[] {
  const folder = join(out, run);
  const common = { data, seed, threads, json: true };
  if (!measurement) {
    const length = Number(epochs ?? plan.train.epochs);
    const flags = {
      net,
      ...(width !== undefined && { width }),
      ...plan.train,
      ...(training === "adversarial" && plan.adversarial),
      epochs: length,
      "validate-every": length,
      workers: 1,
      out: join(folder, "train"),
    };
    return ["train", ...list({ ...common, ...flags })];
  }
  const { flags, name } = measurement;
  const cut = limit === undefined ? {} : { limit: Math.min(limit, Number(flags.limit)) };
  const more = { split: plan.split, workers: 0, examples: 0, out: join(folder, `${name}.html`) };
  return ["attack", join(folder, "train", "model.onnx"), ...list({ ...common, ...flags, ...cut, ...more })];
}

/**
 * Runs a verb; what it prints is kept. Its words go through, or only if it fails. Ctrl-C is passed on, so that it keeps what it has.
 */
export function fovea(
  args: readonly string[],
  words: "always" | "if it fails" = "always",
): Promise<{ code: number; stdout: string }> {
  return new Promise((resolve, reject) => {
    const stderr = words === "always" ? "inherit" : "pipe";
    const child = spawn(process.execPath, [entry, ...args], { stdio: ["ignore", "pipe", stderr] });
    let [stdout, said] = ["", ""];
    child.stdout?.on("data", (part) => {
      stdout += part;
    });
    child.stderr?.on("data", (part) => {
      said += part;
    });
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
    // A terminal sends Ctrl-C to both; in the background only this process gets it.
    const interrupt = (): void => (process.stdin.isTTY ? undefined : pass("SIGINT"));
    const terminate = (): void => pass("SIGINT");
    process.on("SIGINT", interrupt).on("SIGTERM", terminate);
    child.on("error", reject);
    child.on("close", (ended, signal) => {
      process.off("SIGINT", interrupt).off("SIGTERM", terminate);
      const code = ended ?? (signal === "SIGINT" ? 130 : 1);
      if (code !== 0) process.stderr.write(said);
      resolve({ code, stdout });
    });
  });
}
