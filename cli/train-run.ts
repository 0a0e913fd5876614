/** @file One sitting of a training run: from settings to files and an outcome. */

import { cpus, totalmem } from "node:os";
import { listed } from "../src/data/dataset.ts";
import type { Loader } from "../src/data/loader.node.ts";
import { sourceBytes } from "../src/nets/net.ts";
import { chooseBackend } from "../src/runtime/choose.ts";
import { contentHash } from "../src/runtime/compile.ts";
import { readCheckpoint } from "../src/training/checkpoint.node.ts";
import type { Snapshot } from "../src/training/checkpoint.ts";
import { exportNet } from "../src/training/export.ts";
import { checkResume, type FitOptions, type FitResult, stepsPerEpoch } from "../src/training/fit.ts";
import { trainable } from "../src/training/parameters.ts";
import { type Validation, type ValidationSet, validate } from "../src/training/validate.ts";
import { weightsOf } from "../src/training/weights.ts";
import { readDataset } from "./dataset.ts";
import { stem, writeOutput } from "./files.ts";
import { digits } from "./table.ts";
import { resolved, type TrainConfig } from "./train-config.ts";
import { type Parts, parts } from "./train-data.ts";
import { fitOptions, type Loaders, openLoaders } from "./train-fit.ts";
import { dataFacts, describe, expectSameIngredients, type Ingredients, type RunFolder } from "./train-folder.ts";
import { followed, type Sitting } from "./train-follow.ts";
import { keepValidation, lastValidation, type Metrics, openMetrics } from "./train-metrics.ts";
import { type StartingNet, startingNet } from "./train-net.ts";
import { writeReport } from "./train-report.ts";
import { type Scores, scoresOf, scoreText } from "./train-scores.ts";
import { packageVersion, version } from "./version.ts";

/** What `--json` prints. */
export interface Outcome {
  readonly out: string;
  readonly stopped: FitResult["stopped"];
  readonly message?: string;
  /** Steps done, of how many. */
  readonly step: number;
  readonly steps: number;
  readonly epochs: number;
  readonly seconds: number;
  /** Absent when nothing was trained. */
  readonly model?: string;
  readonly validation?: Scores;
}

type Config = TrainConfig & { readonly size: number; readonly validateSplit: string };

/** Trains until the end, or until the signal, and writes what there is then. */
export async function trainIn(
  paths: RunFolder,
  given: TrainConfig & { readonly data: string },
  sitting: Sitting,
): Promise<Outcome> {
  const { tell } = sitting;
  const start = await startingNet(given, await readDataset(given.data));
  const pictures = parts(start.dataset, given);
  const found = { size: start.size, validateSplit: pictures.validateSplit };
  const config: Config = { ...resolved({ ...given, ...found }), ...found };
  const facts = await ingredientsOf(start, pictures, config);
  expectSameIngredients(paths, facts);
  const resume = await readCheckpoint(paths.checkpoint);
  const { backend, provider } = await chooseBackend(config.device);
  for (const note of [...start.dataset.notes, ...start.notes, ...pictures.notes]) tell(`Note: ${note}.`);

  const loaders = openLoaders(pictures, config);
  try {
    const options = { ...fitOptions(config, start, pictures, loaders, facts.data), resume };
    await checkResume(options);
    describe(paths, config, { ...facts, ...environment(), device: backend.device, provider });
    const perEpoch = stepsPerEpoch(options.data, options.accumulate);
    const steps = options.epochs * perEpoch;
    tell(
      `${facts.net.name}, ${digits(facts.net.parameters / 1e6)} M parameters, on ${facts.data.pictures} pictures of ${facts.data.name} (${facts.data.classes.length} classes, ${start.size}×${start.size}): ${steps} steps on ${backend.device}, in ${paths.folder}.`,
    );
    if (resume) tell(`Going on after step ${resume.step} of ${steps}.`);
    const metrics = openMetrics(paths, resume?.step ?? 0);
    const report = (): Promise<void> =>
      writeReport(paths, {
        config,
        ingredients: facts,
        metrics,
        perEpoch,
        pictures: pictures.validate,
        last: lastValidation(paths, metrics.steps.at(-1)?.step),
      });
    const validated = async (step: number, epoch: number, found: Validation): Promise<void> => {
      keepValidation(paths, { step, split: config.validateSplit, ...found });
      metrics.validation(step, epoch, scoresOf(found));
      await report();
    };
    const missed = resume && missedValidation(options, resume, metrics);
    if (missed) await validated(resume.step, resume.epoch - 1, await validate(options, missed, resume.state));
    const { snapshot, stopped, message } = await followed(options, {
      ...sitting,
      checkpoint: paths.checkpoint,
      metrics,
      validated,
    });
    const ends = { out: paths.folder, stopped, ...(message && { message }), step: snapshot.step, steps };
    tellUnreadable(loaders, tell);
    if (snapshot.step === 0) return { ...ends, epochs: options.epochs, seconds: metrics.seconds() };

    const last = lastValidation(paths, snapshot.step);
    const validation = last?.step === snapshot.step ? scoresOf(last) : undefined;
    writeModel(paths, snapshot, start, config, { steps, validation, data: facts.data });
    await report();
    tell(`${paths.model}${validation ? `: ${scoreText(validation)} on split ${config.validateSplit}` : ""}`);
    return {
      ...ends,
      epochs: options.epochs,
      seconds: metrics.seconds(),
      model: paths.model,
      ...(validation && { validation }),
    };
  } finally {
    await Promise.all(Object.values<Loader | undefined>({ ...loaders }).map((loader) => loader?.close()));
  }
}

