/**
 * @file Measures the mean amplitude spectrum of a folder of photos, for pictures whose spectrum is held fixed.
 *
 *     npx tsx scripts/measure-spectrum.ts FOLDER [--size 256] [--most 2000] [--seed 0] [--out spectrum.json]
 *
 * Of more than `most` photos, that many are drawn. An --out that ends in .ts gets a module, as src/tensor/flower-spectrum.ts.
 */

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { shuffle } from "../src/data/dataset.ts";
import { diskTree } from "../src/data/tree.node.ts";
import { isPicture } from "../src/data/tree.ts";
import { decodeImage } from "../src/tensor/image.node.ts";
import type { Image } from "../src/tensor/image.ts";
import { measureSpectrum } from "../src/tensor/measure-spectrum.ts";
import { writeSpectrum } from "../src/tensor/natural-spectrum.ts";
import { rng } from "../src/tensor/rng.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: "string", default: "256" },
    most: { type: "string", default: "2000" },
    seed: { type: "string", default: "0" },
    out: { type: "string" },
  },
});
const size = Number(values.size);
const tree = await diskTree(positionals[0] ?? ".");
const pictures = tree.files.filter(isPicture);
const order = shuffle([...pictures.keys()], rng(Number(values.seed)));
const files = order.slice(0, Number(values.most)).map((i) => pictures[i]!);

async function* photos(): AsyncGenerator<Image> {
  for (const [i, file] of files.entries()) {
    yield (await decodeImage(await tree.read(file), { shorterSide: size })).image;
    if ((i + 1) % 100 === 0) console.error(`${i + 1} of ${files.length} photos`);
  }
}

const spectrum = await measureSpectrum(photos(), { size });
const text = writeSpectrum(spectrum);
const name = positionals[0]?.match(/\w+(?=\W*$)/)?.[0];
const module = `/** @file The mean spectrum of photos of flowers, as scripts/measure-spectrum.ts measured it of ${name} at ${size} pixels. */

import type { Spectrum } from "./natural-spectrum.ts";

export const flowerSpectrum: Spectrum = ${JSON.stringify(spectrum)};
`;
if (values.out) writeFileSync(values.out, values.out.endsWith(".ts") ? module : `${text}\n`);
else console.log(text);
