/** @file L-BFGS nodes against dense BFGS updates in double precision, and on hard energies. */

import { describe, expect, it } from "vitest";
import { descent } from "../../test/fixtures/trajectory.ts";
import { rng } from "../tensor/rng.ts";
import { type LbfgsOptions, lbfgs } from "./lbfgs.ts";

type Vector = readonly number[];
type Slope = (x: Vector) => number[];
const dot = (a: Vector, b: Vector): number => a.reduce((s, x, i) => s + x * b[i]!, 0);
const norm = (a: Vector): number => Math.sqrt(dot(a, a));

/**
 * The same rule with H as a matrix: from γ I, for the last m pairs from old to new,
 * H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ, ρ = 1 / ⟨y, s⟩ (Nocedal & Wright 2006, equation 7.16).
 */
function dense({ maxStep, memory = 8 }: LbfgsOptions, start: Vector, slope: Slope, steps: number): number[][] {
  const n = start.length;
  const pairs: { s: Vector; y: Vector }[] = [];
  const visited: number[][] = [];
  let [x, before] = [[...start], undefined as { x: Vector; g: Vector } | undefined];
  for (let step = 0; step < steps; step++) {
    const g = slope(x);
    if (before) {
      const [s, y] = [x.map((v, i) => v - before!.x[i]!), g.map((v, i) => v - before!.g[i]!)];
      if (dot(s, y) > 1e-6 * norm(s) * norm(y)) pairs.push({ s, y });
      if (pairs.length > memory) pairs.shift();
    }
    const last = pairs.at(-1);
    const gamma = last ? dot(last.s, last.y) / dot(last.y, last.y) : (maxStep * Math.sqrt(n)) / norm(g);
    let H = x.map((_, i) => x.map((_, j) => (i === j ? gamma : 0)));
    for (const { s, y } of pairs) {
      const rho = 1 / dot(s, y);
      const Hy = H.map((row) => dot(row, y));
      const yHy = dot(y, Hy);
      H = H.map((row, i) =>
        row.map((h, j) => h - rho * (s[i]! * Hy[j]! + Hy[i]! * s[j]!) + (rho * rho * yHy + rho) * s[i]! * s[j]!),
      );
    }
    const d = H.map((row) => dot(row, g));
    const shrink = Math.min(1, (maxStep * Math.sqrt(n)) / norm(d));
    before = { x, g };
    x = x.map((v, i) => v - shrink * d[i]!);
    visited.push(x);
  }
  return visited;
}

/** Slope of ½ (x − 1)ᵀ A (x − 1), A = Σ λₖ vₖ vₖᵀ with eigenvalues evenly apart in their logarithms, 1 … condition. */
function quadratic(n: number, condition: number): { slope: Slope; energy: (x: Vector) => number } {
  const random = rng(6);
  const basis: number[][] = [];
  while (basis.length < n) {
    const v = Array.from({ length: n }, () => random.normal());
    for (const b of basis) {
      const along = dot(v, b);
      b.forEach((x, i) => {
        v[i]! -= along * x;
      });
    }
    basis.push(v.map((x) => x / norm(v)));
  }
  const eigenvalue = (k: number): number => condition ** (k / (n - 1));
  const parts = (x: Vector): number[] =>
    basis.map((b) =>
      dot(
        b,
        x.map((v) => v - 1),
      ),
    );
  return {
    slope: (x) => {
      const c = parts(x).map((p, k) => p * eigenvalue(k));
      return x.map((_, i) => c.reduce((s, p, k) => s + p * basis[k]![i]!, 0));
    },
    energy: (x) => parts(x).reduce((s, p, k) => s + (p * p * eigenvalue(k)) / 2, 0),
  };
}

const zeros = (n: number): number[] => new Array(n).fill(0);