async function ingredientsOf({ net, dataset }: StartingNet, { train }: Parts, config: Config): Promise<Ingredients> {
  const parameters = trainable(net.source, config.freeze ? { freeze: config.freeze } : {});
  const count = parameters.reduce((n, { start, kind }) => n + (kind === "running" ? 0 : start.size), 0);
  const name = config.from ? stem(config.from) : (config.net ?? "resnet18");
  return {
    data: dataFacts({ ...train, classes: dataset.classes }),
    net: { name, parameters: count, sha256: await contentHash(sourceBytes(net.source)) },
  };
}

const environment = () => ({
  fovea: version,
  node: process.versions.node,
  onnxruntime: packageVersion("onnxruntime-node") ?? packageVersion("onnxruntime-web"),
  system: `${process.platform} ${process.arch}`,
  processor: cpus()[0]?.model.trim() ?? "unknown",
  cores: cpus().length,
  memory: totalmem(),
  arguments: process.argv.slice(2),
  started: new Date().toISOString(),
});

function tellUnreadable({ train, validate }: Loaders, tell: (sentence: string) => void): void {
  for (const [what, loader] of Object.entries({ training: train, validation: validate }))
    if (loader && loader.unreadable.size > 0)
      tell(
        `Note: ${loader.unreadable.size} ${what} pictures could not be read and were left out (${listed([...loader.unreadable.values()])}).`,
      );
}

/** The validation that a crash right behind its checkpoint has left undone. */
function missedValidation(
  { validation, epochs }: FitOptions,
  { step, epoch, batch }: Snapshot,
  { validations }: Metrics,
): ValidationSet | undefined {
  const due = batch === 0 && epoch > 0 && (epoch === epochs || epoch % (validation?.every ?? 1) === 0);
  return due && validations.every((v) => v.step !== step) ? validation : undefined;
}

/** The model tells how it came about, without this machine's paths and speeds. */
function writeModel(
  paths: RunFolder,
  { state, step }: Snapshot,
  { net, dataset }: StartingNet,
  config: Config,
  facts: { readonly steps: number; readonly validation: Scores | undefined; readonly data: Ingredients["data"] },
): void {
  const { data: _, from, threads, workers, device, saveEvery, validateEvery, half, ...recipe } = config;
  const { steps, validation, data } = facts;
  const training = {
    data: data.name,
    pictures: data.pictures,
    step,
    steps,
    recipe: { ...recipe, ...(from && { from: stem(from) }) },
    ...(validation && { validation }),
    fovea: version,
  };
  writeOutput(paths.model, exportNet(net, { weights: weightsOf(state), labels: dataset.classes, training, half }));
}
