import { expect, test } from "vitest";
import type { Value } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { serialise } from "../ops/serialise.ts";
import { makeImage } from "../tensor/image.ts";
import { tensor } from "../tensor/tensor.ts";
import { mainLayers } from "./main-layers.ts";
import { openModel } from "./model.ts";

/** conv → relu, then residual blocks relu(x + conv(relu(conv(x)))), then the mean and a bias. */
function residualNet(blocks: number) {
  const g = builderOf();
  const conv = (x: Value): Value => {
    const weights = makeImage(4 * x.shape[1]!, 3, 3, (c, y, k) => Math.sin(c + 3 * y + k));
    const w = g.constant(tensor("float32", [4, x.shape[1]!, 3, 3], weights.data));
    return g.op("Conv", [x, w], { pads: [1, 1, 1, 1] });
  };
  const named = (label: string, make: () => Value): Value => {
    g.label = label;
    return make();
  };
  const input = g.input("image", "float32", [1, 3, 8, 8]);
  let x = named("stem", () => g.op("Relu", [conv(input)]));
  for (let i = 0; i < blocks; i++) {
    const before = x;
    const branch = named(`inner${i}`, () => conv(g.op("Relu", [conv(before)])));
    x = named(`block${i}`, () => g.op("Relu", [g.add(before, branch)]));
  }
  const code = named("pool", () => g.reshape(g.mean(x, [2, 3]), [1, 4]));
  g.output(
    named("score", () => g.add(code, g.numbers([1, 2, 3, 4], [4], "float32"))),
    "scores",
  );
  return openModel(serialise(g.graph));
}

const namesOf = (layers: ReturnType<typeof mainLayers>): string[] => layers.map(({ node }) => node.name);

test("main layers are what everything flows through, finished by its activation or bias", () => {
  const layers = mainLayers(residualNet(2));
  expect(layers.map(({ op }) => op).slice(0, 3)).toEqual(["Relu", "Relu", "Relu"]);
  expect(namesOf(layers).some((name) => name.startsWith("inner"))).toBe(false);
  expect(namesOf(layers).filter((name) => name.startsWith("block"))).toHaveLength(2);
  expect(layers.at(-1)?.address).toBe("logits");
});

test("a limit keeps the first and the last", () => {
  const net = residualNet(6);
  const all = namesOf(mainLayers(net, 100));
  const some = namesOf(mainLayers(net, 3));
  expect(some).toHaveLength(3);
  expect([some[0], some[2]]).toEqual([all[0], all.at(-1)]);
  expect(all).toContain(some[1]);
});
