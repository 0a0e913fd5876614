/** @file The settings of adversarial training, and what they come to. */

import { InputError } from "../src/error.ts";
import { type NormName, norms } from "../src/robustness/norms.ts";
import { type Adversary, type AdversaryName, adversaries } from "../src/training/adversary.ts";
import { choice, fraction, type Settings, type ValuesOf, whole } from "./setting.ts";

export const attackSettings = {
  adversarial: {
    flag: "--adversarial <attack>",
    help: "learn from attacked pictures: fgsm (fast) or pgd (default: none)",
    ...choice(Object.keys(adversaries) as AdversaryName[]),
  },
  norm: {
    flag: "--norm <name>",
    help: "how the attack's changes are measured: linf or l2 (default: linf)",
    ...choice(Object.keys(norms) as NormName[]),
  },
  eps: {
    flag: "--eps <size>",
    help: "largest change, for pictures in 0…1, whatever the net's preprocessing (default: 8/255 in linf, 0.5 in l2)",
    ...fraction,
  },
  attackSteps: { flag: "--attack-steps <number>", help: "of pgd (default: 7)", ...whole(1, 1000) },
  attackRate: {
    flag: "--attack-rate <size>",
    help: "length of a step (default: 1.25 eps for fgsm, 2.5 eps / steps for pgd)",
    ...fraction,
  },
  attackPictures: {
    flag: "--attack-pictures <number>",
    help: "pictures of a validation that are attacked too, by 10 steps of pgd; 0 is none (default: 256)",
    ...whole(0, 1_000_000),
  },
} as const satisfies Settings;

export type AttackGiven = ValuesOf<typeof attackSettings>;

const names = Object.keys(attackSettings) as (keyof AttackGiven)[];
/** Sizes of the ball where none is given. */
const sizes: Readonly<Record<NormName, number>> = { linf: 8 / 255, l2: 0.5 };

/** The settings of adversarial training, complete; none without it. */
export function completeAttack(given: AttackGiven): AttackGiven {
  const { adversarial, norm = "linf", attackPictures = 256 } = given;
  if (adversarial === undefined) {
    const [idle] = names.filter((name) => given[name] !== undefined);
    if (idle)
      throw new InputError(
        `${idle} is a setting of adversarial training: give adversarial (fgsm or pgd) too, or leave it out`,
      );
    return {};
  }
  if (adversarial === "fgsm" && (given.attackSteps ?? 1) !== 1)
    throw new InputError("attackSteps: fgsm takes a single step: leave it out, or take pgd");
  const eps = given.eps ?? sizes[norm];
  const { steps, rate } = adversaries[adversarial](eps, given.attackSteps);
  return { norm, eps, attackSteps: steps, attackRate: rate, attackPictures };
}

/** What the pictures of a batch are attacked with. */
export const adversaryOf = ({ adversarial, norm, eps, attackSteps, attackRate }: AttackGiven): Adversary | undefined =>
  adversarial && { norm: norm!, eps: eps!, steps: attackSteps!, rate: attackRate! };
