/** @file Makes docs/images/units.png: what four channels and four classes of two nets want to see. Needs ../shared/models. */

import { writeFileSync } from "node:fs";
import { loadModel } from "../src/model/load.node.ts";
import { maximize } from "../src/preimage/maximize.ts";
import { encodePng, labelledGrid } from "../src/tensor/image.node.ts";
import type { Image } from "../src/tensor/image.ts";

const models = "../shared/models";
const labels = `${models}/imagenet-simple-labels.json`;
const tiles = [
  {
    file: "squeezenet1.1-rebuilt.onnx",
    steps: 256,
    addresses: ["concat2:20", "concat4:50", "concat6:100", "concat8:77"],
  },
  {
    file: "mobilenetv2-fp32-int8fc-rebuilt.onnx",
    steps: 384,
    addresses: ["logits:daisy", "logits:strawberry", "logits:peacock", "logits:jack-o'-lantern"],
  },
];

const pictures: Image[] = [];
for (const { file, steps, addresses } of tiles) {
  const model = await loadModel(`${models}/${file}`, { labels });
  for (const address of addresses) {
    const run = maximize(model, address, { size: 160, steps, seed: 1 });
    let next = await run.next();
    while (!next.done) next = await run.next();
    pictures.push(next.value.image);
    console.error(`${address}: activation ${next.value.activation.end.toFixed(1)}`);
  }
}
const names = tiles.flatMap(({ addresses }) => addresses);
writeFileSync("docs/images/units.png", await encodePng(await labelledGrid(pictures, names, { columns: 4 })));