describe("agrees with dense BFGS updates", () => {
  it.each([
    [{ maxStep: 10, memory: 8 }, 7],
    [{ maxStep: 10, memory: 2 }, 7],
    [{ maxStep: 0.05, memory: 3 }, 9],
  ])("with %j", async (options, steps) => {
    const { slope } = quadratic(6, 20);
    const got = await descent(lbfgs(options), zeros(6), [1, 6], slope, steps);
    dense(options, zeros(6), slope, steps).forEach((x, step) => {
      // float32 pairs: errors of 1e-7 grow by the condition, 20, from step to step.
      x.forEach((v, i) => {
        expect(Math.abs(got[step]![i]! - v)).toBeLessThan(2e-4);
      });
    });
  });

  it("where pairs without curvature are left out", async () => {
    // cos(3x) bends downwards at the start.
    const slope: Slope = (x) => x.map((v, i) => -3 * Math.sin(3 * v + 0.1 * i) + 0.2 * v);
    const start = [0.1, -0.15, 0.2, 0.05];
    const options = { maxStep: 0.1, memory: 3 };
    const got = await descent(lbfgs(options), start, [1, 4], slope, 8);
    dense(options, start, slope, 8).forEach((x, step) => {
      x.forEach((v, i) => {
        expect(Math.abs(got[step]![i]! - v)).toBeLessThan(1e-4);
      });
    });
  });
});

it("gets to the bottom of a quadratic of condition 1000 in steps in which the best fixed rate does not", async () => {
  const { slope, energy } = quadratic(12, 1000);
  const path = await descent(lbfgs({ maxStep: 1 }), zeros(12), [1, 12], slope, 80);
  let x = zeros(12);
  for (let step = 0; step < 80; step++) {
    const g = slope(x);
    x = x.map((v, i) => v - (2 / 1001) * g[i]!);
  }
  expect(energy(path.at(-1)!)).toBeLessThan(1e-4 * energy(x));
  expect(energy(path.at(-1)!)).toBeLessThan(1e-7 * energy(zeros(12)));
});

it("comes down Rosenbrock's valley", async () => {
  const slope: Slope = ([a, b]) => [-400 * a! * (b! - a! * a!) - 2 * (1 - a!), 200 * (b! - a! * a!)];
  const path = await descent(lbfgs({ maxStep: 0.3 }), [-1.2, 1], [1, 2], slope, 120);
  const [a, b] = path.at(-1)!;
  expect(a).toBeCloseTo(1, 3);
  expect(b).toBeCloseTo(1, 3);
});

it("keeps a history for each picture", async () => {
  const { slope } = quadratic(5, 30);
  const other: Slope = (x) => x.map((v, i) => (i + 1) * (v + 2));
  const both: Slope = (x) => [...slope(x.slice(0, 5)), ...other(x.slice(5))];
  const rule = lbfgs({ maxStep: 0.5, memory: 4 });
  const [first, second, together] = await Promise.all([
    descent(rule, zeros(5), [1, 5], slope, 12),
    descent(rule, zeros(5), [1, 5], other, 12),
    descent(rule, zeros(10), [2, 5], both, 12),
  ]);
  together.forEach((x, step) => {
    [...first[step]!, ...second[step]!].forEach((v, i) => {
      expect(Math.abs(x[i]! - v)).toBeLessThan(1e-5);
    });
  });
});

it("takes no step longer than it may, however steep the slope, and none without a slope", async () => {
  const slope: Slope = (x) => x.map((v) => 1e6 * Math.sign(v) * Math.abs(v) ** 3);
  let before = [3, -2, 1, 5];
  for (const after of await descent(lbfgs({ maxStep: 0.2 }), before, [1, 4], slope, 20)) {
    expect(norm(after.map((x, i) => x - before[i]!)) / 2).toBeLessThan(0.2001);
    before = after;
  }
  const still = await descent(lbfgs({ maxStep: 0.2 }), [1, 2], [1, 2], () => [0, 0], 3);
  expect(still.at(-1)).toEqual([1, 2]);
});
