/** @file Attacks by name, curves of those that seek the smallest change, and suites that are no cascade. */

import { describe, expect, it } from "vitest";
import { distances, linearNet, rightPictures } from "../../test/fixtures/classifiers.ts";
import type { Outcome } from "./attack.ts";
import { attackNamed, attackNames, catalogue, plainName, readAttacks } from "./catalogue.ts";
import { curve, curveOfSmallest } from "./curve.ts";
import { norms } from "./norms.ts";
import { type AttackRecord, recordOf } from "./record.ts";
import { suite } from "./suite.ts";

const options = { device: "cpu", threads: 1 } as const;
const net = linearNet(4, [1, 4, 4]);
const pictures = rightPictures(net, 6);
const exact = pictures.map((p) => distances(net, p).linf).sort((a, b) => a - b);

describe("names", () => {
  it("make attacks that carry them, with the budget where there is one", () => {
    for (const name of attackNames) {
      const { seeks, norms: in_, takes } = catalogue[name];
      const norm = norms[in_?.[0] ?? "l2"];
      const effort = Object.fromEntries(takes.map((key) => [key, 3]));
      const method = attackNamed(name, { ...effort, norm, ...(seeks !== "any" && { eps: 0.1 }) });
      expect(plainName(method.name)).toBe(name);
      expect([method.norm.name, method.eps]).toEqual([norm.name, seeks === "any" ? undefined : 0.1]);
      if (seeks === "budget") expect(() => attackNamed(name, { norm })).toThrow("needs an eps");
      else expect(attackNamed(name, { norm }).eps).toBeUndefined();
    }
  });
  it("are read with blanks and underscores, once each, and mistakes get the nearest", () => {
    expect(readAttacks(" PGD, fab_t,pgd", norms.linf)).toEqual(["pgd", "fab-t"]);
    expect(() => readAttacks("sqare", norms.linf)).toThrow(/there is no "sqare": did you mean square/);
    expect(() => readAttacks("cw", norms.linf)).toThrow("works in l2, not in linf");
    expect(() => readAttacks(" , ", norms.linf)).toThrow("expected names");
  });
});

describe("curves", () => {
  const epsilons = [0, (exact[2]! + exact[3]!) / 2, exact[5]! * 1.1];
  const smallest = attackNamed("fab-t", { norm: norms.linf, steps: 15 });

  it("of the smallest change stand where the exact distances lie, by one run that is never made twice", async () => {
    const known = new Map<number, AttackRecord>();
    const runs: string[] = [];
    const each = (run: string, o: Outcome) => {
      runs.push(run);
      known.set(o.item, recordOf(o));
    };
    const points = [];
    for await (const p of curveOfSmallest(net, smallest, () => pictures, epsilons, { ...options, each }))
      points.push(p);
    expect(points.map(({ accuracy }) => accuracy.value)).toEqual([1, 3 / 6, 0]);
    expect([runs.length, new Set(runs).size]).toEqual([6, 1]);
    known.delete(pictures[0]!.item);
    const again = [];
    const more = { ...options, each, from: () => new Map(known) };
    for await (const p of curveOfSmallest(net, smallest, () => pictures, epsilons, more)) again.push(p);
    expect(runs).toHaveLength(7);
    expect(again.map(({ accuracy }) => accuracy)).toEqual(points.map(({ accuracy }) => accuracy));
  });

  it("that are cut short yield no point", async () => {
    const stop = new AbortController();
    stop.abort();
    const make = (eps: number) => attackNamed("pgd", { norm: norms.linf, eps, steps: 2 });
    for await (const p of curve(net, make, () => pictures, epsilons, { ...options, signal: stop.signal }))
      expect.unreachable(`a point at ${p.eps}`);
  });
});

it("without a cascade every attack is run on all pictures, and says what it leaves alone", async () => {
  const eps = exact[3]! * 1.2;
  const attacks = (["pgd", "apgd-ce"] as const).map((name) => attackNamed(name, { norm: norms.linf, eps, steps: 10 }));
  const begun: [string, number | undefined][] = [];
  const running = suite(net, () => pictures, {
    ...options,
    attacks,
    cascade: false,
    key: "mine",
    begin: (...args) => begun.push(args),
  });
  for (;;) {
    const next = await running.next();
    if (!next.done) continue;
    const { perAttack, robustAccuracy, record } = next.value;
    const within = exact.filter((d) => d < eps).length;
    expect(record.key).toBe("mine");
    expect(begun).toEqual([
      ["clean", undefined],
      ["pgd-linf", 6],
      ["apgd-ce-linf", 6],
    ]);
    for (const a of Object.values(perAttack)) {
      expect(a).toMatchObject({ attacked: 6, alone: { value: (6 - a.fooled) / 6 } });
      expect(a.fooled).toBeLessThanOrEqual(within);
      expect(a.fooled).toBeGreaterThan(0);
    }
    expect(robustAccuracy.value).toBeCloseTo(1 - Math.max(...Object.values(perAttack).map((a) => a.fooled)) / 6, 6);
    return;
  }
});
