/** @file Peak memory of single jobs, each in a process of its own. */

import { maximize, openModel } from "../../src/index.ts";
import { forwardGraph, gradientGraph, job, resnet18 } from "../work.ts";
import type { Entry } from "./entry.ts";

/** Its peak is that of the process, which every entry reports. */
const memory = (name: string, about: string, work: () => Promise<void>): Entry => ({
  name: `memory-${name}`,
  about: `peak memory: ${about}`,
  run: async () => {
    await work();
    return [];
  },
});

async function twice(graph: Parameters<typeof job>[0]): Promise<void> {
  const { run, program } = await job(graph);
  await run();
  await run();
  await program.dispose();
}

export const memoryEntries: readonly Entry[] = [
  memory("model", "ResNet-18 (47 MB of weights) opened, nothing run", async () => {
    openModel(resnet18(224));
  }),
  memory("forward", "ResNet-18 at 224², forward", () => twice(forwardGraph(resnet18(224)))),
  memory("gradient", "ResNet-18 at 224², input gradient", () => twice(gradientGraph(resnet18(224)))),
  memory("lucid", "16 lucid steps of a logit of ResNet-18 at 128 px", async () => {
    const run = maximize(openModel(resnet18(128)), "logits:3", { preset: "lucid", size: 128, steps: 16, seed: 1 });
    for await (const _ of run);
  }),
];
