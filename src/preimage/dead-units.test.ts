/** @file Dead channels in nets where they were put. */

import { expect, it } from "vitest";
import { convNet } from "../../test/fixtures/conv-nets.ts";
import { weights } from "../../test/fixtures/nets.ts";
import { fromNumbers, toNumbers } from "../tensor/tensor.ts";
import { deadUnits, noisePictures, watchedLayers } from "./dead-units.ts";

const cpu = { device: "cpu", threads: 1, size: 16 } as const;

/** Channel 1 never gets above 0, channel 2 is 0.5 whatever it is shown. */
function net() {
  const own = toNumbers(weights([4, 3, 3, 3]));
  const filter = own.map((w, i) => (Math.floor(i / 27) === 2 ? 0 : w));
  return convNet({
    constants: {
      "conv.weight": fromNumbers("float32", filter, [4, 3, 3, 3]),
      "conv.bias": fromNumbers("float32", [0.3, -1000, 0.5, 0.3]),
    },
  });
}

it("tells channels that are never on from those that never change", async () => {
  const model = net();
  const { pictures, layers } = await deadUnits(model, noisePictures(model, { count: 6, size: 16 }), cpu);
  expect(pictures).toBe(6);
  expect(layers.map(({ layer }) => layer)).toEqual(watchedLayers(model).map(({ address }) => address));
  const relu = layers.find(({ layer }) => layer === "relu")!;
  expect(relu).toEqual({ layer: "relu", channels: 4, silent: [1], constant: [2] });
  // Behind no rectifier, an activation below 0 is nothing special.
  expect(layers.find(({ layer }) => layer === "pool")).toMatchObject({ silent: [], constant: [1, 2] });
  expect(layers.find(({ layer }) => layer === "logits")).toMatchObject({ silent: [], constant: [] });
});

it("calls nothing constant that it has seen once", async () => {
  const model = net();
  const { layers } = await deadUnits(model, noisePictures(model, { count: 1, size: 16 }), cpu);
  expect(layers.flatMap(({ constant }) => constant)).toEqual([]);
  const none = await deadUnits(model, [], cpu);
  expect(none.pictures).toBe(0);
  expect(none.layers.flatMap(({ silent }) => silent)).toEqual([]);
});

it("ends with what it has seen when it is stopped", async () => {
  const stop = new AbortController();
  const model = net();
  const { pictures } = await deadUnits(model, noisePictures(model, { count: 9, size: 16 }), {
    ...cpu,
    signal: stop.signal,
    progress: (done) => done === 2 && stop.abort(),
  });
  expect(pictures).toBe(2);
});
