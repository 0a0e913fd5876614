/** @file The records of an attack: whole lines come back, a torn one does not, and other work begins anew. */

import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Outcome } from "../src/robustness/attack.ts";
import { planOf } from "./attack-flags.ts";
import { Records } from "./attack-records.ts";

const folder = mkdtempSync(join(tmpdir(), "fovea-records-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const outcome = (item: number, success: boolean): Outcome => ({
  item,
  label: 1,
  attack: "pgd-linf",
  before: 1,
  answer: success ? 2 : 1,
  success,
  distance: 0.1,
  pixels: 3,
  queries: 7,
  gradients: 6,
  zeroGradients: 0,
  saturated: 1,
  picture: new Float32Array(3),
  untouched: new Float32Array(3),
});
const check = { name: "zero gradients", status: "passed", says: "fine", numbers: { share: 0 } } as const;

function filled(path: string): void {
  const records = new Records(path, "work");
  const record = {
    key: "net, pgd-linf 0.1",
    pictures: { 4: { label: 1, clean: 1, attacks: {} }, 9: { label: 1, clean: 0, attacks: {} } },
  };
  records.looked(record, 4);
  records.looked(record, 9);
  records.attacked(outcome(4, true));
  records.ran("pgd-linf 0.2", outcome(4, false));
  records.checked(check, "2 2 10");
  records.close();
}

test("what was written is there again, key and all", () => {
  const path = join(folder, "whole.jsonl");
  filled(path);
  const again = new Records(path, "work");
  expect(again.found).toBe(4);
  expect(again.suite()).toEqual({
    key: "work",
    pictures: {
      4: {
        label: 1,
        clean: 1,
        attacks: {
          "pgd-linf": {
            success: true,
            answer: 2,
            distance: 0.1,
            queries: 7,
            gradients: 6,
            zeroGradients: 0,
            saturated: 1,
          },
        },
      },
      9: { label: 1, clean: 0, attacks: {} },
    },
  });
  expect(again.runs.get("pgd-linf 0.2")?.get(4)).toMatchObject({ success: false });
  expect([again.checks("2 2 10").get(check.name), again.checks("3 2 10").size]).toEqual([check, 0]);
});

test("a line that was cut short is taken away, and the next one stands on a line of its own", () => {
  const path = join(folder, "torn.jsonl");
  filled(path);
  const before = readFileSync(path, "utf8");
  appendFileSync(path, '{"item":9,"run":"pgd-li');
  const again = new Records(path, "work");
  expect(again.found).toBe(4);
  again.checked({ ...check, name: "other" }, "1");
  again.close();
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  expect(lines.slice(0, -1)).toEqual(before.trimEnd().split("\n"));
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ check: { name: "other" } });
});

test("records of other work, and --fresh, begin anew", () => {
  for (const [work, fresh] of [
    ["other", false],
    ["work", true],
  ] as const) {
    const path = join(folder, `anew-${work}.jsonl`);
    filled(path);
    const again = new Records(path, work, fresh);
    expect([again.found, again.suite().pictures, again.runs.size]).toEqual([0, {}, 0]);
    expect(readFileSync(path, "utf8")).toBe("");
  }
});

test("plans: eps as fractions, in its norm, and what goes together", () => {
  const base = { data: "x", norm: "linf", checkPictures: 64, draws: 10, examples: 4 };
  const plan = (more: object) => planOf({ ...base, ...more });
  expect(plan({})).toMatchObject({ suite: "standard", eps: 8 / 255, names: [], checks: true });
  expect(plan({ norm: "L2" })).toMatchObject({ eps: 0.5, norm: { name: "l2" } });
  expect(plan({ norm: "l2", eps: "3" }).eps).toBe(3);
  expect(plan({ attack: "pgd, fgsm,pgd" })).toMatchObject({ suite: "named", names: ["pgd", "fgsm"], checks: false });
  expect(plan({ suite: "curve", eps: "0.1" }).epsilons).toEqual([0, 0.0125, 0.025, 0.05, 0.1, 0.2, 0.4]);
  expect(plan({ suite: "curve", eps: "0.5" }).epsilons.at(-1)).toBe(1);
  expect(plan({ suite: "curve", epsilons: "4/255,1/255" }).epsilons).toEqual([1 / 255, 4 / 255]);
  for (const [more, words] of [
    [{ eps: "8" }, "8 of 255 is 8/255"],
    [{ eps: "256" }, "from 0 to 1"],
    [{ eps: "-0.1" }, "from 0 to 1"],
    [{ eps: "much" }, "such as 8/255"],
    [{ norm: "l1" }, "expected linf or l2"],
    [{ attack: "pdg" }, "did you mean pgd"],
    [{ attack: "cw" }, "works in l2"],
    [{ attack: "fgsm", steps: 5 }, "--steps"],
    [{ epsilons: "0.1" }, "--suite curve"],
    [{ suite: "curve", attack: "spatial" }, "knows no eps"],
    [{ targeted: true, target: "rose" }, "not both"],
    [{ views: 4 }, "--eot"],
    [{ suite: "curve", transferFrom: "net.onnx" }, "--transfer-from"],
  ] as const)
    expect(() => plan(more), JSON.stringify(more)).toThrow(words);
});
