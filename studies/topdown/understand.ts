/** @file `npx tsx studies/topdown/understand.ts`: is a top-down net easier to understand than its bottom-up twin? Measured, as tables and strips. */

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Ending } from "../../cli/exit.ts";
import { isFile, writeOutput } from "../../cli/files.ts";
import { openParts } from "../../cli/report-parts.ts";
import { progressLine, say } from "../../cli/say.ts";
import { stopSignal } from "../../cli/stop.ts";
import type { MethodName } from "../../src/attribution/methods.ts";
import { methodNames } from "../../src/attribution/methods.ts";
import { expect, InputError } from "../../src/error.ts";
import { photoTexture } from "../../src/preimage/measure-picture.ts";
import { openPhotos } from "../../src/preimage/photos.node.ts";
import { samplePhotos } from "../../src/preimage/photos-source.ts";
import { doPieces } from "../../src/preimage/report-pieces.ts";
import { curvesFile } from "../../src/report/curves.ts";
import { encodePng } from "../../src/tensor/image.node.ts";
import { fitCrop, type Image } from "../../src/tensor/image.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { fovea } from "./run.ts";
import { levelPieces } from "./understand-levels.ts";
import { mapStrip } from "./understand-map-strip.ts";
import { mapPieces } from "./understand-maps.ts";
import { openPair, type Pair } from "./understand-pair.ts";
import {
  classPieces,
  classStrip,
  inversionPieces,
  inversionStrip,
  type PicturesOptions,
} from "./understand-pictures.ts";
import {
  classPictures,
  coarsened,
  faithful,
  keptBy,
  opened,
  pointed,
  type Understood,
  understoodText,
} from "./understand-write.ts";

const usage = `npx tsx studies/topdown/understand.ts --a BOTTOMUP.onnx --b TOPDOWN.onnx --data DATA --out FOLDER
npx tsx studies/topdown/understand.ts --train NET,NET --data DATA --out FOLDER [-- flags of fovea train]

Measures a bottom-up net and its top-down twin on the same pictures, and writes FOLDER/understand.md, .json and strips:
class activation maps without enlarging, deletion and insertion, pointing where the flower's place is known (synthetic
flowers), decisions from coarse to fine, what classes want to see and what layers keep, level by level.

  --a, --b FILE           the bottom-up net, and the top-down one
  --train NET,NET         trains both in FOLDER first: bottomup-lenetfc,topdown-lenetfc; with a width, NET:16
  --data DATA             as 'fovea evaluate' knows it, or synthetic:classes=6,count=900,size=32,scale=0.5
  --split NAME            (test)                     --limit N            pictures (200)
  --methods LIST          (cam,gradient-input)       --steps N            places of the curves (16)
  --photos FOLDER         what is inverted (the data's pictures)
  --classes N             class pictures (6)         --picture-steps N    of each (256)
  --inverted N            pictures (8)               --inversion-steps N  of each (120)
  --shown N               of them on the strip (2)   --threads N          (2)   --seed N (0)

What is done is kept in FOLDER; the same command goes on after an interruption.
`;

const text = { type: "string" } as const;
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    a: text,
    b: text,
    train: text,
    data: text,
    split: text,
    out: text,
    photos: text,
    methods: { ...text, default: "cam,gradient-input" },
    limit: { ...text, default: "200" },
    steps: { ...text, default: "16" },
    classes: { ...text, default: "6" },
    "picture-steps": { ...text, default: "256" },
    inverted: { ...text, default: "8" },
    "inversion-steps": { ...text, default: "120" },
    shown: { ...text, default: "2" },
    threads: { ...text, default: "2" },
    seed: { ...text, default: "0" },
    help: { type: "boolean", default: false },
  },
});

/** As it was typed. */
const command = `npx tsx studies/topdown/understand.ts ${process.argv.slice(2).join(" ")}`;

async function understand(): Promise<void> {
  const { data, out, train } = flags;
  expect(data !== undefined && out !== undefined, () => `expected --data and --out\n\n${usage}`);
  expect(train !== undefined || (flags.a && flags.b), () => "expected --a and --b, or --train");
  mkdirSync(out, { recursive: true });
  const [a, b] = train === undefined ? [flags.a!, flags.b!] : await trained(train, data, out);
  const limit = whole("limit");
  const pair = await openPair({ a, b, data, limit, threads: whole("threads"), split: flags.split });
  const names = flags.methods.split(",").map((name): MethodName => {
    expect(methodNames.includes(name as MethodName), () => `--methods: ${name} is none of ${methodNames.join(", ")}`);
    return name as MethodName;
  });
  const signal = stopSignal();
  const options = {
    methods: names,
    steps: whole("steps"),
    classes: whole("classes"),
    inverted: whole("inverted"),
    shown: whole("shown"),
    seed: whole("seed"),
    inversionSteps: whole("inversion-steps"),
    signal,
  };
  const pictureOptions: PicturesOptions = { ...options, steps: whole("picture-steps") };
  const photos = await photosFor(pair, options.inverted);

  const maps = mapPieces(pair, options);
  const levels = levelPieces(pair);
  const classes = classPieces(pair, pictureOptions);
  const inversions = inversionPieces(pair, pictureOptions, photos);
  const parts = openParts(join(out, "understand.md"));
  const line = progressLine("understand", { unit: "%" });
  try {
    const pieces = [...levels.pieces, ...maps.pieces, ...classes.pieces, ...inversions.pieces];
    const making = doPieces(pieces, { keep: parts, signal });
    let next = await making.next();
    while (!next.done) {
      const { done, total, title } = next.value;
      line.update(Math.round((1000 * done) / total) / 10, 100, title);
      next = await making.next();
    }
    line.end();
    if (!next.value) throw new Ending(130, `stopped: what is done is in ${parts.folder}; the same command goes on`);
  } finally {
    line.end();
    parts.close();
  }
  const understood: Understood = {
    maps: maps.result(),
    levels: levels.result(),
    classes: classes.result(),
    inversions: inversions.result(),
    looks: await photoTexture(imagesOf(pair)),
  };
  await written(out, pair, understood, photos, options.shown);
}

