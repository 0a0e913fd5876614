/** @file What every rule may ask: contents of constants, integers known at build time, and a way to refuse. */

import { InputError } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import { toNumbers } from "../tensor/tensor.ts";
import type { RuleContext } from "./op.ts";

/** The context of rules of the operator `op` in the builder's graph. */
export const ruleContext = (g: Builder, op: string): RuleContext => ({
  constant: (v) => v && g.constantOf(v),
  ints: (v, what) => {
    const t = g.constantOf(v);
    if (t) return toNumbers(t);
    throw new InputError(
      `${op}: '${what}' must be known before the net runs, but '${v.name}' is only computed while it runs`,
    );
  },
  fail: (message) => {
    throw new InputError(`${op}: ${message}`);
  },
});
