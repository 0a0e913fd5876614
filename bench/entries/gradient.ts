/** @file ResNet-18 at 224²: forward, forward with the input gradient, against each other and against plain MatMul. */

import { macsOf } from "../../src/ops/macs.ts";
import type { Figure } from "../figure.ts";
import { interleave, milliseconds, ratio, spread } from "../measure.ts";
import { forwardGraph, gradientGraph, job, matmulGraph, resnet18 } from "../work.ts";
import type { Entry, Setting } from "./entry.ts";

const MATMUL = 2048;

export const gradientEntry = (batch: number): Entry => ({
  name: `gradient-${batch}`,
  about: `ResNet-18 at 224², batch ${batch}: forward, input gradient, MatMul ${MATMUL}³`,
  peers: ["PyTorch"],
  run: (setting) => run(batch, setting),
});

async function run(batch: number, { quick, peers: [peer] }: Setting): Promise<Figure[]> {
  const size = quick ? 64 : 224;
  const file = resnet18(size);
  const graphs = {
    forward: forwardGraph(file, batch),
    gradient: gradientGraph(file, batch),
    matmul: matmulGraph(MATMUL),
  };
  const forward = await job(graphs.forward);
  const grad = await job(graphs.gradient);
  const matmul = await job(graphs.matmul);
  const request = { size, batch };
  const t = await interleave(
    {
      forward: forward.run,
      gradient: grad.run,
      matmul: matmul.run,
      ...(peer && {
        torchForward: () => peer.ask({ task: "forward", ...request }),
        torchGradient: () => peer.ask({ task: "gradient", ...request }),
      }),
    },
    { rounds: quick ? 3 : batch === 1 ? 40 : 10 },
  );
  for (const { program } of [forward, grad, matmul]) await program.dispose();

  // Time that the multiply–accumulates alone would take at the rate of the round's MatMul, over the time taken.
  const [perForward, perGradient] = [macsOf(graphs.forward) / MATMUL ** 3, macsOf(graphs.gradient) / MATMUL ** 3];
  const share = (per: number, times: readonly number[]) => {
    const { median, low, high, count } = ratio(
      t.matmul.map((m) => 100 * per * m),
      times,
    );
    return { median, low, high, count };
  };
  const builds: number[] = [];
  for (let i = 0; i < (quick ? 1 : 3); i++) {
    // A name of its own, as equal graphs share a session.
    const graph = gradientGraph(file, batch, `dx${i}`);
    builds.push(await milliseconds(async () => (await job(graph)).program.dispose()));
  }
  const graphTimes = await interleave(
    { graph: () => milliseconds(async () => gradientGraph(file, batch)) },
    { rounds: quick ? 1 : 5, warmUp: 1 },
  );
  return [
    { name: "forward", unit: "ms", ...spread(t.forward) },
    { name: "forward + input gradient", unit: "ms", ...spread(t.gradient) },
    { name: "gradient / forward", unit: "×", ...ratio(t.gradient, t.forward), target: { below: 2.4 } },
    { name: `MatMul ${MATMUL}³`, unit: "ms", ...spread(t.matmul) },
    { name: "forward, of MatMul's rate", unit: "%", ...share(perForward, t.forward) },
    { name: "gradient, of MatMul's rate", unit: "%", ...share(perGradient, t.gradient) },
    { name: "graph built", unit: "ms", ...spread(graphTimes.graph) },
    { name: "session built", unit: "ms", ...spread(builds) },
    ...(t.torchForward && t.torchGradient
      ? ([
          { name: "PyTorch forward", unit: "ms", ...spread(t.torchForward) },
          { name: "PyTorch gradient", unit: "ms", ...spread(t.torchGradient) },
          {
            name: "PyTorch gradient / ours",
            unit: "×",
            ...ratio(t.torchGradient, t.gradient),
            ...(batch === 1 && { target: { above: 1.5 } }),
          },
        ] satisfies Figure[])
      : []),
  ];
}
