/** @file Functions of one number: powers, exponentials, trigonometry, the error function. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { elementwise } from "./evaluate.ts";
import { op, type Primitive } from "./op.ts";

type Rule = (c: { g: Builder; x: Value; y: Value; dy: Value }) => Value;

/** y = f(x), element by element, with `rule` for dx. */
const unary = (f: (x: number) => number, rule: Rule): Primitive =>
  op({
    inputs: ["input"],
    infer: ({ input }) => [input],
    vjp: { input: (c) => rule({ g: c.g, x: c.input, y: c.y, dy: c.dy }) },
    evaluate: elementwise(f),
  });

export const Exp = unary(Math.exp, ({ g, y, dy }) => g.mul(dy, y));
export const Log = unary(Math.log, ({ g, x, dy }) => g.div(dy, x));

/** At 0, where the slope is infinite, the gradient is 0, so that lengths and deviations stay finite: √Σx² at x = 0. */
export const Sqrt = op({
  inputs: ["X"],
  infer: ({ X }) => [X],
  // 1 / (2 y)
  vjp: {
    X: ({ g, y, dy }) => g.div(g.mul(dy, 0.5), g.where(g.op("Equal", [y, 0]), Number.POSITIVE_INFINITY, y)),
  },
  evaluate: elementwise(Math.sqrt),
});

export const Reciprocal = op({
  inputs: ["X"],
  infer: ({ X }) => [X],
  // −1 / x² = −y²
  vjp: { X: ({ g, y, dy }) => g.neg(g.mul(dy, g.square(y))) },
  evaluate: elementwise((x) => 1 / x),
});

export const Sin = unary(Math.sin, ({ g, x, dy }) => g.mul(dy, g.op("Cos", [x])));
export const Cos = unary(Math.cos, ({ g, x, dy }) => g.neg(g.mul(dy, g.op("Sin", [x]))));
// 1 + y²
export const Tan = unary(Math.tan, ({ g, y, dy }) => g.mul(dy, g.add(g.square(y), 1)));
// 1 / √(1 − x²)
export const Asin = unary(Math.asin, ({ g, x, dy }) => g.div(dy, g.sqrt(g.sub(1, g.square(x)))));
export const Acos = unary(Math.acos, ({ g, x, dy }) => g.neg(g.div(dy, g.sqrt(g.sub(1, g.square(x))))));
// 1 / (1 + x²)
export const Atan = unary(Math.atan, ({ g, x, dy }) => g.div(dy, g.add(g.square(x), 1)));

export const Sinh = unary(Math.sinh, ({ g, x, dy }) => g.mul(dy, g.op("Cosh", [x])));
export const Cosh = unary(Math.cosh, ({ g, x, dy }) => g.mul(dy, g.op("Sinh", [x])));
// 1 − y²
export const Tanh = unary(Math.tanh, ({ g, y, dy }) => g.mul(dy, g.sub(1, g.square(y))));
// 1 / √(x² + 1)
export const Asinh = unary(Math.asinh, ({ g, x, dy }) => g.div(dy, g.sqrt(g.add(g.square(x), 1))));
// 1 / √(x² − 1)
export const Acosh = unary(Math.acosh, ({ g, x, dy }) => g.div(dy, g.sqrt(g.sub(g.square(x), 1))));
// 1 / (1 − x²)
export const Atanh = unary(Math.atanh, ({ g, x, dy }) => g.div(dy, g.sub(1, g.square(x))));

export const Erf = op({
  inputs: ["input"],
  infer: ({ input }) => [input],
  // (2 / √π) exp(−x²)
  vjp: {
    input: ({ g, input, dy }) => g.mul(dy, g.mul(g.exp(g.neg(g.square(input))), 2 / Math.sqrt(Math.PI))),
  },
});
