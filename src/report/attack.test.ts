/** @file The attack's page: it stands alone, says what failed first, and escapes what it is given. */

import { expect, test } from "vitest";
import { type AttackReport, attackPage } from "./attack.ts";

const row = { attacked: 4, fooled: 1, alone: 0.75, interval: [0.3, 0.95], queries: 12, gradients: 11 } as const;
const curve = (name: string) => ({
  name,
  points: [
    [0, 1],
    [0.1, 0.5],
  ] as const,
});
const report: AttackReport = {
  title: "How robust is <net>?",
  words: "words",
  facts: { budget: "linf 8/255" },
  attacks: [
    { ...row, name: "pgd", robustAccuracy: 0.75, distance: 0.03 },
    { ...row, name: "square", alone: undefined, robustAccuracy: 0.5, distance: Number.NaN },
  ],
  leftOut: { "apgd-t": "needs 4 classes, and the net has 3" },
  checks: [
    { name: "first", status: "passed", says: "well" },
    { name: "second", status: "not applicable", says: "none" },
    { name: "third", status: "failed", says: "not <b>well</b>" },
  ],
  checkWords: "look",
  curves: ["a", "b", "c", "d", "e"].map(curve),
  curveWords: "falls",
  xTitle: "eps (linf)",
  examples: [
    {
      attack: "pgd",
      label: '"rose"',
      answer: "daisy",
      size: "0.03",
      pictures: ["data:image/png;base64,AA==", "data:image/png;base64,AB==", "data:image/png;base64,AC=="],
    },
  ],
  config: "{}",
};
const html = attackPage(report);

test("failed checks stand first, and nothing that is given becomes HTML", () => {
  const at = ["third", "first", "second"].map((name) => html.indexOf(`<b>${name}</b>`));
  expect(at.every((x) => x > 0)).toBe(true);
  expect([...at].sort((a, b) => a - b)).toEqual(at);
  expect(html).toContain("not &lt;b&gt;well&lt;/b&gt;");
  expect(html).toContain("&lt;net&gt;");
  expect(html).not.toContain("<net>");
});

test("nothing is loaded, and all is there: attacks, what was left out, curves by fours, three pictures an example", () => {
  expect(html).not.toMatch(/(?:src|href)="(?!data:)/);
  expect(html.match(/<svg /g)).toHaveLength(2);
  expect(html.match(/<img /g)).toHaveLength(3);
  expect(html).toContain("needs 4 classes");
  expect(html).toContain("<td>75.0 %</td>");
  expect(html).toContain("<td>–</td>");
  expect(html).not.toContain("NaN");
  expect(attackPage({ ...report, curves: [], examples: [], checks: [] })).not.toContain("<img");
});
