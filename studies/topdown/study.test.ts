/** @file The study's plan is one that the command line takes, its pairs cost what is promised, its tables hold the right numbers. */

import { describe, expect, test } from "vitest";
import { type AttackFlags, planOf } from "../../cli/attack-flags.ts";
import { readSettings } from "../../cli/setting.ts";
import { resolved, settings } from "../../cli/train-config.ts";
import { costOf } from "../../src/nets/cost.ts";
import { nets } from "../../src/nets/net.ts";
import { twins } from "../../src/nets/topdown.ts";
import { studentT, wilson } from "../../src/tensor/statistics.ts";
import { type Job, jobsOf, runName, type TablePlan, tables } from "./plan.ts";
import { argumentsOf, nameOf, type Result, sideBySide } from "./run.ts";
import { tableText } from "./write.ts";

const options = { data: "data", out: "out", threads: 2, epochs: undefined, limit: undefined };

/** `--weight-decay 0` → { weightDecay: "0" }, as commander hands it over. */
function flagsOf(args: readonly string[]): Record<string, string | boolean> {
  const flags: Record<string, string | boolean> = {};
  for (let i = 0; i < args.length; i++) {
    const name = args[i]!.replace(/^--/, "").replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    const value = args[i + 1];
    if (value === undefined || value.startsWith("--")) flags[name] = true;
    else flags[name] = args[++i]!;
  }
  return flags;
}

describe.each(Object.entries<TablePlan>(tables))("%s", (_, plan) => {
  const jobs = jobsOf(plan);

  test("has jobs of different names, trained before they are measured, one seed after the other, the costly ones last", () => {
    expect(new Set(jobs.map(nameOf)).size).toBe(jobs.length);
    const part = ({ measurement }: Job): number => (measurement?.late ? 2 : measurement?.once ? 1 : 0);
    expect(jobs.map(part)).toEqual(jobs.map(part).toSorted((a, b) => a - b));
    for (const seeds of [0, 2].map((p) => jobs.filter((job) => part(job) === p).map(({ seed }) => seed)))
      expect(seeds).toEqual(seeds.toSorted((a, b) => a - b));
    expect(jobs.every((job) => part(job) !== 1 || job.seed === plan.seeds[0])).toBe(true);
    for (const [i, { run, measurement }] of jobs.entries())
      if (measurement) expect(jobs.slice(0, i).some((job) => job.run === run && !job.measurement)).toBe(true);
  });

  test("asks for what the verbs take", () => {
    for (const job of jobs) {
      const [verb, ...args] = argumentsOf(job, { ...options, plan });
      if (verb === "train") {
        const { out, json, ...given } = flagsOf(args);
        const config = resolved(readSettings(settings, given, "the flags"));
        expect(config).toMatchObject({ net: job.net.net, seed: job.seed });
        expect(config.adversarial).toBe(job.training === "adversarial" ? plan.adversarial.adversarial : undefined);
        expect([out, json]).toEqual([`out/${job.run}/train`, true]);
      } else {
        const { restarts, steps, queries, limit, noChecks, ...flags } = flagsOf(args.slice(1));
        const numbers = Object.entries({ restarts, steps, queries }).flatMap(([k, v]) => (v ? [[k, Number(v)]] : []));
        const given = { ...flags, ...Object.fromEntries(numbers), ...(noChecks && { checks: false }) };
        expect(() => planOf(given as unknown as AttackFlags)).not.toThrow();
        expect(Number(limit)).toBeGreaterThan(0);
        expect(args[0]).toBe(`out/${job.run}/train/model.onnx`);
      }
    }
  });
});

test("the twins on flowers cost the same within a factor of 1.5", () => {
  const { nets: pair, classes, picture } = tables.flowers102;
  const [a, b] = pair.map(({ net, width }) => costOf(twins[net]({ classes, width }), [1, ...picture]));
  for (const key of ["macs", "parameters"] as const)
    expect(Math.max(a![key], b![key]) / Math.min(a![key], b![key])).toBeLessThan(1.5);
});

