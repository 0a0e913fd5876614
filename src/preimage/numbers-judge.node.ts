/** @file The independent judge that ships for a net: trained apart from it, for the same classes. */

import { InputError } from "../error.ts";
import { loadModel } from "../model/load.node.ts";
import type { Model } from "../model/model.ts";
import { shippedFile, shippedNets } from "../model/shipped.node.ts";
import { matchLabels } from "./measure-classes.ts";

/**
 * The shipped net called `<data set>-judge` that knows the classes of a net, by their names; `undefined` where none does, where
 * the net's classes have no names, and for the judge itself. A number in its name is that of its classes.
 */
export async function shippedJudge(model: Model): Promise<Model | undefined> {
  const classes = model.labels?.names.length;
  if (classes === undefined) return undefined;
  for (const [name, { file }] of Object.entries(shippedNets)) {
    const stated = /(\d+)-judge$/.exec(name)?.[1];
    const path = /-judge$/.test(name) && Number(stated ?? classes) === classes ? shippedFile(file) : undefined;
    if (path === undefined) continue;
    const judge = await loadModel(path);
    if (fits(model, judge) && (await judge.hash()) !== (await model.hash())) return judge;
  }
  return undefined;
}

function fits(model: Model, judge: Model): boolean {
  try {
    matchLabels(model, judge);
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}
