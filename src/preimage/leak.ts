/** @file Gradients that pass closed rectifiers: what wakes a unit that nothing else would. */

import type { GradientOptions, Rules } from "../autodiff/gradient.ts";
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { isInline } from "../ops/op.ts";
import { recordOf } from "../ops/table.ts";

/** Steps in which gradients are let through, less and less. */
export const LEAK_STEPS = 16;

/** Part of the gradient that passes with so many steps of leaking left: 1 at first, 0 when they are over. */
export const leakAt = (left: number): number => left / LEAK_STEPS;

/** Operators that are flat in places, and which input they rectify. */
const rectified: Readonly<Record<string, string>> = { Relu: "X", Clip: "input", HardSigmoid: "X" };

/** True for operators whose gradient is zero in places where it can be let through. */
export const isRectifier = (op: string): boolean => op in rectified;

/**
 * A rectifier's input gets dx + leak · (dy − dx), dx being what its own rule gives: dy where it is open, leak · dy where it is
 * closed.
 *
 * @param leak One number for each picture, [N], in 0…1.
 */
export const leaky =
  (leak: Value): Exclude<GradientOptions["rules"], undefined> =>
  ({ op }) => {
    const [input, record] = [rectified[op], recordOf(op)];
    if (input === undefined || !record || isInline(record)) return undefined;
    const own = (record.vjp as Rules)[input]!;
    return {
      [input]: (c, attributes, index) => {
        const { g, dy } = c;
        const dx = own(c, attributes, index);
        const passes = spread(g, leak, dy.shape);
        return passes ? g.add(dx, g.mul(g.sub(dy, dx), passes)) : dx;
      },
    };
  };

/** Each picture's number for all that is the picture's: [N] → [N·k, 1, …]; `undefined` where the first axis counts no pictures. */
function spread(g: Builder, leak: Value, shape: readonly number[]): Value | undefined {
  const [pictures] = leak.shape as [number];
  const [first = 1, ...rest] = shape;
  const ones = rest.map(() => 1);
  if (pictures === 1) return g.reshape(leak, [1, ...ones]);
  if (first % pictures !== 0) return undefined;
  return g.reshape(g.expand(g.reshape(leak, [pictures, 1]), [pictures, first / pictures]), [first, ...ones]);
}
