/** @file A second net with the same classes: `--judge` says whether a picture looks like its class to others too, `--beside` is compared. */

import { InputError } from "../src/error.ts";
import { loadModel } from "../src/model/load.node.ts";
import type { Model } from "../src/model/model.ts";
import { isShipped, shippedPath } from "../src/model/shipped.node.ts";
import { matchLabels } from "../src/preimage/measure-classes.ts";
import { isClassifier } from "../src/preimage/numbers-classes.ts";
import { shippedJudge } from "../src/preimage/numbers-judge.node.ts";
import { isFile } from "./files.ts";

/**
 * The judge that is named, else the one that ships for the net's classes, where there is one. `none` is no judge.
 *
 * @param labels Names of the classes as they were given for the net: the judge's too, where its file has none.
 *
 * Throws `InputError` for a judge that cannot be read, and for one with other classes.
 */
export async function readJudge(name: string | undefined, model: Model, labels?: string): Promise<Model | undefined> {
  if (name === "none") return undefined;
  if (name === undefined) return isClassifier(model) ? await shippedJudge(model) : undefined;
  return readOther("--judge", name, model, labels, "judge");
}

/**
 * A second net with the same classes, by a flag.
 *
 * @param task What it cannot do where it has others, for the error.
 */
export async function readOther(
  flag: string,
  name: string,
  model: Model,
  labels: string | undefined,
  task: string,
): Promise<Model> {
  const path = isShipped(name) && !isFile(name) ? shippedPath(name) : name;
  const own = await loadModel(path);
  const other = own.labels || labels === undefined ? own : await loadModel(path, { labels });
  for (const net of [model, other])
    if (!isClassifier(net))
      throw new InputError(`${flag} '${name}': ${net.name} has no output for classes: expected two classifiers`);
  matchLabels(model, other, task);
  return other;
}
