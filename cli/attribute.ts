/** @file `fovea attribute`: where in a photo a net sees a class, by one method or several, and how faithful they are. */

import { type Command, Option } from "commander";
import { decisionOf, openAnswers } from "../src/attribution/answers.ts";
import { explained } from "../src/attribution/explained.ts";
import type { Baseline } from "../src/attribution/faithfulness.ts";
import { type MethodName, methodNames, methods } from "../src/attribution/methods.ts";
import { InputError } from "../src/error.ts";
import { parseAddress } from "../src/model/address.ts";
import { scoreLayer } from "../src/model/layers.ts";
import type { Model } from "../src/model/model.ts";
import { nearest } from "../src/model/nearest.ts";
import { fitPhoto } from "../src/preimage/encode.ts";
import type { Image } from "../src/tensor/image.ts";
import { attributeData } from "./attribute-data.ts";
import { checkWritable, safeName, stem } from "./files.ts";
import { modelName, readModelFile, readPhoto } from "./input.ts";
import { type PhotoOrDataFlags, photoOrData, withDataFlags } from "./labelled-pictures.ts";
import { showLook } from "./look.ts";
import { labelOf } from "./looked.ts";
import {
  type NetFlags,
  type SeedFlag,
  type SizeFlag,
  wholeNumber,
  withNetFlags,
  withSeed,
  withSize,
} from "./options.ts";
import type { LookJob } from "./recipe.ts";
import { digits, percent, table } from "./table.ts";

interface Flags extends NetFlags, SizeFlag, SeedFlag, PhotoOrDataFlags {
  readonly class?: string;
  readonly method?: string[];
  readonly layer?: string;
  readonly steps: number;
  readonly deletion: Baseline;
  readonly insertion: Baseline;
}

const help = `
What speaks for the class glows, what speaks against it is blue. Deletion takes pixels away, most important first, and
insertion puts them in; the numbers are the mean probability of the class on the way (Petsiuk et al. 2018): of deletion the
lower the better, of insertion the higher. random and centre are controls that know nothing of the net.
With --data, on synthetic flowers, pointing accuracy is the part of maps whose top place lies on the flower.

Examples:
  fovea attribute photo.jpg --class rose --out a.png
  fovea attribute net.onnx photo.jpg --method cam grad-cam integrated-gradients
  fovea attribute net.onnx photo.jpg --method grad-cam --layer layer3 --json
  fovea attribute net.onnx --data flowers --method all --limit 200 --json`;

export const define = (command: Command): Command => {
  command
    .usage("[options] [model] <photo>")
    .argument("[arguments...]", "an .onnx file, then a photo; no photo with --data")
    .option("--class <name>", "class by label or number (default: the net's answer)")
    .option("--method <names...>", `${methodNames.join(", ")}; or all (default: grad-cam)`)
    .option("--layer <address>", "whose feature maps are used (default: the last that has rows and columns)")
    .option("--steps <number>", "places of the curves of deletion and insertion", wholeNumber(2, 4096), 32);
  for (const [name, usual] of [
    ["deletion", "mean"],
    ["insertion", "blur"],
  ] as const)
    command.addOption(
      new Option(`--${name} <baseline>`, "what stands where a pixel is not: the mean colour or the blurred picture")
        .choices(["mean", "blur"])
        .default(usual),
    );
  withDataFlags(command, "model, class and photo");
  withSize(command, "side of the picture in pixels (default: the net's own)");
  withSeed(command, "of the methods that draw random numbers");
  return withNetFlags(command).addHelpText("after", help).action(run);
};

async function run(args: string[], flags: Flags): Promise<void> {
  const given = photoOrData(args, flags, "an attribution");
  const model = await readModelFile(given.file, flags);
  const names = methodsOf(model.value, flags);
  const number = flags.class === undefined ? undefined : classNumber(model.value, flags.class, flags.size);
  const { steps, deletion, insertion, layer, size, device, batch, seed = 0, quiet, json } = flags;
  if (given.data !== undefined)
    return attributeData(
      model.value,
      names,
      number,
      { ...flags, data: given.data },
      { steps, deletion, insertion, batch, seed, ...(device && { device }) },
    );

  const photo = await readPhoto(given.photo, flags);
  const c = number ?? (await answerTo(model.value, photo.value, flags));
  const label = labelOf(model.value.labels?.names, c);
  const out =
    flags.out ??
    `${[modelName(model.source), "attribute", label, stem(photo.source.name)].map(safeName).join("-")}.png`;
  checkWritable(out, [given.file, given.photo]);
  const job: LookJob = {
    verb: "attribute",
    methods: names,
    class: c,
    ...(layer !== undefined && { layer }),
    steps,
    deletion,
    insertion,
  };
  await showLook(out, job, { model, photo }, { size, seed, device, batch, quiet, json }, told);
}

interface Told {
  readonly class: { readonly label: string; readonly probability: number };
  readonly methods: readonly {
    readonly method: string;
    readonly top: { readonly y: number; readonly x: number };
    readonly mapSize: readonly number[];
    readonly deletion: number;
    readonly insertion: number;
  }[];
}

function told({ class: { label, probability }, methods }: Told): string {
  const number = (title: string) => ({ title, align: "right" as const });
  const columns = [
    { title: `${label} ${percent(probability)}` },
    number("map"),
    number("top y,x"),
    number("deletion"),
    number("insertion"),
  ];
  const rows = methods.map(({ method, mapSize, top, deletion, insertion }) => [
    method,
    mapSize.join("×"),
    `${top.y},${top.x}`,
    digits(deletion),
    digits(insertion),
  ]);
  return table(columns, rows);
}

/** The methods asked for; `all` are those that the net allows, without the controls. */
function methodsOf(model: Model, { method: names = ["grad-cam"], size, layer }: Flags): MethodName[] {
  const wanted = names.flatMap((name) => name.split(","));
  if (wanted.includes("all")) {
    if (wanted.length > 1) throw new InputError("--method: give all, or names, not both");
    const net = explained(model, { size, layer });
    const controls: readonly MethodName[] = ["random", "centre"];
    return methodNames.filter((name) => {
      const { needsLinearHead, ofLayer } = { needsLinearHead: false, ofLayer: false, ...methods[name] };
      return !controls.includes(name) && (!needsLinearHead || net.linearHead) && (!ofLayer || net.layer);
    });
  }
  const found = wanted.map((text) => {
    const name = methodNames.find((known) => known === text);
    if (name) return name;
    throw new InputError(
      `there is no method '${text}': did you mean ${nearest(text, methodNames).join(", ")}? All are ${methodNames.join(", ")}`,
    );
  });
  return [...new Set(found)];
}

/** A class by label or number. */
function classNumber(model: Model, text: string, size: number | undefined): number {
  const scores = scoreLayer(model);
  if (!scores) throw new InputError(`${model.name} has no output that depends on the picture`);
  const { channel } = parseAddress(model, `${scores.address}:${text}`);
  const { classes } = explained(model, { size });
  if (channel === undefined || channel < 0 || channel >= classes)
    throw new InputError(`--class ${text}: expected a label or 0 to ${classes - 1}`);
  return channel;
}

async function answerTo(model: Model, photo: Image, { size, device }: Flags): Promise<number> {
  const net = explained(model, { size });
  const [, height, width] = net.picture;
  const answers = await openAnswers([net], { ...(device && { device }) });
  try {
    const [[own]] = (await answers.of([fitPhoto(model, [height, width], photo).data])) as [[Float32Array]];
    return decisionOf(own);
  } finally {
    await answers.dispose();
  }
}
