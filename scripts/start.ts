/** @file `npm start`: does the main job once, on a net and a photo that are at hand, and makes a page of the results. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { guardOutput, leave } from "../cli/exit.ts";
import { isFile } from "../cli/files.ts";
import { readModelFile, readPhoto, wholeAddress } from "../cli/input.ts";
import type { Job } from "../cli/job.ts";
import type { PictureFlags } from "../cli/options.ts";
import { makePicture, type Numbers } from "../cli/picture.ts";
import { say } from "../cli/say.ts";
import { stopSignal } from "../cli/stop.ts";
import { digits } from "../cli/table.ts";
import { InputError } from "../src/error.ts";
import { page, type Section } from "../src/report/page.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const near = (path: string): string => relative(process.cwd(), `${root}/${path}`);
const files = {
  model: near("../shared/models/squeezenet1.1-rebuilt.onnx"),
  labels: near("../shared/models/imagenet-simple-labels.json"),
  photo: near("../shared/photos/chelsea.png"),
};
const out = near("out/start");

interface Task {
  readonly name: string;
  readonly title: string;
  readonly words: string;
  readonly job: Job;
  readonly flags: PictureFlags;
}

const layer = "concat6";
const tasks: readonly Task[] = [
  {
    name: "maximize",
    title: "What the class 'daisy' wants to see",
    words: "Starting from noise, the picture that makes the net's score for the class as large as it gets.",
    job: { verb: "maximize", address: "logits:daisy" },
    flags: { preset: "lucid", size: 128, steps: 256, seed: 1 },
  },
  {
    name: "caricature",
    title: `A photo, exaggerated as ${layer} sees it`,
    words: "Starting from the photo, more and more of what the layer found in it.",
    job: { verb: "caricature", layer },
    flags: { steps: 150 },
  },
  {
    name: "invert",
    title: "What each layer keeps of a photo",
    words:
      "Starting from noise, pictures that the layer cannot tell from the photo. What is missing or moved is what the net threw away up to there.",
    job: { verb: "invert", everyLayer: 5 },
    flags: { steps: 150, size: 160 },
  },
];

async function start(): Promise<void> {
  const missing = Object.values(files).filter((path) => !isFile(path));
  if (missing.length > 0) {
    const { doctor } = await import("../cli/doctor.ts");
    await doctor({});
    throw new InputError(
      `no net ships with fovea yet, and ${missing.join(", ")} ${missing.length > 1 ? "are" : "is"} not there: try 'npx fovea maximize YOUR.onnx logits:0'`,
    );
  }
  mkdirSync(out, { recursive: true });
  const model = await readModelFile(files.model, { labels: files.labels });
  const photo = await readPhoto(files.photo);
  const began = performance.now();
  const sections: Section[] = [];
  for (const { name, title, words, job, flags } of tasks) {
    if (stopSignal().aborted) break;
    const file = `${out}/${name}.png`;
    const whole = "address" in job ? { ...job, address: wholeAddress(model.value, job.address) } : job;
    const made = await makePicture(whole, { model, ...(job.verb !== "maximize" && { photo }) }, flags, file);
    const source = `data:image/png;base64,${readFileSync(file).toString("base64")}`;
    sections.push({
      title,
      words,
      figure: { source, description: title },
      numbers: numbersOf(made),
      command: `npx fovea repro ${file}`,
    });
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const words = `${model.value.name} (${model.value.preprocessingSource}) and ${files.photo}, in ${seconds} s.`;
  writeFileSync(`${out}/index.html`, page("fovea looks closely", words, sections));
  process.stdout.write(`${out}/index.html\n`);
  say(`Done in ${seconds} s. Open ${out}/index.html in a browser.`);
}

const numbersOf = ({ steps, ms, device, preset, seed, activation, layers = [] }: Numbers): Record<string, string> => ({
  ...(activation && { activation: `${digits(activation.start)} → ${digits(activation.end)}` }),
  ...Object.fromEntries(layers.map(({ layer, error }) => [`error at ${layer}`, digits(error.ijcv)])),
  steps: `${steps} of preset '${preset}', seed ${seed}`,
  time: `${digits(ms / 1000)} s on ${device}, ${digits((1000 * steps) / ms)} steps/s`,
});

guardOutput();
await start().then(() => leave(), leave);
