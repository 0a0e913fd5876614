/** @file FGSM, PGD, MI-FGSM and APGD: what they must reach on linear nets, and their rules as published. */

import { describe, expect, it } from "vitest";
import { classifierFrom, distances, linearNet, rightPictures } from "../../../test/fixtures/classifiers.ts";
import type { Attack } from "../attack.ts";
import { type NormName, norms } from "../norms.ts";
import { attack, attackAll } from "../run.ts";
import { apgdCe, apgdDlr, apgdT, checkpoints, halves } from "./apgd.ts";
import { miFgsm } from "./mi-fgsm.ts";
import { fgsm, pgd } from "./pgd.ts";

const options = { device: "cpu", threads: 1 } as const;
const net = linearNet(5, [3, 4, 4]);
const pictures = rightPictures(net, 6);

const climbers: readonly (readonly [string, number, (norm: NormName, eps: number) => Attack])[] = [
  ["pgd", 2, (norm, eps) => pgd({ norm: norms[norm], eps, steps: 12, stepSize: eps / 2 })],
  ["mi-fgsm", 2, (norm, eps) => miFgsm({ norm: norms[norm], eps })],
  ["apgd-ce", 2, (norm, eps) => apgdCe({ norm: norms[norm], eps, steps: 16 })],
  ["apgd-dlr", 3, (norm, eps) => apgdDlr({ norm: norms[norm], eps, steps: 16 })],
  ["apgd-t", 4, (norm, eps) => apgdT({ norm: norms[norm], eps, steps: 16 })],
];

describe("on a linear net", () => {
  it.each(climbers)("%s fools it just beyond the exact distance, and never before", async (_, classes, make) => {
    const own = linearNet(classes, [1, 3, 4]);
    const some = rightPictures(own, 3);
    for (const norm of ["linf", "l2"] as const) {
      const exact = some.map((p) => distances(own, p)[norm]);
      // Up its own slope an attack may head for another class than the nearest.
      const all = some.flatMap((p) =>
        own.weights.flatMap((_, c) => (c === p.label ? [] : [distances(own, p, c)[norm]])),
      );
      const [under, over] = [Math.min(...exact) * 0.98, Math.max(...all) * 1.05];
      for (const o of await attackAll(own, make(norm, under), some, options)) {
        expect(o.success).toBe(false);
        expect(o.distance).toBeLessThanOrEqual(under + 1e-6);
      }
      for (const o of await attackAll(own, make(norm, over), some, options)) {
        expect(o).toMatchObject({ success: true, zeroGradients: 0, before: o.label });
        expect(o.distance).toBeLessThanOrEqual(over + 1e-6);
        expect(o.picture.every((x) => x >= 0 && x <= 1)).toBe(true);
      }
    }
  });

  it("a targeted PGD reaches the target at its exact distance, an untargeted one the worst margin of two classes", async () => {
    for (const norm of ["linf", "l2"] as const) {
      const picture = { ...pictures[0]!, target: (pictures[0]!.label + 1) % 5 };
      const exact = distances(net, picture, picture.target)[norm];
      const two = linearNet(2, [1, 3, 3], 5);
      const [own] = rightPictures(two, 1);
      const far = distances(two, own!)[norm];
      const eps = far / 2;
      const [tried] = await attackAll(two, pgd({ norm: norms[norm], eps, steps: 30, stepSize: eps }), [own!], options);
      const z = two.answer(own!.image);
      const before = z[own!.label]! - z[1 - own!.label]!;
      const after = two.answer(tried!.picture);
      // The margin falls in proportion to the distance: half way it has halved.
      expect((after[own!.label]! - after[1 - own!.label]!) / before).toBeCloseTo(0.5, 3);
      const reached = await attackAll(net, pgd({ norm: norms[norm], eps: exact * 1.3 }), [picture], options);
      expect(reached[0]!.answer).toBe(picture.target);
      const short = await attackAll(net, pgd({ norm: norms[norm], eps: exact * 0.98 }), [picture], options);
      expect(short[0]!.success).toBe(false);
    }
  });

  it("FGSM is one step of eps along the sign, and counts its passes", async () => {
    const eps = 0.01;
    const [out] = await attackAll(net, fgsm({ norm: norms.linf, eps }), pictures.slice(0, 1), options);
    const [picture] = pictures;
    const z = net.answer(picture!.image);
    const e = z.map((x) => Math.exp(x - Math.max(...z)));
    const sum = e.reduce((s, x) => s + x, 0);
    const slope = picture!.image.map((_, i) =>
      net.weights.reduce((s, w, c) => s + (e[c]! / sum - (c === picture!.label ? 1 : 0)) * w[i]!, 0),
    );
    out!.picture.forEach((x, i) => {
      expect(x).toBeCloseTo(picture!.image[i]! + eps * Math.sign(slope[i]!), 6);
    });
    // The first look, one gradient, one look at the result.
    expect(out).toMatchObject({ queries: 3, gradients: 1, success: false });
  });

  it("MI-FGSM follows its published rule", async () => {
    const [two, steps, eps, decay] = [linearNet(2, [1, 2, 2], 3), 4, 0.02, 0.7];
    const [own] = rightPictures(two, 1, 4);
    const [out] = await attackAll(two, miFgsm({ norm: norms.l2, eps, steps, decay }), [own!], options);
    const toward = two.weights[1 - own!.label]!.map((w, i) => w - two.weights[own!.label]![i]!);
    const l1 = toward.reduce((s, x) => s + Math.abs(x), 0);
    let m = toward.map(() => 0);
    const x = own!.image.slice();
    for (let n = 0; n < steps; n++) {
      m = m.map((old, i) => decay * old + toward[i]! / l1);
      const size = Math.hypot(...m);
      x.forEach((_, i) => {
        x[i]! += ((eps / steps) * m[i]!) / size;
      });
    }
    out!.picture.forEach((v, i) => {
      expect(v).toBeCloseTo(x[i]!, 5);
    });
  });
});

