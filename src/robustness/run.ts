/** @file Runs an attack on pictures, and looks once more at what it claims to have found. */

import { expect } from "../error.ts";
import type { Rng } from "../tensor/rng.ts";
import { sizeOf } from "../tensor/tensor.ts";
import { type Attack, fooledBy, type Outcome, type Picture } from "./attack.ts";
import type { Classifier } from "./classifier.ts";
import { ask, type Course, classOf, look } from "./course.ts";
import { type AttackOptions, type Job, type Pictures, runLanes, type Tally } from "./lanes.ts";
import { expectEps } from "./norms.ts";

/** What rounding may add to a distance, as a part of 1 or of eps, whichever is more. */
export const ROUNDING = 1e-6;

/**
 * Attacks pictures, yielding the outcome of each as soon as it is finished. Memory holds as many pictures as the batch has;
 * a lane that is done takes the next picture at once. A picture's outcome does not depend on its company.
 *
 * Throws an `InputError` for an eps that makes no sense, a net with too few classes, labels that it has not, pictures of
 * another size, a batch that does not fit, and answers that are NaN.
 */
export async function* attack(
  net: Classifier,
  method: Attack,
  pictures: Pictures,
  options: AttackOptions = {},
): AsyncGenerator<Outcome, void> {
  expectFits(net, method);
  const { name, gradients, rows } = method;
  const course: Job<Outcome>["course"] = (picture, random, tally) => whole(net, method, picture, random, tally);
  yield* runLanes(net, { name, gradients, rows, course }, pictures, options);
}

/** All outcomes, in the order of the pictures. */
export async function attackAll(
  net: Classifier,
  method: Attack,
  pictures: Iterable<Picture>,
  options: AttackOptions = {},
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for await (const outcome of attack(net, method, pictures, options)) outcomes.push(outcome);
  return outcomes.sort((a, b) => a.item - b.item);
}

/** Throws an `InputError` where an attack cannot be run on a net. */
export function expectFits(net: Classifier, { name, norm, eps, classes = 2 }: Attack): void {
  if (eps !== undefined) expectEps(norm, eps, sizeOf(net.picture));
  expect(
    net.classes >= classes,
    () => `${name} needs a net of at least ${classes} classes, and ${net.name} has ${net.classes}: leave it out`,
  );
}

/** First looks at the untouched picture, and at the end once more at what was found: no attack is taken at its word. */
function* whole(net: Classifier, method: Attack, picture: Picture, random: Rng, tally: Tally): Course<Outcome> {
  const fooled = fooledBy(picture);
  const { logits } = yield* ask(look, { x: picture.image });
  const before = classOf(logits!);
  const { item, label, target, image: untouched } = picture;
  const facts = { item, label, target, untouched, attack: method.name, before };
  if (fooled(logits!))
    return { ...facts, answer: before, success: true, distance: 0, pixels: 0, ...tally, picture: picture.image };
  const found = yield* method.perturb({ ...picture, net, logits: logits!, random, fooled });
  const counted = { ...tally };
  const last = yield* ask(look, { x: found.picture });
  const distance = method.norm.distance(found.picture, picture.image);
  const close = method.eps === undefined || distance <= method.eps + ROUNDING * Math.max(1, method.eps);
  const success = close && fooled(last.logits!);
  const pixels = changedPixels(found.picture, picture.image, net.picture[0]);
  return { ...facts, answer: classOf(last.logits!), success, distance, pixels, ...counted, picture: found.picture };
}

function changedPixels(a: Float32Array, b: Float32Array, channels: number): number {
  const area = a.length / channels;
  let count = 0;
  for (let p = 0; p < area; p++) {
    let c = 0;
    while (c < channels && a[c * area + p] === b[c * area + p]) c++;
    if (c < channels) count++;
  }
  return count;
}
