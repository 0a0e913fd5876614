/** @file A Model: what a file says about a net, and what else must be known to show it pictures. */

import { expect, InputError } from "../error.ts";
import { fromOnnx } from "../graph/from-onnx.ts";
import type { SourceGraph, SourceValue } from "../graph/graph.ts";
import { readModel } from "../onnx/read.ts";
import type { External } from "../onnx/tensor.ts";
import { contentHash } from "../runtime/compile.ts";
import { type Labels, labelsOf, wellKnownLabels } from "./labels.ts";
import { type Layer, layersOf } from "./layers.ts";
import { choosePreprocessing, type Preprocessing } from "./preprocessing.ts";

export interface Model {
  /** The file's name without folder and `.onnx`. */
  readonly name: string;
  /** The graph as the file has it. */
  readonly source: SourceGraph;
  /** The one input that pictures go to. */
  readonly input: SourceValue;
  readonly preprocessing: Preprocessing;
  /** Where the preprocessing comes from, in words to be said aloud. */
  readonly preprocessingSource: string;
  /** Names of the classes, as far as they are known. */
  readonly labels?: Labels | undefined;
  /** What the file says about its task and training (`fovea.task`, `fovea.training`), as it is. */
  readonly task?: unknown;
  readonly training?: unknown;
  readonly layers: readonly Layer[];
  /** Things to tell the user that are no errors. */
  readonly warnings: readonly string[];
  /** SHA-256 of the model file (without external data), in hexadecimal. */
  readonly hash: () => Promise<string>;
}

export interface ModelOptions {
  /** Default "model". */
  readonly name?: string | undefined;
  /** Finds tensor data kept outside of the file. */
  readonly external?: External | undefined;
  /** Parsed JSON of the `.fovea.json` file beside the model: {preprocessing, labels, task, training}. */
  readonly sidecar?: unknown;
  /** Parts that outweigh what the files say. */
  readonly preprocessing?: Partial<Preprocessing> | undefined;
  /** Outweighs what the files say. */
  readonly labels?: Labels | undefined;
}

/**
 * Opens the bytes of an .onnx file; weights stay views on them.
 *
 * Throws an `InputError` where they are no ONNX model, or it has no input, or what is said about it makes no sense.
 */
export function openModel(bytes: Uint8Array, options: ModelOptions = {}): Model {
  const { name = "model", sidecar } = options;
  const source = fromOnnx(readModel(bytes), options.external ? { external: options.external } : {});
  const [input] = source.inputs;
  if (!input) throw new InputError("the model has no input: all its values are constants; export it again");
  expect(
    sidecar === undefined || (typeof sidecar === "object" && sidecar !== null),
    () => 'the .fovea.json file must hold an object such as {"preprocessing": {…}, "labels": […]}',
  );
  const beside = (sidecar ?? {}) as Readonly<Record<string, unknown>>;
  const own = (key: string): unknown => fromMetadata(source, key);
  const { preprocessing, source: preprocessingSource } = choosePreprocessing(input, {
    flags: options.preprocessing,
    sidecar: beside.preprocessing,
    metadata: own("preprocessing"),
  });
  const warnings: string[] = [];
  if (source.inputs.length > 1)
    warnings.push(
      `the model has ${source.inputs.length} inputs (${source.inputs.map((v) => v.name).join(", ")}); pictures go to "${input.name}", and only what needs no other can be computed`,
    );
  const classes = source.outputs[0]?.shape?.at(-1);
  const given =
    options.labels ?? labelsFrom(beside.labels, "the .fovea.json file") ?? labelsFrom(own("labels"), "the model file");
  const count = typeof classes === "number" ? classes : undefined;
  if (given && count !== undefined && given.names.length !== count)
    warnings.push(`${given.source} names ${given.names.length} classes, but the net has ${count}`);
  let hash: Promise<string> | undefined;
  return {
    name,
    source,
    input,
    preprocessing,
    preprocessingSource,
    labels: given ?? (count === 10 ? wellKnownLabels(`${name} ${source.name}`) : undefined),
    task: beside.task ?? own("task"),
    training: beside.training ?? own("training"),
    layers: layersOf(source),
    warnings,
    hash: () => {
      hash ??= contentHash(bytes);
      return hash;
    },
  };
}

const labelsFrom = (json: unknown, source: string): Labels | undefined =>
  json === undefined ? undefined : { names: labelsOf(json, source), source };

/** A `fovea.` entry of the file, parsed. */
function fromMetadata(source: SourceGraph, key: string): unknown {
  const text = source.metadata[`fovea.${key}`];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError(`the model's metadata entry "fovea.${key}" is no valid JSON: write it again`);
  }
}