describe("APGD's schedule", () => {
  it("has the published checkpoints", () => {
    // 22 % of the steps, then 19, 16, 13, 10, 7, 6, 6 more.
    expect(checkpoints(100)).toEqual([22, 41, 57, 70, 80, 87, 93, 99]);
  });
  it("halves after too few rises, or a best that stands still at a length that did not change", () => {
    const best = { now: 2, before: 1 };
    expect(halves([0, 1, 2, 3, 4], best, false)).toBe(false);
    expect(halves([0, 1, 0, 1, 0], best, false)).toBe(true);
    // 3 of 4 rises are exactly ρ.
    expect(halves([0, 1, 2, 3, 0], best, false)).toBe(true);
    expect(halves([0, 1, 2, 3, 4], { now: 1, before: 1 }, false)).toBe(true);
    expect(halves([0, 1, 2, 3, 4], { now: 1, before: 1 }, true)).toBe(false);
  });
});

describe("batches", () => {
  const method = pgd({ norm: norms.linf, eps: 0.03, steps: 6, restarts: 2 });

  it("do not change what happens to a picture", async () => {
    const together = await attackAll(net, method, pictures, { ...options, batch: 4 });
    const reversed = await attackAll(net, method, pictures.toReversed(), { ...options, batch: 4 });
    expect(reversed).toEqual(together);
    const again = await attackAll(net, method, pictures.slice(2, 6), { ...options, batch: 4 });
    expect(again).toEqual(together.slice(2, 6));
    const other = await attackAll(net, method, pictures, { ...options, batch: 4, seed: 2 });
    expect(other.some((o, i) => o.picture.some((x, j) => x !== together[i]!.picture[j]))).toBe(true);
  });

  it("yield what is finished when they are stopped", async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const running = attack(net, method, pictures, {
      ...options,
      batch: 2,
      signal: stop.signal,
      progress: ({ done }) => {
        if (done === 2) stop.abort();
      },
    });
    for await (const { item } of running) seen.push(item);
    expect(seen.length).toBeGreaterThanOrEqual(2);
    expect(seen.length).toBeLessThan(pictures.length);
  });
});

describe("what cannot work", () => {
  const run = (method: Attack, picture = pictures[0]!) => attackAll(net, method, [picture], options);
  it("is said", async () => {
    await expect(run(pgd({ norm: norms.linf, eps: 8 }))).rejects.toThrow("8 of 255 is 8/255 = 0.0314");
    await expect(run(pgd({ norm: norms.l2, eps: -1 }))).rejects.toThrow("eps: expected a number from 0 to 6.928");
    await expect(run(pgd({ norm: norms.linf, eps: 0.1 }), { ...pictures[0]!, label: -1 })).rejects.toThrow(
      "need labelled pictures",
    );
    await expect(
      attackAll(linearNet(3, [1, 2, 2]), apgdT({ norm: norms.linf, eps: 0.1 }), [], options),
    ).rejects.toThrow("apgd-t-linf needs a net of at least 4 classes");
  });
});

describe("masked nets", () => {
  it("with hard-quantised input have zero gradients, which are counted", async () => {
    const hard = classifierFrom(5, net.picture, (g, x) => net.logits(g, g.div(g.op("Round", [g.mul(x, 8)]), 8), {}));
    const own = pictures.map((p) => ({ ...p, label: answerOfRounded(p.image) }));
    const outcomes = await attackAll(hard, pgd({ norm: norms.linf, eps: 0.03, steps: 5 }), own, options);
    for (const o of outcomes) expect(o.success || (o.zeroGradients === 5 && o.gradients === 5)).toBe(true);
  });
  it("with saturated logits stop cross-entropy, which is counted, and not DLR", async () => {
    const sure = classifierFrom(5, net.picture, (g, x) => g.mul(net.logits(g, x, {}), 1e5));
    const eps = Math.max(...pictures.map((p) => distances(net, p).linf)) * 1.2;
    const ce = await attackAll(sure, apgdCe({ norm: norms.linf, eps, steps: 20 }), pictures, options);
    const dlr = await attackAll(sure, apgdDlr({ norm: norms.linf, eps, steps: 20 }), pictures, options);
    expect(dlr.every((o) => o.success)).toBe(true);
    const stuck = ce.filter((o) => !o.success);
    expect(stuck.length).toBeGreaterThan(0);
    for (const o of stuck) expect([o.zeroGradients, o.saturated]).toEqual([o.gradients, o.queries]);
  });
});

const answerOfRounded = (image: Float32Array): number => {
  const z = net.answer(image.map((x) => Math.round(x * 8) / 8));
  return z.indexOf(Math.max(...z));
};
