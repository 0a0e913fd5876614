/** @file Element-wise arithmetic with broadcasting: sums, products, powers, extrema, rounding. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { toNumbers } from "../tensor/tensor.ts";
import { elementwise } from "./evaluate.ts";
import { int, op, type Primitive, type Type } from "./op.ts";
import { broadcast, type } from "./shapes.ts";

const like = ({ A, B }: { readonly A: Type; readonly B: Type }): Type[] => [type(A.dtype, broadcast(A.shape, B.shape))];

export const Add = op({
  inputs: ["A", "B"],
  infer: like,
  vjp: { A: ({ dy }) => dy, B: ({ dy }) => dy },
  evaluate: elementwise((a, b) => a + b),
});

export const Sub = op({
  inputs: ["A", "B"],
  infer: like,
  vjp: { A: ({ dy }) => dy, B: ({ g, dy }) => g.neg(dy) },
  evaluate: elementwise((a, b) => a - b),
});

export const Mul = op({
  inputs: ["A", "B"],
  infer: like,
  vjp: { A: ({ g, dy, B }) => g.mul(dy, B), B: ({ g, dy, A }) => g.mul(dy, A) },
  evaluate: elementwise((a, b) => a * b),
});

export const Div = op({
  inputs: ["A", "B"],
  infer: like,
  // ∂(a/b)/∂b = −(a/b)/b
  vjp: { A: ({ g, dy, B }) => g.div(dy, B), B: ({ g, dy, y, B }) => g.neg(g.div(g.mul(dy, y), B)) },
  evaluate: (operands, _, outputs) => {
    const integer = outputs[0]!.dtype.includes("int");
    return elementwise((a, b) => (integer ? Math.trunc(a / b) : a / b))(operands, _, outputs);
  },
});

export const Mod = op({
  inputs: ["A", "B"],
  attributes: { fmod: int(0) },
  infer: like,
  // y = a − b · n with an integer n that is piecewise constant: ∂y/∂b = −n = −(a − y)/b
  vjp: { A: ({ dy }) => dy, B: ({ g, dy, A, B, y }) => g.neg(g.mul(dy, g.div(g.sub(A, y), B))) },
  // The remainder takes the sign of a with fmod, else that of b.
  evaluate: (operands, { fmod }, outputs) =>
    elementwise((a, b) => (fmod ? a % b : a - b * Math.floor(a / b)))(operands, {}, outputs),
});

export const Pow = op({
  inputs: ["X", "Y"],
  infer: ({ X, Y }) => [type(X.dtype, broadcast(X.shape, Y.shape))],
  vjp: {
    // p x^(p − 1); where p = 0 the exponent is left at 0, so that 0 · 0⁻¹ does not arise.
    X: ({ g, dy, X, Y }) => {
      const p = g.cast(Y, X.dtype);
      const lower = g.sub(g.where(g.op("Equal", [p, 0]), 1, p), 1);
      return g.mul(dy, g.mul(g.op("Pow", [X, lower]), p));
    },
    // x^p log x, and 0 where x ≤ 0: there x^p is 0 or has no slope in p.
    Y: ({ g, dy, X, y }) => g.mul(dy, g.mul(y, g.log(g.where(g.op("Greater", [X, 0]), X, 1)))),
  },
  evaluate: elementwise((x, p) => x ** p),
});

export const Neg = op({
  inputs: ["X"],
  infer: ({ X }) => [X],
  vjp: { X: ({ g, dy }) => g.neg(dy) },
  evaluate: elementwise((x) => -x),
});

export const Abs = op({
  inputs: ["X"],
  infer: ({ X }) => [X],
  // The sign of x, 0 at 0; by comparisons, because Sign does not run on every provider.
  vjp: { X: ({ g, dy, X }) => g.mul(dy, g.sub(g.mask(X, "Greater", 0), g.mask(X, "Less", 0))) },
  evaluate: elementwise(Math.abs),
});

const step = (f: (x: number) => number): Primitive =>
  op({ inputs: ["X"], infer: ({ X }) => [X], vjp: "zero", evaluate: elementwise(f) });

export const Sign = op({
  inputs: ["input"],
  infer: ({ input }) => [input],
  vjp: "zero",
  evaluate: elementwise(Math.sign),
});
export const Floor = step(Math.floor);
export const Ceil = step(Math.ceil);
/** Halves go to the even neighbour. */
export const Round = step((x) => {
  const down = Math.floor(x);
  return x - down === 0.5 ? down + (down % 2 === 0 ? 0 : 1) : Math.round(x);
});

/** Where operands tie, the first of them takes the whole gradient. */
const extremum = (f: (...x: number[]) => number, beats: "Greater" | "Less"): Primitive =>
  op({
    inputs: ["data_0*"],
    infer: ({ data_0: [first, ...rest] }, _, { fail }) =>
      first
        ? [type(first.dtype, broadcast(first.shape, ...rest.map((v) => v.shape)))]
        : fail("expected at least one input"),
    vjp: {
      data_0: ({ g, dy, data_0 }, _, index) => {
        const own = data_0[index]!;
        const wins = data_0.flatMap((other, i) => {
          if (i === index) return [];
          return [g.mask(own, i < index ? beats : `${beats}OrEqual`, other)];
        });
        return wins.reduce((dx, win) => g.mul(dx, win), dy);
      },
    },
    evaluate: elementwise(f),
  });

export const Max = extremum(Math.max, "Greater");
export const Min = extremum(Math.min, "Less");

const chain = (g: Builder, [first, ...rest]: readonly Value[], fail: (message: string) => never): Value =>
  first ? rest.reduce((sum, v) => g.add(sum, v), first) : fail("expected at least one input");

export const Sum = op({
  inputs: ["data_0*"],
  inline: (g, { data_0 }, _, { fail }) => [chain(g, data_0, fail)],
});

export const Mean = op({
  inputs: ["data_0*"],
  inline: (g, { data_0 }, _, { fail }) => [g.div(chain(g, data_0, fail), data_0.length)],
});

export const Clip = op({
  inputs: ["input", "min?", "max?"],
  // Until opset 11 the bounds were attributes.
  upgrade: (g, { inputs: [input], attributes: { min, max }, opset }) =>
    opset < 11 ? [g.op("Clip", [input!, (min as number) ?? null, (max as number) ?? null])] : undefined,
  infer: ({ input }) => [input],
  vjp: {
    // Passes where the input is its own output, the bounds included.
    input: ({ g, dy, input, y }) => g.mul(dy, g.mask(input, "Equal", y)),
    min: ({ g, dy, input, y }) => g.mul(dy, g.mask(input, "Less", y)),
    max: ({ g, dy, input, y }) => g.mul(dy, g.mask(input, "Greater", y)),
  },
  evaluate: ([x, min, max], _, outputs) => {
    const [low = Number.NEGATIVE_INFINITY] = min ? toNumbers(min) : [];
    const [high = Number.POSITIVE_INFINITY] = max ? toNumbers(max) : [];
    return elementwise((v) => Math.min(Math.max(v, low), high))([x], _, outputs);
  },
});
