/** @file Steps per second of the `lucid` preset at 128 px, for a middle layer and for the logits, in turns. */

import { type Model, maximize, openModel, specialise } from "../../src/index.ts";
import { parseAddress } from "../../src/model/address.ts";
import { loadModel } from "../../src/model/load.node.ts";
import { macsOf } from "../../src/ops/macs.ts";
import type { Figure } from "../figure.ts";
import { interleave, milliseconds, once, ratio, spread } from "../measure.ts";
import { resnet18 } from "../work.ts";
import type { Entry, Setting } from "./entry.ts";

const SIZE = 128;
/** Steps in a row that make one sample, as in a picture; a step by itself starts with cold caches and sleeping threads. */
const BLOCK = 16;

export const lucidOnResnet: Entry = {
  name: "lucid-resnet18",
  about: `lucid preset at ${SIZE} px on ResNet-18: layer2.1 and logits`,
  peers: ["PyTorch"],
  run: (setting) =>
    run(openModel(resnet18(SIZE)), { middle: "layer2.1:17", logits: "logits:3" }, setting, {
      middle: "layer2.1",
      logits: "logits",
    }),
};

const SQUEEZENET = "../shared/models/squeezenet1.1-rebuilt.onnx";

export const lucidOnSqueezenet: Entry = {
  name: "lucid-squeezenet",
  about: `lucid preset at ${SIZE} px on SqueezeNet 1.1: a layer half-way and the classes`,
  needs: [SQUEEZENET],
  run: async (setting) => {
    const model = await loadModel(SQUEEZENET);
    const { layers } = model;
    const middle = layers.filter((l) => l.node.op === "Concat")[3]!;
    return run(model, { middle: `${middle.address}:17`, logits: `${layers.at(-1)!.address}:3` }, setting);
  },
};

type Two<T> = { readonly middle: T; readonly logits: T };

async function run(
  model: Model,
  addresses: Two<string>,
  { quick, peers: [peer] }: Setting,
  torch?: Two<string>,
): Promise<Figure[]> {
  const steps = 100_000;
  const runs = {
    middle: maximize(model, addresses.middle, { preset: "lucid", size: SIZE, steps, seed: 1 }),
    logits: maximize(model, addresses.logits, { preset: "lucid", size: SIZE, steps, seed: 1 }),
  };
  const block = (one: () => Promise<number>) => async (): Promise<number> => {
    let sum = 0;
    for (let i = 0; i < BLOCK; i++) sum += await one();
    return sum / BLOCK;
  };
  const step = (which: keyof typeof runs) => block(() => milliseconds(() => runs[which].next()));
  const ask = (layer: string) => block(() => peer!.ask({ task: "lucid", size: SIZE, batch: 1, layer }));
  const t = await interleave(
    {
      middle: step("middle"),
      logits: step("logits"),
      ...(peer && torch && { torchMiddle: ask(torch.middle), torchLogits: ask(torch.logits) }),
    },
    { rounds: quick ? 3 : 16, warmUp: quick ? 1 : 2 },
  );
  for (const generator of Object.values(runs)) await generator.return(undefined as never);

  const rate = (times: readonly number[]) => spread(times.map((ms) => 1000 / ms));
  const macs = (address: string): number => {
    const { layer } = parseAddress(model, address);
    const shapes = { [model.input.name]: [1, 3, SIZE, SIZE] };
    return macsOf(specialise(model.source, { shapes, outputs: [layer.value] }).graph);
  };
  const times = ratio(t.middle, t.logits);
  const percent = { median: 100 * times.median, low: 100 * times.low, high: 100 * times.high, count: times.count };
  const figures: Figure[] = [
    { name: `steps, ${addresses.middle}`, unit: "steps/s", ...rate(t.middle) },
    { name: `steps, ${addresses.logits}`, unit: "steps/s", ...rate(t.logits) },
    { name: "middle / logits, time", unit: "%", ...percent },
    {
      name: "middle / logits, MACs of the net",
      unit: "%",
      ...once((100 * macs(addresses.middle)) / macs(addresses.logits)),
    },
  ];
  const { torchMiddle, torchLogits } = t;
  if (torchMiddle && torchLogits)
    figures.push(
      { name: "PyTorch steps, middle", unit: "steps/s", ...rate(torchMiddle) },
      { name: "PyTorch steps, logits", unit: "steps/s", ...rate(torchLogits) },
      { name: "ours / PyTorch, middle", unit: "×", ...ratio(torchMiddle, t.middle), target: { above: 3 } },
      { name: "ours / PyTorch, logits", unit: "×", ...ratio(torchLogits, t.logits), target: { above: 1.5 } },
    );
  return figures;
}