test("the factorial has all seven nets, both trainings and three seeds", () => {
  const { nets: seven, seeds } = tables.fashion;
  expect(seven.map(({ net }) => net).sort()).toEqual(
    Object.keys(nets)
      .filter((name) => /^\w.*-lenetfc/.test(name))
      .sort(),
  );
  expect(seeds).toHaveLength(3);
});

describe("jobs side by side", () => {
  const jobs = jobsOf({ ...tables.fashion, seeds: [0] }).filter(
    ({ measurement }) => (measurement?.name ?? "curve") === "curve",
  );

  test.each([1, 2, 3])("at most %i run, in their order, none before the training of its net", async (most) => {
    const begun: Job[] = [];
    const trained = new Set<string>();
    let running = 0;
    const code = await sideBySide(jobs, most, async (job, number) => {
      expect(++running).toBeLessThanOrEqual(most);
      expect(begun.push(job)).toBe(number);
      if (job.measurement) expect(trained).toContain(job.run);
      // Trainings of different lengths.
      for (let i = 0; i < (job.net.net.length % 5) * 3; i++) await Promise.resolve();
      if (!job.measurement) trained.add(job.run);
      running--;
      return 0;
    });
    expect(code).toBe(0);
    expect(new Set(begun)).toEqual(new Set(jobs));
    if (most === 1) expect(begun).toEqual(jobs);
  });

  test("none begins after one that failed, whose code is the outcome; what runs is waited for", async () => {
    const ended: number[] = [];
    const code = await sideBySide(jobs, 2, async (_, number) => {
      for (let i = 0; i < (number === 1 ? 9 : 1); i++) await Promise.resolve();
      ended.push(number);
      return number === 2 ? 130 : 0;
    });
    expect([code, ended]).toEqual([130, [2, 1]]);
  });
});

describe("the table", () => {
  const plan: TablePlan = {
    ...tables.fashion,
    nets: [{ net: "bottomup-lenetfc" }, { net: "topdown-lenetfc" }, { net: "blurred-lenetfc" }],
    measurements: [{ name: "suite", flags: { suite: "standard" } }],
  };
  const values: Readonly<Record<string, readonly number[]>> = {
    "bottomup-lenetfc": [0.5, 0.6, 0.7],
    "topdown-lenetfc": [0.6, 0.65, 0.85],
  };
  const finding =
    (seeds: number) =>
    (run: string): Result | undefined => {
      for (const [net, of] of Object.entries(values))
        for (const [seed, robustAccuracy] of of.slice(0, seeds).entries())
          if (run === runName({ net }, "standard", seed))
            return {
              seconds: 1,
              json: { robustAccuracy, intervals: { robustAccuracy: wilson(robustAccuracy * 100, 100) } },
            };
      return undefined;
    };

  test("has means and paired differences with Student's intervals, and no net without results", () => {
    const text = tableText(plan, finding(3));
    // Means 0.6 and 0.7, standard deviations 0.1 and √0.0175; differences 0.1, 0.05, 0.15.
    const half = (sd: number): number => (studentT(2) * sd) / Math.sqrt(3);
    const [a, b, d] = [half(0.1), half(Math.sqrt(0.0175)), half(0.05)].map((x) => 100 * x);
    const cell = (mean: number, by: number): string =>
      `${mean.toFixed(1)} (${Math.max(0, mean - by).toFixed(1)}–${Math.min(100, mean + by).toFixed(1)})`;
    expect(text).toContain(`| suite | ${cell(60, a!)} | ${cell(70, b!)} |`);
    expect(text).toContain(`| suite | +10.0 (${(10 - d!).toFixed(1)} to +${(10 + d!).toFixed(1)}) |`);
    expect(text).toContain("| topdown-lenetfc | 14712 | ×1.89 | 3.69 M | ×4.44 |");
    expect(text).not.toContain("blurred");
  });

  test("of one seed has the pictures' intervals, and says so", () => {
    const text = tableText(plan, finding(1));
    const [low, high] = wilson(50, 100).map((x) => (100 * x).toFixed(1));
    expect(text).toContain(`| suite | 50.0 (${low}–${high}) |`);
    expect(text).toContain("| suite | +10.0 (one seed) |");
  });
});