async function written(
  out: string,
  pair: Pair,
  understood: Understood,
  photos: readonly Image[],
  shown: number,
): Promise<void> {
  const page = understoodText(pair, understood, command);
  const { maps, levels, classes, inversions } = understood;
  const tables = {
    faithful: faithful(maps),
    coarsened: coarsened(maps),
    pointed: pointed(maps),
    opened: opened(levels),
    classPictures: classPictures(classes),
    keptBy: keptBy(inversions),
  };
  const nets = pair.twins.map(({ name, net }) => ({ name, layer: net.layer, picture: net.picture }));
  const each = classes.map((row) => ({ ...row, pictures: row.pictures.map(({ figure: _, ...rest }) => rest) }));
  const json = { command, nets, data: pair.data, size: pair.size, tables, classes: each };
  const rate = (part: readonly boolean[]): number => part.filter(Boolean).length / part.length;
  const curve = (name: string, i: 0 | 1) => ({
    name,
    points: levels[i].map(({ right }, k) => [k + 1, rate(right)] as const),
  });
  const lines = [curve("bottom-up, blurred", 0), curve("top-down, opened", 1)];
  writeOutput(
    join(out, "decisions.svg"),
    curvesFile(lines, { title: "Right answers by open levels", xTitle: "open levels", range: [0, 1] }),
  );
  writeOutput(join(out, "maps.png"), await encodePng(await mapStrip(pair, maps, 2 * shown)));
  writeOutput(join(out, "classes.png"), await encodePng(await classStrip(classes)));
  writeOutput(join(out, "inversions.png"), await encodePng(await inversionStrip(inversions, photos, shown)));
  writeOutput(join(out, "understand.json"), `${JSON.stringify(json, null, 1)}\n`);
  writeOutput(join(out, "understand.md"), page);
  process.stdout.write(page);
}

function whole(
  name: "limit" | "steps" | "classes" | "inverted" | "shown" | "threads" | "seed" | "picture-steps" | "inversion-steps",
): number {
  const x = Number(flags[name]);
  expect(
    Number.isInteger(x) && x >= (name === "seed" ? 0 : 1),
    () => `--${name}: expected a whole number, got ${flags[name]}`,
  );
  return x;
}

const imagesOf = ({ twins, pictures }: Pair): Image[] =>
  pictures.map(({ image }) => tensor("float32", twins[0].net.picture, image));

/** What is inverted: photos of a folder, evenly spread, or the first of the data's pictures. */
async function photosFor(pair: Pair, count: number): Promise<Image[]> {
  if (flags.photos === undefined) return imagesOf(pair).slice(0, count);
  const found: Image[] = [];
  for await (const { image } of samplePhotos(await openPhotos(flags.photos), { side: pair.size, count }))
    found.push(fitCrop(image, pair.size));
  expect(found.length > 0, () => `--photos: ${flags.photos} has no photo that can be read`);
  return found;
}

/** Trains both nets, where that is not done yet: on the same pictures, with the same flags and seed. */
async function trained(list: string, data: string, out: string): Promise<[string, string]> {
  const nets = list.split(",");
  expect(nets.length === 2, () => `--train: expected two nets with a comma between them, got ${list}`);
  const files: string[] = [];
  for (const each of nets) {
    const [net, width] = each.split(":") as [string, string | undefined];
    const folder = join(out, net);
    files.push(join(folder, "model.onnx"));
    const done = join(out, `${net}.json`);
    if (existsSync(done) && isFile(files.at(-1)!)) continue;
    say(`training ${net} in ${folder}`);
    const args = ["train", "--net", net, ...(width ? ["--width", width] : []), "--data", data, "--seed", flags.seed];
    const { code, stdout } = await fovea([
      ...args,
      "--threads",
      flags.threads,
      ...positionals,
      "--out",
      folder,
      "--json",
    ]);
    if (code !== 0) throw new Ending(code, `training ${net} ended with exit code ${code}`);
    writeOutput(done, stdout);
  }
  return files as [string, string];
}

try {
  if (flags.help) process.stdout.write(usage);
  else await understand();
} catch (error) {
  if (!(error instanceof InputError || error instanceof Ending)) throw error;
  say(error.message);
  process.exitCode = error instanceof Ending ? error.code : 2;
}
