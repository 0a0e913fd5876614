/** @file Loading of pictures from the cache, by augmentation and threads, against a training step of ResNet-18. */

import { augmentations } from "../../src/data/augmentation.ts";
import { type Dataset, selectSplit } from "../../src/data/dataset.ts";
import { openLoader } from "../../src/data/loader.node.ts";
import { openDataset } from "../../src/data/open.node.ts";
import { syntheticFlowers } from "../../src/data/synthetic.ts";
import type { Figure } from "../figure.ts";
import { interleave, milliseconds, once, ratio, spread } from "../measure.ts";
import { trainingJob } from "../training.ts";
import type { Entry, Setting } from "./entry.ts";

const [SIZE, BATCH] = [128, 32];
/** Pictures of an epoch. */
const COUNT = 384;
const levels = ["none", "light", "standard", "strong"] as const;

export const loader: Entry = {
  name: "loader",
  about: `pictures at ${SIZE} px from the loader, by augmentation and threads, against a step of ResNet-18`,
  run,
};

/** Photos where they are there, else drawn flowers of about their size. */
const pictures = (): Promise<Dataset> =>
  openDataset("../shared/data/flowers18").then(
    (data) => ({ ...data, items: selectSplit(data, "train").items.slice(0, COUNT) }),
    () => syntheticFlowers({ classes: 18, size: 256, count: COUNT }),
  );

async function run({ quick }: Setting): Promise<Figure[]> {
  const [size, batch] = quick ? [64, 4] : [SIZE, BATCH];
  const data = quick ? syntheticFlowers({ classes: 4, size: 64, count: 32 }) : await pictures();
  const job = await trainingJob({ net: "resnet18", classes: 18, batch, size });
  const steps: number[] = [];
  const first: Figure[] = [];
  const rates: Figure[] = [];
  for (const level of levels) {
    const loaders = [1, 2].map((workers) => {
      const loader = openLoader(data, { size, batchSize: batch, augmentation: augmentations[level], workers });
      let epoch = 0;
      /** Milliseconds a batch, over an epoch: at its end no work is left over that would go on in another's turn. */
      const perBatch = async (): Promise<number> => {
        const whole = milliseconds(async () => {
          for await (const _ of loader.epoch(epoch++));
        });
        return (await whole) / loader.batches;
      };
      return { name: `${level}, ${workers} thread${workers > 1 ? "s" : ""}`, loader, perBatch };
    });
    for (const { name, perBatch } of loaders) {
      // Threads start and pictures are decoded.
      const ms = await perBatch();
      if (level === "none") first.push({ name: `first epoch, ${name}`, unit: "img/s", ...once((1000 * batch) / ms) });
    }
    const jobs: Record<string, () => Promise<number>> = { step: job.step };
    for (const { name, perBatch } of loaders) jobs[name] = perBatch;
    const t = await interleave(jobs, { rounds: quick ? 2 : 6, warmUp: 1 });
    steps.push(...t.step!);
    for (const { name, loader } of loaders) {
      const times = t[name]!;
      await loader.close();
      rates.push(
        { name, unit: "img/s", ...spread(times.map((ms) => (1000 * batch) / ms)) },
        { name: `${name} / step`, unit: "×", ...ratio(t.step!, times), target: { above: 3 } },
      );
    }
  }
  await job.dispose();
  return [
    { name: "step of ResNet-18", unit: "img/s", ...spread(steps.map((ms) => (1000 * batch) / ms)) },
    ...first,
    ...rates,
  ];
}
