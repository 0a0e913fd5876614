/** @file What every attack keeps to: it fools a net that is easy to fool, counts, stays in 0…1, and is the same every time. */

import { describe, expect, it } from "vitest";
import { classifierFrom } from "../../test/fixtures/classifiers.ts";
import { rng } from "../tensor/rng.ts";
import type { Attack, Picture } from "./attack.ts";
import { apgdCe, apgdDlr, apgdT } from "./attacks/apgd.ts";
import { bandPgd } from "./attacks/band.ts";
import { blur } from "./attacks/blur.ts";
import { carliniWagner } from "./attacks/carlini-wagner.ts";
import { deepFool } from "./attacks/deepfool.ts";
import { fabT } from "./attacks/fab.ts";
import { hopSkipJump } from "./attacks/hop-skip-jump.ts";
import { miFgsm } from "./attacks/mi-fgsm.ts";
import { blendedNoise, contrast, gaussianNoise, randomDraws, uniformNoise } from "./attacks/noise.ts";
import { fgsm, pgd } from "./attacks/pgd.ts";
import { pointwise, saltAndPepper, singlePixel } from "./attacks/sparse.ts";
import { spatial } from "./attacks/spatial.ts";
import { square } from "./attacks/square.ts";
import { norms } from "./norms.ts";
import { attackAll } from "./run.ts";

/** Four classes by how much a planted pattern, a bright left edge, shows: a little less of it is another class already. */
const net = classifierFrom(4, [1, 4, 4], (g, x) => {
  const edge = g.sub(g.mean(g.slice(x, [3], [0], [2]), [1, 2, 3]), g.mean(g.slice(x, [3], [2], [4]), [1, 2, 3]));
  const shown = g.reshape(edge, [x.shape[0]!, 1]);
  const near = (at: number) => g.neg(g.square(g.mul(g.sub(shown, at), 4)));
  return g.concat([0, 0.35, 0.7, 1].map(near), 1);
});
const pictures: Picture[] = [0, 1, 2].map((item) => {
  const random = rng(6).fork(item);
  return {
    item,
    label: 1,
    image: Float32Array.from({ length: 16 }, (_, i) => (i % 4 < 2 ? 0.6 : 0.4) + random.uniform(-0.005, 0.005)),
  };
});

const { linf, l2 } = norms;
const budget = { norm: linf, eps: 0.1 };
const attacks: readonly Attack[] = [
  fgsm(budget),
  pgd({ ...budget, steps: 5 }),
  pgd({ norm: l2, eps: 0.4, steps: 5 }),
  miFgsm({ ...budget, steps: 5 }),
  apgdCe({ ...budget, steps: 8 }),
  apgdDlr({ ...budget, steps: 8 }),
  apgdT({ ...budget, steps: 8 }),
  fabT({ ...budget, steps: 5 }),
  square({ ...budget, queries: 400 }),
  square({ norm: l2, eps: 0.6, queries: 60 }),
  deepFool({ norm: l2, steps: 10 }),
  carliniWagner({ steps: 30, searches: 3, weight: 1, learningRate: 0.03 }),
  hopSkipJump({ norm: l2, steps: 2, looks: 10 }),
  gaussianNoise({ norm: l2, levels: 20 }),
  uniformNoise({ norm: l2, levels: 20 }),
  blendedNoise({ norm: l2, levels: 20 }),
  contrast({ norm: l2, levels: 20 }),
  randomDraws({ ...budget, draws: 500 }),
  saltAndPepper({ norm: l2, levels: 20 }),
  singlePixel({ norm: l2 }),
  pointwise({ norm: l2 }),
  blur({ norm: l2, levels: 20 }),
  spatial({ norm: l2, shift: 0.3, angles: 3, shifts: 3 }),
  bandPgd({ ...budget, steps: 5, band: "middle" }),
];
const options = { device: "cpu", threads: 1, batch: 3 } as const;

describe.each(attacks.map((method) => [method.name, method] as const))("%s", (_, method) => {
  it("finds the mistake that is there, answers in full, and the same again", async () => {
    const outcomes = await attackAll(net, method, pictures, options);
    expect(outcomes.map((o) => o.item)).toEqual([0, 1, 2]);
    for (const o of outcomes) {
      expect(o).toMatchObject({ success: true, before: 1, label: 1, attack: method.name });
      expect(o.answer).not.toBe(1);
      expect(o.distance).toBeGreaterThan(0);
      expect(o.distance).toBeLessThanOrEqual((method.eps ?? method.norm.largest(16)) + 1e-6);
      expect(o.pixels).toBeGreaterThan(0);
      expect(o.queries).toBeGreaterThan(1);
      expect(o.gradients > 0).toBe(method.gradients);
      expect(o.picture.every((x) => x >= 0 && x <= 1)).toBe(true);
    }
    expect(await attackAll(net, method, [pictures[2]!], options)).toMatchObject([
      { item: 2, answer: outcomes[2]!.answer, queries: outcomes[2]!.queries },
    ]);
    expect(method.source).toMatch(/\d{4}/);
  });
  it("has nothing to do where the net is wrong from the start", async () => {
    const [o] = await attackAll(net, method, [{ ...pictures[0]!, label: 2 }], options);
    expect(o).toMatchObject({ success: true, distance: 0, queries: 1, gradients: 0, before: 1, answer: 1 });
  });
});
