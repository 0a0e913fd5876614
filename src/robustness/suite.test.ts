/** @file The suite and its checks: the worst case a picture, resumed without redoing, and masked nets caught. */

import { describe, expect, it } from "vitest";
import { classifierFrom, distances, type Linear, linearNet, rightPictures } from "../../test/fixtures/classifiers.ts";
import { wilson } from "../tensor/statistics.ts";
import type { Attack } from "./attack.ts";
import { pgd } from "./attacks/pgd.ts";
import { checklist } from "./checks/all.ts";
import type { Check } from "./checks/check.ts";
import { plantedExamples, separate } from "./checks/planted.ts";
import type { Classifier } from "./classifier.ts";
import { curve } from "./curve.ts";
import { norms } from "./norms.ts";
import type { SuiteRecord } from "./record.ts";
import { type SuiteOptions, type SuiteResult, standardAttacks, suite } from "./suite.ts";

const options = { device: "cpu", threads: 1 } as const;
const net = linearNet(4, [1, 4, 4]);
const pictures = rightPictures(net, 8);
const exact = pictures.map((p) => distances(net, p).linf);
const eps = [...exact].sort((a, b) => a - b)[4]! * 0.999;
const attacks = standardAttacks({ norm: norms.linf, eps, steps: 12, queries: 40 });

async function run(
  o: Partial<SuiteOptions> = {},
  each: (record: SuiteRecord) => void = () => {},
  own: Classifier = net,
  some = pictures,
): Promise<SuiteResult> {
  const running = suite(own, () => some, { ...options, attacks, ...o });
  for (;;) {
    const next = await running.next();
    if (next.done) return next.value;
    each(next.value.record);
  }
}

describe("the standard suite", () => {
  it("fools exactly the pictures whose boundary is within eps, each once", async () => {
    const result = await run();
    const within = exact.filter((d) => d < eps).length;
    expect(result).toMatchObject({ n: 8, complete: true, norm: "linf", leftOut: {} });
    expect(result.clean).toEqual({ value: 1, interval: wilson(8, 8) });
    expect(result.robustAccuracy).toEqual({ value: (8 - within) / 8, interval: wilson(8 - within, 8) });
    expect(Object.keys(result.perAttack)).toEqual(["apgd-ce-linf", "apgd-t-linf", "fab-t-linf", "square-linf"]);
    const summaries = Object.values(result.perAttack);
    expect(summaries.reduce((s, a) => s + a.fooled, 0)).toBe(within);
    summaries.forEach((a, i) => {
      const before = summaries.slice(0, i).reduce((s, b) => s + b.fooled, 0);
      expect(a.attacked).toBe(8 - before);
    });
    for (const [item, p] of Object.entries(result.record.pictures))
      expect(Object.values(p.attacks).some((a) => a.success)).toBe(exact[+item]! < eps);
  });

  it("counts pictures that are answered wrong as lost, and attacks them not", async () => {
    const wrong = pictures.map((p, i) => (i < 2 ? { ...p, label: (p.label + 1) % 4 } : p));
    const result = await run({ attacks: attacks.slice(0, 1) }, undefined, net, wrong);
    expect(result.clean.value).toBe(6 / 8);
    expect(result.perAttack["apgd-ce-linf"]!.attacked).toBe(6);
  });

  it("goes on from where it stopped, through JSON, to the same end, redoing nothing", async () => {
    const whole = await run();
    const stop = new AbortController();
    let saved = "";
    const part = await run({ signal: stop.signal, batch: 2 }, (record) => {
      saved = JSON.stringify(record);
      if (Object.values(record.pictures).filter((p) => "apgd-ce-linf" in p.attacks).length === 3) stop.abort();
    });
    expect(part.complete).toBe(false);
    const from = JSON.parse(saved) as SuiteRecord;
    const done = structuredClone(from);
    let runs = 0;
    const rest = await run({ from, progress: () => runs++ });
    expect(rest.perAttack).toEqual(whole.perAttack);
    for (const [item, p] of Object.entries(done.pictures))
      for (const [name, a] of Object.entries(p.attacks)) expect(rest.record.pictures[item]!.attacks[name]).toEqual(a);
    const again = runs;
    await run({ from: rest.record, progress: () => runs++ });
    expect([again > 0, runs - again]).toEqual([true, 0]);
    await expect(run({ from: rest.record, seed: 9 })).rejects.toThrow("the record is of other work");
  });

  it("names the attacks that need more classes", async () => {
    const two = linearNet(2, [1, 3, 3]);
    const result = await run({}, undefined, two, rightPictures(two, 2));
    expect(result.leftOut).toEqual({ "apgd-t-linf": "needs 4 classes, and the net has 2" });
    expect(Object.keys(result.perAttack)).toEqual(["apgd-ce-linf", "fab-t-linf", "square-linf"]);
  });

  it("draws a curve that falls where the exact distances lie", async () => {
    const epsilons = [0, eps, Math.max(...exact) * 1.6];
    const points = [];
    for await (const p of curve(
      net,
      (e) => pgd({ norm: norms.linf, eps: e, steps: 10 }),
      () => pictures,
      epsilons,
      options,
    ))
      points.push(p);
    expect(points.map((p) => p.eps)).toEqual(epsilons);
    expect([points[0]!.accuracy.value, points[2]!.accuracy.value]).toEqual([1, 0]);
    // PGD on the cross-entropy may miss what heads for another class.
    expect(points[1]!.accuracy.value).toBeGreaterThanOrEqual(exact.filter((d) => d >= eps).length / 8);
  });
});

