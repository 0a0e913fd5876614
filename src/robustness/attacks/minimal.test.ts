/** @file Attacks that look for the smallest change find the exact one on linear nets; Square follows its schedule. */

import { describe, expect, it } from "vitest";
import { classifierFrom, distances, linearNet, rightPictures } from "../../../test/fixtures/classifiers.ts";
import { builderOf } from "../../ops/builder.ts";
import { compile } from "../../runtime/compile.ts";
import { rng } from "../../tensor/rng.ts";
import { fromNumbers, tensor } from "../../tensor/tensor.ts";
import type { Attack } from "../attack.ts";
import { ontoHyperplane } from "../hyperplane.ts";
import { type NormName, norms } from "../norms.ts";
import { attackAll } from "../run.ts";
import { carliniWagner } from "./carlini-wagner.ts";
import { deepFool } from "./deepfool.ts";
import { fabT } from "./fab.ts";
import { hopSkipJump } from "./hop-skip-jump.ts";
import { square, squarePart, squareSide } from "./square.ts";

const options = { device: "cpu", threads: 1 } as const;
const net = linearNet(3, [1, 3, 4]);
const pictures = rightPictures(net, 3);

/** Name, the factor and the length by which it may go beyond the nearest boundary, norms, attack. */
const minimal: readonly (readonly [string, number, number, readonly NormName[], (norm: NormName) => Attack])[] = [
  ["fab-t", 1.02, 0, ["linf", "l2"], (norm) => fabT({ norm: norms[norm], steps: 20 })],
  ["deepfool", 1.03, 1e-4, ["linf", "l2"], (norm) => deepFool({ norm: norms[norm], steps: 5 })],
  ["cw", 1.05, 0, ["l2"], () => carliniWagner({ steps: 120, searches: 7, weight: 0.05, learningRate: 0.005 })],
  ["hop-skip-jump", 1.15, 0, ["linf", "l2"], (norm) => hopSkipJump({ norm: norms[norm], steps: 12, looks: 60 })],
];

describe("on a linear net", () => {
  it.each(minimal)(
    "%s finds the smallest change, within a factor of %d and %d",
    async (_, factor, beyond, which, make) => {
      for (const norm of which)
        for (const o of await attackAll(net, make(norm), pictures, options)) {
          const exact = distances(net, pictures[o.item]!)[norm];
          expect(o.success).toBe(true);
          expect(o.distance).toBeGreaterThanOrEqual(exact * (1 - 1e-4));
          // Down its own slope an attack may end at another class than the nearest; there it is exact too.
          expect(o.distance).toBeLessThan(factor * (distances(net, pictures[o.item]!, o.answer)[norm] + beyond));
        }
    },
  );

  it.each(minimal)("%s keeps to a target", async (_, factor, __, which, make) => {
    const [norm] = which;
    const [own] = pictures;
    const z = net.answer(own!.image);
    const target = [0, 1, 2].reduce((a, b) => (z[b]! < z[a]! ? b : a));
    const [o] = await attackAll(net, make(norm!), [{ ...own!, target }], options);
    // The way to the least likely class may lead past the third one.
    if (!o!.success) return;
    expect(o!.answer).toBe(target);
    expect(o!.distance / distances(net, own!, target)[norm!]).toBeGreaterThan(0.999);
    expect(factor).toBeGreaterThan(1);
  });

  it("DeepFool goes 1.02 (distance + 10⁻⁴), as its authors' code", async () => {
    for (const norm of ["linf", "l2"] as const)
      for (const o of await attackAll(net, deepFool({ norm: norms[norm] }), pictures, options))
        expect(o.distance).toBeCloseTo(1.02 * (distances(net, pictures[o.item]!, o.answer)[norm] + 1e-4), 6);
  });

  it("Square reaches the worst case of a small picture, and counts its queries", async () => {
    for (const norm of ["linf", "l2"] as const) {
      const own = linearNet(3, [1, 5, 5], 4);
      const some = rightPictures(own, 2);
      const exact = some.map((p) => distances(own, p)[norm]);
      const over = await attackAll(
        own,
        square({ norm: norms[norm], eps: 1.6 * Math.max(...exact), queries: 300 }),
        some,
        options,
      );
      for (const o of over) expect(o).toMatchObject({ success: true, gradients: 0 });
      const under = await attackAll(
        own,
        square({ norm: norms[norm], eps: 0.99 * Math.min(...exact), queries: 20 }),
        some,
        options,
      );
      for (const o of under) {
        expect(o).toMatchObject({ success: false, queries: 21 });
        expect(o.distance).toBeLessThanOrEqual(0.99 * Math.min(...exact) + 1e-6);
      }
    }
  });
});

describe("on a net with kinks", () => {
  it("DeepFool's steps, which shrink towards the boundary, are not lost in rounding", async () => {
    const random = rng(7);
    const numbers = (n: number, m: number) =>
      tensor("float32", [n, m], random.fillNormal(new Float32Array(n * m), 0, 4 / Math.sqrt(n)));
    const [first, second] = [numbers(25, 40), numbers(40, 3)];
    const kinked = classifierFrom(3, [1, 5, 5], (g, images) => {
      const flat = g.reshape(images, [images.shape[0]!, 25]);
      const z = g.matmul(g.op("Relu", [g.matmul(flat, g.constant(first))]), g.constant(second));
      // What all logits have in common coarsens their rounding, as the depth of a real net does.
      return g.add(z, 300);
    });
    const some = Array.from({ length: 60 }, (_, item) => {
      const image = random.fillUniform(new Float32Array(25));
      return { item, image, label: item % 3 };
    });
    const outcomes = await attackAll(kinked, deepFool({ norm: norms.l2 }), some, options);
    expect(outcomes.filter(({ success }) => !success).map(({ item }) => item)).toEqual([]);
  });
});

