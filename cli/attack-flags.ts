/** @file The options of `fovea attack`, and the plan that they come to. */

import { type Command, Option } from "commander";
import { InputError } from "../src/error.ts";
import { type AttackName, attackNames, catalogue, type Effort, readAttacks } from "../src/robustness/catalogue.ts";
import { expectEps, type Norm, normOf } from "../src/robustness/norms.ts";
import { DATA } from "./dataset.ts";
import {
  type NetFlags,
  positiveNumber,
  type SeedFlag,
  type SizeFlag,
  wholeNumber,
  withNetFlags,
  withSeed,
  withSize,
} from "./options.ts";
import { fraction } from "./setting.ts";

export interface AttackFlags extends NetFlags, SizeFlag, SeedFlag {
  readonly data: string;
  readonly split?: string;
  readonly limit?: number;
  readonly suite?: "standard" | "curve";
  readonly attack?: string;
  readonly norm: string;
  readonly eps?: string;
  readonly epsilons?: string;
  readonly targeted?: boolean;
  readonly target?: string;
  readonly steps?: number;
  readonly restarts?: number;
  readonly queries?: number;
  readonly targets?: number;
  readonly transferFrom?: string;
  readonly eot?: string;
  readonly views?: number;
  readonly checks?: boolean;
  readonly checkPictures: number;
  readonly draws: number;
  readonly examples: number;
  readonly fresh?: boolean;
  readonly batch?: number;
  readonly portion?: number;
  readonly threads?: number;
  readonly workers?: number;
  readonly out?: string;
}

const described = attackNames.map((name) => {
  const { about, takes, norms } = catalogue[name];
  const facts = [...takes.map((t) => `--${t}`), ...(norms ? [`${norms.join(", ")} only`] : [])];
  return `  ${name.padEnd(16)}${about}${facts.length > 0 ? ` (${facts.join(" ")})` : ""}`;
});

const help = `
Suites: standard is AutoAttack's cascade (apgd-ce, apgd-t, fab-t, square), each on what the others before it left, worst case
a picture, and the checks of whether to trust it. curve is accuracy over eps, attack by attack. Named attacks run on all pictures
that the net is right about; beside --suite standard they follow the cascade.

Attacks:
${described.join("\n")}

eps is in the norm, for pictures in 0…1: 8/255, 0.03; in l2 up to the root of the number of values. What is finished is
kept picture by picture beside the report: the same command goes on after an interruption, and a larger --limit adds
pictures. 'robust' means: right untouched, and right after every attack. Intervals are 95 % (Wilson).

Examples:
  fovea attack net.onnx --data flowers --split test --limit 500 --suite standard --norm linf --eps 8/255 --json
  fovea attack --data flowers --suite curve --attack pgd,fgsm,uniform-noise --limit 100
  fovea attack net.onnx --data flowers --attack pgd --steps 100 --restarts 5 --norm l2 --eps 0.5`;

/** Adds all options. */
export function withAttackFlags(command: Command): Command {
  const count = (what: string, low = 1) => [what, wholeNumber(low, 1_000_000)] as const;
  command
    .usage("[options] [model] --data <path>")
    .argument("[model...]", "an .onnx file")
    .requiredOption("--data <path>", DATA)
    .option("--split <name>", "which pictures: a split, or all (default: test, or all where there are no splits)")
    .option("--limit <number>", ...count("so many of them, spread over all (default: all)"))
    .addOption(new Option("--suite <name>", "default: standard, unless --attack").choices(["standard", "curve"]))
    .option("--attack <names>", "attacks by name, with commas between them")
    .option("--norm <name>", "linf or l2", "linf")
    .option("--eps <size>", "largest change, such as 8/255 (default: 8/255 in linf, 0.5 in l2)")
    .option("--epsilons <sizes>", "of --suite curve, with commas (default: from 0 to 4 eps)")
    .option("--targeted", "each picture to a class of its own by chance, not just any other")
    .option("--target <class>", "each picture to this class; those of the class are left out")
    .option("--steps <number>", ...count("iterations (default: each attack's published number)"))
    .option("--restarts <number>", ...count("tries from other random points, or draws of noise (default: 1)"))
    .option("--queries <number>", ...count("looks of square (default: 5000), random-draws, single-pixel, pointwise"))
    .option("--targets <number>", ...count("classes that apgd-t, fab-t and deepfool aim at (default: 9)"))
    .option("--transfer-from <net>", "named attacks run on this net, and what they make is shown to the model")
    .option("--eot <transforms>", "attack the net behind random changes, such as jitter:4,noise:0.02")
    .option("--views <number>", ...count("random changes a look of --eot (default: 8)"))
    .option("--checks", "also check named attacks and curves")
    .option("--no-checks", "leave out the checks of whether to trust the numbers")
    .option("--check-pictures <number>", ...count("pictures that checks run attacks on"), 64)
    .option("--draws <number>", ...count("random points a picture that stands, of the checks"), 10_000)
    .option("--examples <number>", ...count("pictures of the report for each attack", 0), 4)
    .option("--fresh", "begin anew, whatever an earlier run has done")
    .option("--batch <number>", "pictures at once (default: what memory takes, at most 32)", wholeNumber(1, 65_536))
    .option("--portion <part>", "part of the shorter side that is shown, up to 1 (default: 1)", positiveNumber)
    .option("--threads <number>", "of the net (default: all cores)", wholeNumber(1, 1024))
    .option("--workers <number>", "threads that load pictures (default: cores − 1, at most 4)", wholeNumber(0, 256))
    .option("--out <file>", "the report (default: attack-<net>-<norm>-<eps>.html)");
  withSeed(command, "same seed, same device, same result");
  withSize(command, "side of the pictures in pixels, where the model leaves it open");
  return withNetFlags(command).addHelpText("after", help);
}

