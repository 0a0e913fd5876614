/**
 * @file Measures the mean amplitude spectrum of a folder of photos, for pictures whose spectrum is held fixed.
 *
 *     npx tsx scripts/measure-spectrum.ts PHOTOS [--size 256] [--most 2000] [--out spectrum.json]
 *
 * PHOTOS is a folder, an archive or a data set. Of more than `most` photos, that many are taken, evenly spread; each is cut to its
 * middle square. An --out that ends in .ts gets a module, as src/tensor/flower-spectrum.ts.
 */

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { openPhotos } from "../src/preimage/photos.node.ts";
import { samplePhotos } from "../src/preimage/photos-source.ts";
import type { Image } from "../src/tensor/image.ts";
import { measureSpectrum } from "../src/tensor/measure-spectrum.ts";
import { writeSpectrum } from "../src/tensor/natural-spectrum.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: "string", default: "256" },
    most: { type: "string", default: "2000" },
    out: { type: "string" },
  },
});
const [size, most] = [Number(values.size), Number(values.most)];
const sample = samplePhotos(await openPhotos(positionals[0] ?? "."), { side: size, count: most });

async function* photos(): AsyncGenerator<Image> {
  let done = 0;
  for await (const { image } of sample) {
    yield image;
    if (++done % 100 === 0) console.error(`${done} photos`);
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