describe("Square's schedule", () => {
  it("halves the part of the pixels at the published queries", () => {
    const part = (query: number) => squarePart(query, 10_000);
    expect([10, 11, 50, 51, 200, 201, 500, 501].map(part)).toEqual([0.8, 0.4, 0.4, 0.2, 0.2, 0.1, 0.1, 0.05]);
    expect([1001, 2001, 4001, 6001, 8001].map((q) => 0.8 / part(q))).toEqual([32, 64, 128, 256, 512]);
    // With 5,000 queries everything happens twice as soon.
    expect([5, 6].map((q) => squarePart(q, 5000))).toEqual([0.8, 0.4]);
  });
  it("makes squares of that part; in L2 odd ones", () => {
    expect([0.8, 0.4, 0.0016].map((p) => squareSide(norms.linf, p, 32, 32))).toEqual([29, 20, 1]);
    expect([0.8, 0.4, 0.0016].map((p) => squareSide(norms.l2, p, 32, 32))).toEqual([29, 21, 3]);
  });
});

describe("the projection onto a hyperplane in the box", () => {
  it("is feasible and as near as a host's bisection, for random planes", async () => {
    const [n, d] = [12, 9];
    const random = rng(11).fork("planes");
    const x = random.fillUniform(new Float32Array(n * d));
    const w = random.fillNormal(new Float32Array(n * d));
    // The plane goes through another point of the box, so that it can be reached.
    const through = random.fillUniform(new Float32Array(n * d));
    const b = Float32Array.from({ length: n }, (_, i) => dot(w, through, i, d));
    for (const norm of [norms.linf, norms.l2]) {
      const g = builderOf();
      const shape = [n, 1, 3, 3];
      const input = (name: string, s: readonly number[]) => g.input(name, "float32", s);
      g.output(ontoHyperplane(g, norm, input("x", shape), input("w", shape), input("b", [n, 1, 1, 1])), "z");
      const program = await compile(g.graph, options);
      const { z } = await program.run({
        x: tensor("float32", shape, x),
        w: tensor("float32", shape, w),
        b: fromNumbers("float32", b, [n, 1, 1, 1]),
      });
      await program.dispose();
      const found = z!.data as Float32Array;
      for (let i = 0; i < n; i++) {
        const own = (v: Float32Array) => v.slice(i * d, (i + 1) * d);
        expect(dot(w, found, i, d)).toBeCloseTo(b[i]!, 4);
        expect(own(found).every((v) => v >= 0 && v <= 1)).toBe(true);
        const best = bisected(own(x), own(w), b[i]!, norm === norms.linf);
        expect(norm.distance(own(found), own(x))).toBeCloseTo(norm.distance(best, own(x)), 4);
      }
    }
  });

  it.each([
    [1, 1e3],
    [1e-3, 40],
    [3e-38, 40],
  ])("ends in the corner where slopes of %d miss the box by %d, and leaves pixels without a slope", async (size, b) => {
    const signs = [1, -1, 0, 1];
    for (const norm of Object.values(norms)) {
      const g = builderOf();
      const input = (name: string, s: readonly number[]) => g.input(name, "float32", s);
      const shape = [2, 1, 1, 4];
      g.output(ontoHyperplane(g, norm, input("x", shape), input("w", shape), input("b", [2, 1, 1, 1])), "z");
      const program = await compile(g.graph, options);
      const { z } = await program.run({
        x: fromNumbers("float32", [0.2, 0.4, 0.6, 0.8, 0.2, 0.4, 0.6, 0.8], shape),
        w: fromNumbers(
          "float32",
          [...signs, ...signs].map((s) => s * size),
          shape,
        ),
        b: fromNumbers("float32", [b, -b], [2, 1, 1, 1]),
      });
      await program.dispose();
      expect([...(z!.data as Float32Array)]).toEqual([1, 0, Math.fround(0.6), 1, 0, 1, Math.fround(0.6), 0]);
    }
  });
});

const dot = (a: Float32Array, b: Float32Array, i: number, d: number): number =>
  Array.from({ length: d }, (_, j) => a[i * d + j]! * b[i * d + j]!).reduce((s, v) => s + v, 0);

/** By halving the multiplier between 0 and where everything is clipped. */
function bisected(x: Float32Array, w: Float32Array, b: number, signs: boolean): Float32Array {
  const value = (z: Float32Array): number => z.reduce((s, v, i) => s + v * w[i]!, 0);
  const side = value(x) > b ? -1 : 1;
  const at = (t: number): Float32Array =>
    x.map((v, i) => Math.min(1, Math.max(0, v + side * t * (signs ? Math.sign(w[i]!) : w[i]!))));
  let [low, high] = [0, 1e4];
  for (let i = 0; i < 80; i++) {
    const t = (low + high) / 2;
    if (side * (value(at(t)) - b) < 0) low = t;
    else high = t;
  }
  return at(high);
}
