/** @file WebAssembly against native: the input gradient of ResNet-18 at 64² and 128². */

import type { Figure } from "../figure.ts";
import { interleave, ratio, spread } from "../measure.ts";
import { gradientGraph, job, resnet18 } from "../work.ts";
import type { Entry } from "./entry.ts";

export const wasm: Entry = {
  name: "wasm",
  about: "input gradient of ResNet-18 on wasm and native, 64² and 128²",
  run: async ({ quick }) => {
    const figures: Figure[] = [];
    for (const size of quick ? [64] : [64, 128]) {
      const graph = gradientGraph(resnet18(size));
      const [native, portable] = [await job(graph, { device: "cpu" }), await job(graph, { device: "wasm" })];
      const t = await interleave({ native: native.run, wasm: portable.run }, { rounds: quick ? 3 : 15 });
      await native.program.dispose();
      await portable.program.dispose();
      figures.push(
        { name: `native, ${size}²`, unit: "ms", ...spread(t.native) },
        { name: `wasm, ${size}²`, unit: "ms", ...spread(t.wasm) },
        { name: `wasm / native, ${size}²`, unit: "×", ...ratio(t.wasm, t.native), target: { below: 6 } },
      );
    }
    return figures;
  },
};
