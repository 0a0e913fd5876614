/** @file Training steps against PyTorch's in both memory formats, in turns: pictures per second and peak memory. */

import type { Figure } from "../figure.ts";
import { interleave, once, peakMemory, ratio, type Spread, spread } from "../measure.ts";
import { type TrainingPlan, trainingJob } from "../training.ts";
import type { Entry, Setting } from "./entry.ts";

/** Memory formats of PyTorch, each in a process of its own, so that each has its own peak. */
const forms = ["NCHW", "channels_last"];

const trainEntry = (plan: TrainingPlan, rounds: number): Entry => ({
  name: `train-${plan.net}`,
  about: `training step, SGD, ${plan.net} on ${plan.batch}×3×${plan.size}², ${plan.classes} classes`,
  peers: forms.map((form) => `PyTorch ${form}`),
  run: (setting) =>
    setting.quick ? run({ ...plan, batch: 4, size: Math.min(plan.size, 64) }, 3, setting) : run(plan, rounds, setting),
});

export const trainEntries: readonly Entry[] = [
  trainEntry({ net: "resnet18", classes: 18, batch: 32, size: 128 }, 12),
  trainEntry({ net: "resnet20", classes: 10, batch: 128, size: 32 }, 24),
];

async function run(plan: TrainingPlan, rounds: number, { peers }: Setting): Promise<Figure[]> {
  const { parameters, step, dispose } = await trainingJob(plan);
  const jobs: Record<string, () => Promise<number>> = { ours: step };
  for (const [i, peer] of peers.entries())
    jobs[peer.name] = () => peer.ask({ task: "train", form: forms[i]!, parameters, ...plan });
  const t = await interleave(jobs, { rounds });
  await dispose();

  const rate = (times: readonly number[]): Spread => spread(times.map((ms) => (1000 * plan.batch) / ms));
  const ours = t.ours!;
  const theirs = peers.map(({ name }) => ({ name, times: t[name]! }));
  const figures: Figure[] = [
    { name: "step", unit: "ms", ...spread(ours) },
    { name: "pictures", unit: "img/s", ...rate(ours) },
    ...theirs.map(({ name, times }) => ({ name: `${name} pictures`, unit: "img/s", ...rate(times) }) as const),
  ];
  const [best] = theirs.toSorted((a, b) => spread(a.times).median - spread(b.times).median);
  if (best) {
    const least = Math.min(...(await Promise.all(peers.map((peer) => peer.peak()))));
    figures.push(
      { name: `ours / ${best.name}, the faster`, unit: "×", ...ratio(best.times, ours), target: { above: 1 } },
      { name: "peak memory, ours / PyTorch's least", unit: "×", ...once(peakMemory() / least), target: { below: 1 } },
    );
  }
  return figures;
}
