/** @file How fast pictures come from the cache: `npx tsx bench/loader.ts`, one JSON line for each augmentation and number of threads. */

import { augmentations } from "../src/data/augmentation.ts";
import { type Dataset, selectSplit } from "../src/data/dataset.ts";
import { openLoader } from "../src/data/loader.node.ts";
import { openDataset } from "../src/data/open.node.ts";
import { syntheticFlowers } from "../src/data/synthetic.ts";

const [size, batchSize, seconds] = [128, 32, 4];
const photos: Dataset = await openDataset("../shared/data/flowers18").then(
  (data) => selectSplit(data, "val"),
  () => syntheticFlowers({ classes: 4, size: 224, count: 256 }),
);

for (const augmentation of ["none", "light", "standard", "strong"] as const)
  for (const workers of [1, 2]) {
    const loader = openLoader(photos, { size, batchSize, augmentation: augmentations[augmentation], workers });
    const batches = loader.stream();
    // The first epoch decodes; what follows is the rate of all further ones.
    const began = performance.now();
    for (let i = 0; i < loader.batches; i++) await batches.next();
    const first = (loader.batches * batchSize * 1000) / (performance.now() - began);
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    let pictures = 0;
    for (; performance.now() - start < 1000 * seconds; pictures += batchSize) await batches.next();
    const wall = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    await loader.close();
    console.log(
      JSON.stringify({
        data: photos.name,
        augmentation,
        workers,
        firstEpochPerSecond: Math.round(first),
        perSecond: Math.round(pictures / wall),
        perCpuSecond: Math.round((pictures * 1e6) / (user + system)),
      }),
    );
  }
