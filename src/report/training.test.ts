/** @file The report of a training run: what it draws and tells, and that it stands alone. */

import { describe, expect, test } from "vitest";
import { curvesFigure, thinned, ticks } from "./curves.ts";
import { confusionSvg, trainingPage } from "./training.ts";

describe("curves", () => {
  test("ticks are round numbers within the range", () => {
    expect(ticks(0, 1, 5).map((x) => Number(x.toFixed(9)))).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(-3, 17, 4)).toEqual([0, 5, 10, 15]);
    expect(ticks(0.0123, 0.0131, 4).map((x) => Number(x.toFixed(9)))).toEqual([0.0124, 0.0126, 0.0128, 0.013]);
  });

  test("many points are averaged, and what is no number is left out", () => {
    const points = Array.from({ length: 1000 }, (_, i) => [i, i % 2 === 0 ? 1 : 3] as const);
    expect(thinned(points, 100)).toHaveLength(100);
    expect(thinned(points, 100)[0]).toEqual([4.5, 2]);
    expect(
      thinned([
        [0, 1],
        [1, Number.NaN],
        [2, 3],
      ]),
    ).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test("the lowest and the highest point lie on the frame", () => {
    const svg = curvesFigure(
      [
        {
          name: "a",
          points: [
            [0, 5],
            [1, 7],
            [2, 6],
          ],
        },
      ],
      { title: "loss", xTitle: "epoch" },
    );
    const [first, second, third] = /points="([^"]*)"/
      .exec(svg)![1]!
      .split(" ")
      .map((p) => p.split(",").map(Number));
    expect([first![0], second![0], third![0]]).toEqual([56, 342, 628]);
    expect([first![1], second![1], third![1]]).toEqual([240, 14, 127]);
  });

  test("one point, equal points and none are no trouble", () => {
    const options = { title: "loss", xTitle: "epoch" };
    for (const points of [
      [[3, 1]],
      [
        [1, 2],
        [2, 2],
      ],
    ] as const)
      expect(curvesFigure([{ name: "a", points }], options)).not.toContain("NaN");
    expect(curvesFigure([{ name: "a", points: [] }], options)).toContain("nothing yet");
  });
});

test("a confusion tells every pair that occurs", () => {
  const svg = confusionSvg(
    ["a", "b<"],
    [
      [3, 1],
      [0, 2],
    ],
  );
  expect(svg.match(/<title>[^<]*/g)).toEqual([
    "<title>a → a: 3 of 4",
    "<title>a → b&lt;: 1 of 4",
    "<title>b&lt; → b&lt;: 2 of 2",
  ]);
});

test("the page stands alone, whatever names say", () => {
  const html = trainingPage({
    title: "<script>alert(1)</script>",
    words: "w",
    facts: { "top-1": "0.5 & more" },
    loss: [{ name: "training", points: [[0, 1]] }],
    accuracy: [],
    rate: [],
    validation: {
      title: "t",
      classes: [
        { label: "known", n: 2, recall: 1, precision: Number.NaN, f1: 1 },
        { label: "unknown", n: 2, recall: 0.5, precision: 1, f1: 0.66 },
        { label: "absent", n: 0, recall: Number.NaN, precision: Number.NaN, f1: Number.NaN },
      ],
      confusion: [
        [2, 0, 0],
        [1, 1, 0],
        [0, 0, 0],
      ],
      mistakes: [
        { source: "data:image/png;base64,AA==", name: `"><b>`, label: "unknown", answer: "known", confidence: 0.876 },
      ],
    },
    config: '{"lr": 1}',
  });
  expect(html).not.toMatch(/<script|https?:|src="(?!data:)|NaN/);
  expect(html).toContain("0.5 &amp; more");
  expect(html).toContain("taken for <b>known</b> at 88 %");
  expect(html.match(/<tr><td>[^<]*/g)).toEqual(["<tr><td>unknown", "<tr><td>known"]);
});
