/** @file Every transform is affine, and its gradient the exact adjoint of its linear part: ⟨A x, y⟩ = ⟨x, Aᵀ y⟩. */

import { expect, it } from "vitest";
import { evaluate, uniform } from "../../test/fixtures/run.ts";
import { gradient } from "../autodiff/gradient.ts";
import { rng } from "../tensor/rng.ts";
import { cast, fromNumbers, type Tensor, toNumbers } from "../tensor/tensor.ts";
import type { Transform } from "./axes.ts";
import { crops } from "./crops.ts";
import { blur, flip, noise } from "./perturb.ts";
import { roll } from "./roll.ts";
import { composed, crop, padded, rotate } from "./transforms.ts";

type Draws = Readonly<Record<string, Tensor>>;
const size = [5, 6] as const;
const shape = [4, 8, 7] as const;

const draw = (values: Readonly<Record<string, readonly number[]>>): Draws =>
  Object.fromEntries(Object.entries(values).map(([name, x]) => [name, fromNumbers("float32", x)]));

const cases: [string, Transform, Draws?][] = [
  ["crop", crop({ size, jitter: [2] }), draw({ scale: [0.93], dy: [-0.7], dx: [1.4] })],
  ["rotate", rotate({ degrees: [] }), draw({ angle: [0.17] })],
  [
    "padded",
    padded([rotate({ degrees: [] }), crop({ size, jitter: [2] })], { pad: 2, value: 0.5 }),
    draw({ "0.angle": [-0.12], "1.scale": [1.08], "1.dy": [3.2], "1.dx": [-1.1] }),
  ],
  ["roll", roll({ most: 9 })],
  ["crops", crops({ size, views: 3, box: 0.5, spread: 0.3 })],
  ["crops that shrink", crops({ size: [2, 3], views: 2, box: 0.9 })],
  ["noise", noise({ shape, sigma: 0.1, uniform: 0.5 })],
  ["blur", blur({ sigmas: [0.4, 1.3, 3] })],
  ["flip", flip({ probability: 1 })],
  [
    "one after another",
    composed([
      roll({ most: 3 }),
      crops({ size, views: 2, box: 0.6 }),
      flip({ views: 2 }),
      blur({ sigmas: [1], views: 2 }),
    ]),
  ],
];

it.each(cases)("%s", async (_, t, drawn = t.draw(rng(5), 0)) => {
  const x = uniform("float64", [1, ...shape], [-1, 1]);
  const doubles = Object.fromEntries(Object.entries(drawn).map(([name, d]) => [name, cast(d, "float64")]));
  const { seen: at0 } = await evaluate({ image: x, ...doubles }, (g, { image, ...v }) => ({
    seen: t.apply(g, image!, v),
  }));
  const y = uniform("float64", at0!.dims, [-1, 1], 2);
  const out = await evaluate({ image: x, seed: y, ...doubles }, (g, { image: xs, seed: ys, ...values }) => {
    const seen = t.apply(g, xs!, values);
    const [pulled] = gradient(g, seen, [xs!], { seed: ys! });
    const linear = g.sub(seen, t.apply(g, g.mul(xs!, 0), values));
    const twice = g.sub(t.apply(g, g.mul(xs!, 2), values), t.apply(g, g.mul(xs!, 0), values));
    const dot = (a: typeof seen, b: typeof seen) => g.sum(g.mul(a, b), undefined, false);
    return { there: dot(linear, ys!), twice: dot(twice, ys!), back: dot(xs!, pulled!) };
  });
  const [there, twice, back] = [out.there!, out.twice!, out.back!].map((v) => toNumbers(v)[0]!) as [
    number,
    number,
    number,
  ];
  expect(Math.abs(there)).toBeGreaterThan(1e-3);
  expect(Math.abs(there - back)).toBeLessThan(1e-12 * Math.max(1, Math.abs(there)));
  expect(Math.abs(twice - 2 * there)).toBeLessThan(1e-12 * Math.max(1, Math.abs(there)));
});
