/** @file Makes docs/images/flowers.png: what eight classes and four channels of the flower net want to see. */

import { writeFileSync } from "node:fs";
import { shippedModel } from "../src/model/shipped.node.ts";
import { maximizeEach } from "../src/preimage/maximize.ts";
import { encodePng, labelledGrid } from "../src/tensor/image.node.ts";

const classes = ["sunflower", "tigerlily", "bluebell", "daffodil", "fritillary", "daisy", "pansy", "windflower"];
const channels = ["layer1.1:7", "layer2.1:12", "layer3.1:24", "layer4.1:60"];
const addresses = [...classes.map((name) => `logits:${name}`), ...channels];

const run = maximizeEach(await shippedModel(), addresses, { size: 128, steps: 512, seed: 1 });
let next = await run.next();
while (!next.done) next = await run.next();
const pictures = next.value.map((picture) => picture!.image);
const names = [...classes, ...channels];
writeFileSync("docs/images/flowers.png", await encodePng(await labelledGrid(pictures, names, { columns: 4 })));
