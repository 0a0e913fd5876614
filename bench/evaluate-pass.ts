/** @file One pass over drawn pictures with a net that is not trained; prints the peak memory: `evaluate-pass.ts COUNT`. */

import { openLoader } from "../src/data/loader.node.ts";
import { syntheticFlowers } from "../src/data/synthetic.ts";
import { netSource, nets } from "../src/nets/net.ts";
import { evaluate } from "../src/training/evaluate.ts";
import { peakMemory } from "./measure.ts";
import { preprocessing } from "./training.ts";

const [SIZE, BATCH] = [128, 32];

const data = syntheticFlowers({ classes: 6, size: SIZE, count: Number(process.argv[2]) });
const source = netSource(nets.resnet18({ classes: 6, width: 8 }), { picture: [3, SIZE, SIZE], seed: 1 });
const loader = openLoader(data, { size: SIZE, batchSize: BATCH, cacheBytes: 0 });
const net = { source, input: source.inputs[0]!, preprocessing };
const { n } = await evaluate(net, loader.epoch(), { classes: data.classes, device: "cpu" });
await loader.close();
process.stdout.write(`${JSON.stringify({ pictures: n, peak: peakMemory() })}\n`);
