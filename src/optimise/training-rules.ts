/** @file The update rules of training by name, with weight decay for weights alone. */

import { expect } from "../error.ts";
import { adamW } from "./adamw.ts";
import { lamb } from "./lamb.ts";
import { lion } from "./lion.ts";
import type { Optimiser } from "./optimiser.ts";
import type { Schedule } from "./schedule.ts";
import { sgd } from "./sgd.ts";

interface RuleOptions {
  readonly learningRate: Schedule;
  /** λ for weights of layers; scales of normalisations and biases are spared. */
  readonly weightDecay?: number;
  /** Of SGD; its default is 0.9, with Nesterov's look-ahead. */
  readonly momentum?: number;
}

const rules = {
  sgd: ({ momentum = 0.9, ...options }: RuleOptions) => sgd({ momentum, ...options }),
  adam: ({ learningRate, weightDecay = 0 }: RuleOptions) => adamW({ learningRate, weightDecay }),
  adamw: ({ learningRate, weightDecay = 0.01 }: RuleOptions) => adamW({ learningRate, weightDecay }),
  lamb: ({ learningRate, weightDecay = 0.01 }: RuleOptions) => lamb({ learningRate, weightDecay }),
  lion: ({ learningRate, weightDecay = 0 }: RuleOptions) => lion({ learningRate, weightDecay }),
} satisfies Record<string, (options: RuleOptions) => Optimiser>;

export type TrainingRuleName = keyof typeof rules;
export const trainingRuleNames = Object.keys(rules) as TrainingRuleName[];

/**
 * The update rule of each kind of parameter. Throws an `InputError` for an unknown name.
 *
 * @param name sgd, adam (that is AdamW without decay unless some is given), adamw, lamb or lion.
 */
export function trainingRule(name: string, options: RuleOptions): (kind: string) => Optimiser {
  const known = trainingRuleNames.find((n) => n === name);
  expect(known, () => `"${name}" is no update rule: take ${trainingRuleNames.join(", ")}`);
  const decayed = rules[known](options);
  const spared = rules[known]({ ...options, weightDecay: 0 });
  return (kind) => (kind === "weight" ? decayed : spared);
}