async function checksOf(
  own: Classifier,
  some = pictures,
  more: readonly Classifier[] = [],
  used: readonly Attack[] = attacks,
) {
  const { record } = await run({ attacks: used }, undefined, own, some);
  const found: Record<string, Check> = {};
  const all = checklist({
    net: own,
    pictures: some,
    norm: norms.linf,
    eps,
    record,
    attacks: used,
    options,
    steps: 8,
    draws: 64,
    others: more,
  });
  for await (const check of all) found[check.name] = check;
  return found;
}

describe("the checklist", () => {
  it("passes a linear net, with and without another to transfer from", async () => {
    const found = await checksOf(net, pictures, [linearNet(4, [1, 4, 4], 7)]);
    expect(Object.values(found).map(({ name, status }) => `${name}: ${status}`)).toEqual([
      "eps 0 equals clean accuracy: passed",
      "success grows with eps and reaches all: passed",
      "success grows with iterations: passed",
      "iterative attacks beat one step: passed",
      "white-box beats black-box: passed",
      "white-box beats random draws: passed",
      "white-box beats transfer: passed",
      "a gradient-free attack was run: passed",
      "zero gradients: passed",
      "softmax saturation: passed",
      "band-limited PGD: passed",
      "planted adversarial examples are found: passed",
    ]);
    expect(found["planted adversarial examples are found"]!.numbers.planted).toBeGreaterThan(4);
    for (const { says } of Object.values(found)) expect(says.length).toBeGreaterThan(20);
  });

  it("catches a net whose input is hard-quantised", async () => {
    const round = (x: Float32Array) => x.map((v) => Math.round(v * 64) / 64);
    const hard = classifierFrom(4, net.picture, (g, x) => net.logits(g, g.div(g.op("Round", [g.mul(x, 64)]), 64), {}));
    const found = await checksOf(hard, relabelled(net, round));
    expect(found["zero gradients"]).toMatchObject({ status: "failed", numbers: { share: 1, picturesWithout: 8 } });
    expect(found["planted adversarial examples are found"]!.status).not.toBe("passed");
    expect(found["white-box beats transfer"]!.status).toBe("not applicable");
    expect(found["eps 0 equals clean accuracy"]!.status).toBe("passed");
  });

  it("catches a net whose logits are saturated", async () => {
    const sure = classifierFrom(4, net.picture, (g, x) => g.mul(net.logits(g, x, {}), 1e6));
    const found = await checksOf(sure);
    expect(found["softmax saturation"]!.status).toBe("failed");
    expect(found["zero gradients"]!.status).toBe("failed");
  });
});

const relabelled = (own: Linear, change: (x: Float32Array) => Float32Array) =>
  pictures.map((p) => {
    const z = own.answer(change(p.image));
    return { ...p, label: z.indexOf(Math.max(...z)) };
  });

describe("planting", () => {
  it("parts one point from the others by a line, where there is one", () => {
    const inner = [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ].map((z) => Float32Array.from(z));
    const outer = Float32Array.of(2, 2);
    const { w, b } = separate(inner, outer)!;
    const at = (z: Float32Array) => w[0]! * z[0]! + w[1]! * z[1]! + b[0]!;
    expect(at(outer)).toBeCloseTo(1, 5);
    expect(Math.max(...inner.map(at))).toBeCloseTo(-1, 5);
    expect(separate(inner, Float32Array.of(0.5, 0.5))).toBeUndefined();
    expect(
      separate(
        inner.map(() => Float32Array.of(1, 1)),
        outer,
      ),
    ).toBeUndefined();
  });
  it("is not to be had at eps 0", async () => {
    const record = { key: "", pictures: {} };
    const check = await plantedExamples({
      net,
      pictures,
      norm: norms.l2,
      eps: 0,
      record,
      attacks,
      options,
      steps: 4,
      draws: 1,
      others: [],
    });
    expect(check.status).toBe("not applicable");
  });
});