export interface Plan {
  readonly suite: "standard" | "curve" | "named";
  readonly norm: Norm;
  readonly eps: number;
  /** As it was typed, for names of files and titles. */
  readonly epsText: string;
  /** Of a curve, rising. */
  readonly epsilons: readonly number[];
  /** Attacks by name: all of a curve, or those beside the cascade. */
  readonly names: readonly AttackName[];
  readonly effort: Effort;
  readonly checks: boolean;
}

const usualEps = { linf: "8/255", l2: "0.5" } as const;
const usualCurve: readonly AttackName[] = ["fgsm", "pgd", "apgd-ce", "apgd-t", "fab-t", "square"];
/** Of eps: the points of a curve. */
const factors = [0, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4];
const efforts = ["steps", "restarts", "queries", "targets"] as const;

/** Reads what needs no model. Throws `InputError` for what makes no sense. */
export function planOf(flags: AttackFlags): Plan {
  const norm = normOf(flags.norm);
  const epsText = flags.eps ?? usualEps[norm.name];
  const eps = readEps(epsText, norm);
  const given = flags.attack === undefined ? undefined : readAttacks(flags.attack, norm);
  const suite = flags.suite ?? (given ? "named" : "standard");
  const names = given ?? (suite === "curve" ? usualCurve : []);
  const effort: Effort = Object.fromEntries(
    efforts.flatMap((key) => (flags[key] === undefined ? [] : [[key, flags[key]]])),
  );
  const running = suite === "standard" ? [...names, ...usualCurve.slice(2)] : names;
  for (const key of Object.keys(effort) as (keyof Effort)[])
    if (!running.some((name) => catalogue[name].takes.includes(key)))
      throw new InputError(`--${key}: none of ${running.join(", ")} takes it: leave it out`);
  if (flags.epsilons !== undefined && suite !== "curve")
    throw new InputError("--epsilons are the points of --suite curve: give one --eps, or that suite");
  const boundless = names.filter((name) => catalogue[name].seeks === "any");
  if (suite === "curve" && boundless.length > 0)
    throw new InputError(`--suite curve: ${boundless.join(", ")} knows no eps: leave it out`);
  if (flags.transferFrom !== undefined && suite === "curve")
    throw new InputError("--transfer-from goes with --suite standard or named attacks, not with --suite curve");
  if (flags.targeted && flags.target !== undefined)
    throw new InputError("give --targeted (a class by chance) or --target (this class), not both");
  if (flags.views !== undefined && flags.eot === undefined)
    throw new InputError("--views are random changes of --eot: name those, such as --eot jitter:4");
  const checks = flags.checks ?? suite === "standard";
  return { suite, norm, eps, epsText, epsilons: epsilonsOf(flags.epsilons, norm, eps), names, effort, checks };
}

function epsilonsOf(text: string | undefined, norm: Norm, eps: number): number[] {
  const all = text?.split(",").map((part) => readEps(part.trim(), norm)) ?? factors.map((f) => f * eps);
  const most = norm.name === "linf" ? 1 : Number.POSITIVE_INFINITY;
  return [...new Set(all)].filter((e) => e <= most).sort((a, b) => a - b);
}

/** `8/255` or `0.03`. In l2 what is too large shows only beside the size of the pictures. */
function readEps(text: string, norm: Norm): number {
  const eps = fraction.read(text.replace(/\s/g, ""));
  if (eps === undefined) {
    const most = norm.name === "linf" ? "0 to 1" : "0";
    throw new InputError(`eps: expected a number from ${most} such as 8/255 or 0.03, got "${text}"`);
  }
  if (norm.name === "linf") expectEps(norm, eps, 1);
  return eps;
}
