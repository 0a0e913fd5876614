/** @file The net that a run starts from: a new one with random weights, or a file's with the data's classes. */

import type { Dataset } from "../src/data/dataset.ts";
import { InputError } from "../src/error.ts";
import { loadModel } from "../src/model/load.node.ts";
import { channelsOf, type Preprocessing } from "../src/model/preprocessing.ts";
import type { NetBuilder } from "../src/nets/layers.ts";
import { netSource, nets } from "../src/nets/net.ts";
import type { ResNetOptions, Stem } from "../src/nets/resnet.ts";
import type { TwinOptions } from "../src/nets/topdown.ts";
import { rng } from "../src/tensor/rng.ts";
import { withClasses } from "../src/training/head.ts";
import { type ClassifierNet, pictureSides } from "../src/training/net.ts";
import { readyToTrain } from "../src/training/ready.ts";
import { inOrderOf } from "./dataset.ts";
import type { TrainConfig } from "./train-config.ts";

export interface StartingNet {
  readonly net: ClassifierNet;
  /** Side of its pictures. */
  readonly size: number;
  /** The data, with the classes in the order of the net's. */
  readonly dataset: Dataset;
  readonly notes: readonly string[];
}

/** Of nets that are made here: ImageNet's mean and deviation, or those of its brightness. */
const preprocessings = {
  RGB: {
    layout: "NCHW",
    colour: "RGB",
    range: [0, 1],
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  },
  grey: { layout: "NCHW", colour: "grey", range: [0, 1], mean: [0.449], std: [0.226] },
} as const satisfies Record<string, Preprocessing>;

/** Throws `InputError` for settings that do not go together or do not fit the file. */
export async function startingNet(config: TrainConfig, dataset: Dataset): Promise<StartingNet> {
  return config.from === undefined ? newNet(config, dataset) : fromFile(config, config.from, dataset);
}

/** The stem that leaves a last feature map of at least 3×3, where the picture is large enough. */
const stemFor = (side: number): Stem => (side <= 48 ? "small" : side <= 96 ? "medium" : "large");

function newNet(config: TrainConfig, dataset: Dataset): StartingNet {
  const { net: name = "resnet18", width, stem, pyramid, size = sideOf(dataset) ?? 128, seed } = config;
  const classes = dataset.classes.length;
  if (stem && !name.startsWith("resnet")) throw new InputError(`--stem is for ResNets: leave it out with ${name}`);
  if (pyramid && !name.startsWith("topdown-"))
    throw new InputError(`--pyramid is for top-down nets: leave it out with ${name}`);
  const own: Partial<ResNetOptions> = /^resnet(18|34|50)$/.test(name) ? { stem: stemFor(size), zeroInit: true } : {};
  const options: ResNetOptions & TwinOptions = {
    classes,
    ...own,
    ...(stem && { stem }),
    ...(pyramid && { shrinking: pyramid }),
    ...(width !== undefined && { width }),
  };
  const build: NetBuilder = nets[name](options);
  const preprocessing = preprocessings[isGrey(dataset) ? "grey" : "RGB"];
  const source = netSource(build, { name, picture: [channelsOf(preprocessing), size, size], seed });
  return { net: { source, input: source.inputs[0]!, preprocessing }, size, dataset, notes: [] };
}

async function fromFile(config: TrainConfig, file: string, dataset: Dataset): Promise<StartingNet> {
  for (const key of ["net", "width", "stem", "pyramid"] as const)
    if (config[key] !== undefined)
      throw new InputError(`${key} and from: the net is that of '${file}': leave out one of the two`);
  const loaded = await loadModel(file);
  const model = { ...loaded, source: readyToTrain(loaded.source) };
  const at = model.input.shape?.[0];
  if (typeof at === "number" && at !== config.batch)
    throw new InputError(
      `'${file}' is for batches of ${at}, not of ${config.batch}: export it with an open batch size, or give --batch ${at}`,
    );
  const stated = model.input.shape?.slice(model.preprocessing.layout === "NCHW" ? 2 : 1);
  const open = stated?.some((d, i) => i < 2 && typeof d !== "number") ?? true;
  const [size, width] = open ? [config.size ?? 128, undefined] : pictureSides(model);
  if (width !== undefined && (width !== size || (config.size ?? size) !== size))
    throw new InputError(
      `'${file}' takes pictures of ${size}×${width} pixels: ${width === size ? "leave out --size" : "only nets for square pictures can be trained"}`,
    );
  const notes = [...model.warnings, `preprocessing: ${model.preprocessingSource}`];
  const known = keptClasses(model.labels?.names, dataset);
  if (known) return { net: model, size, dataset: known, notes };
  const source = withClasses(model.source, dataset.classes.length, rng(config.seed).fork("head"));
  const input = source.inputs.find(({ name }) => name === model.input.name)!;
  return {
    net: { source, input, preprocessing: model.preprocessing },
    size,
    dataset,
    notes: [...notes, `the last layer starts anew, for the ${dataset.classes.length} classes of ${dataset.name}`],
  };
}

/** The data in the net's order, where both have the same classes. */
function keptClasses(labels: readonly string[] | undefined, dataset: Dataset): Dataset | undefined {
  if (labels?.length !== dataset.classes.length) return undefined;
  try {
    return inOrderOf(labels, dataset, "");
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** Side that the pictures have where the data set says so itself. */
function sideOf({ items }: Dataset): number | undefined {
  const source = items[0]?.source;
  if (source?.kind === "flower") return source.size;
  return source?.kind === "pixels" ? source.height : undefined;
}

/** Whether the data set says that its pictures are grey. */
const isGrey = ({ items }: Dataset): boolean =>
  items.length > 0 && items.every(({ source }) => source.kind === "pixels" && source.channels === 1);
