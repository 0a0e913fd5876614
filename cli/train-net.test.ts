/** @file The net that a run starts from: top-down nets by name, grey data, and settings that do not go together. */

import { expect, test } from "vitest";
import type { Dataset } from "../src/data/dataset.ts";
import { type Given, resolved } from "./train-config.ts";
import { startingNet } from "./train-net.ts";

const data = (channels: 1 | 3): Dataset => ({
  name: "pixels",
  format: "test",
  classes: ["a", "b", "c"],
  items: [0, 1, 2].map((label) => ({
    name: String(label),
    label,
    split: "train",
    source: { kind: "pixels", data: new Uint8Array(28 * 28 * channels), height: 28, width: 28, channels },
  })),
  notes: [],
});
const start = (given: Given, channels: 1 | 3 = 3) => startingNet(resolved(given), data(channels));

test("grey data gets a net that takes grey", async () => {
  const { net, size } = await start({ net: "topdown-lenetfc", width: 3 }, 1);
  expect(size).toBe(28);
  expect(net.input.shape).toEqual(["N", 1, 28, 28]);
  expect(net.preprocessing).toMatchObject({ colour: "grey", range: [0, 1] });
  expect((await start({ net: "lenet" })).net.input.shape).toEqual(["N", 3, 28, 28]);
});

test("a top-down net shrinks its picture as the setting says", async () => {
  const ops = async (given: Given): Promise<string[]> =>
    (await start({ net: "topdown-nin-light", width: 4, ...given })).net.source.nodes.map(({ op }) => op);
  expect(await ops({})).not.toContain("MaxPool");
  expect((await ops({ pyramid: "max" })).filter((op) => op === "MaxPool")).toHaveLength(2);
});

test.each<[Given, RegExp]>([
  [{ net: "bottomup-lenetfc", pyramid: "max" }, /--pyramid is for top-down nets: leave it out with bottomup-lenetfc/],
  [{ net: "topdown-resnet18", stem: "small" }, /--stem is for ResNets: leave it out with topdown-resnet18/],
  [{ from: "net.onnx", pyramid: "max" }, /pyramid and from/],
])("%j is refused", async (given, message) => {
  await expect(start(given)).rejects.toThrow(message);
});
