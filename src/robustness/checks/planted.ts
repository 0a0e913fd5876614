/**
 * @file The attack's self-test on a net with planted adversarial examples (Zimmermann, Brendel, Tramèr & Carlini, NeurIPS 2022,
 * arXiv 2206.13991): an attack that cannot find what is known to be there proves nothing.
 */

import type { Picture } from "../attack.ts";
import { apgdCe } from "../attacks/apgd.ts";
import type { Classifier, Row } from "../classifier.ts";
import { askAll, type Course, number } from "../course.ts";
import { runLanes } from "../lanes.ts";
import { attackAll } from "../run.ts";
import { shifted } from "../shifted.ts";
import { type Check, type CheckContext, fooled, notApplicable, of, result } from "./check.ts";

/** Points of the ball that the planted net must be right about, for each of the net's classes, and at least. */
const INNER = { perClass: 4, least: 32 };
/** They lie within this part of the ball; the planted point on its rim. */
const INNER_PART = 0.9;
/** Planted points that are tried until one can be told from the others. */
const TRIES = 8;
/** Ridge that is added to the covariance, as a part of its mean variance. */
const RIDGE = 1e-3;
/** Part of the planted examples that the attack must find. */
const LEAST_FOUND = 0.95;

/** A line through the logits that tells one point of the ball from those deeper inside. */
interface Plant extends Row {
  readonly w: Float32Array;
  readonly b: Float32Array;
}

/**
 * For each picture a detector of its own on the net's logits, w · z + b, is above 0 at a planted point on the rim of the ball
 * and below at the picture and random points inside: w = (Σ + λI)⁻¹ (z* − μ), with mean μ and covariance Σ of the inner points.
 * The attack sees a two-class net (0, w · z + b) and has to cross it through the same layers as before.
 */
export async function plantedExamples(c: CheckContext): Promise<Check> {
  const name = "planted adversarial examples are found";
  if (c.eps === 0) return notApplicable(name, "an eps of 0 leaves no room to plant in");
  const plants = new Map<number, Plant>();
  const job = { name: "plant", gradients: false, rows: INNER.least, course: planter(c) };
  for await (const { item, plant } of runLanes(c.net, job, c.pictures, c.options)) if (plant) plants.set(item, plant);
  const pictures = c.pictures
    .filter(({ item }) => plants.has(item))
    .map((p) => ({ ...p, label: 0, target: undefined }));
  if (pictures.length === 0)
    return notApplicable(
      name,
      "the net's logits do not tell a point of the ball from others: nothing could be planted",
    );
  const method = apgdCe({ norm: c.norm, eps: c.eps, steps: c.steps, restarts: 2 });
  const found = fooled(await attackAll(planted(c.net, plants), method, pictures, c.options));
  const n = pictures.length;
  return result(
    name,
    found >= LEAST_FOUND * n,
    { planted: n, found },
    {
      passed: `APGD finds ${of(found, n)} into whose neighbourhood an adversarial example was planted`,
      failed: `APGD finds only ${found} of ${n} planted adversarial examples: it cannot find what is there, so that robust accuracy is overstated`,
    },
  );
}

/** The net with a detector for each picture in front: classes 0 (all is well) and 1 (planted). */
export const planted = (net: Classifier, plants: ReadonlyMap<number, Row>): Classifier => ({
  ...net,
  name: `${net.name} with planted examples`,
  classes: 2,
  inputs: { ...net.inputs, "plant.w": [1, net.classes], "plant.b": [1, 1] },
  feed: (item, random) => {
    const { w, b } = plants.get(item) as Plant;
    return { ...net.feed(item, random), "plant.w": w, "plant.b": b };
  },
  logits: (g, images, { "plant.w": w, "plant.b": b, ...own }) => {
    const z = g.add(g.sum(g.mul(net.logits(g, images, own), w!), [2]), b!);
    return g.concat([g.mul(z, 0), z], 2);
  },
});

const planter = ({ net, norm, eps }: CheckContext) =>
  function* (
    { item, image }: Picture,
    random: Parameters<typeof norm.ball>[0],
  ): Course<{ item: number; plant?: Plant }> {
    const at = (u: Float32Array, by: number): Row => ({ x: image, u, by: number(by) });
    const count = Math.max(INNER.least, INNER.perClass * net.classes);
    const inside = Array.from({ length: count }, (_, i) =>
      at(
        i === 0 ? new Float32Array(image.length) : norm.ball(random.fork(`inner ${i}`), image.length),
        INNER_PART * eps,
      ),
    );
    const rim = Array.from({ length: TRIES }, (_, i) => at(norm.sphere(random.fork(`rim ${i}`), image.length), eps));
    const seen = (yield* askAll(shifted, [...inside, ...rim])).map(({ logits }) => logits!);
    for (const there of seen.slice(count)) {
      const plant = separate(seen.slice(0, count), there);
      if (plant) return { item, plant };
    }
    return { item };
  };

/** A line with all of `inner` below 0 and `outer` as far above as the nearest of them is below; none if there is none. */
export function separate(inner: readonly Float32Array[], outer: Float32Array): Plant | undefined {
  const k = outer.length;
  const n = inner.length;
  const mean = Float64Array.from({ length: k }, (_, j) => inner.reduce((s, z) => s + z[j]!, 0) / n);
  const covariance = Array.from({ length: k }, (_, i) =>
    Float64Array.from(
      { length: k },
      (_, j) => inner.reduce((s, z) => s + (z[i]! - mean[i]!) * (z[j]! - mean[j]!), 0) / n,
    ),
  );
  const spread = covariance.reduce((s, row, i) => s + row[i]!, 0) / k;
  if (!(spread > 0)) return undefined;
  covariance.forEach((row, i) => {
    row[i]! += RIDGE * spread;
  });
  const w = solve(
    covariance,
    Float64Array.from(outer, (z, j) => z - mean[j]!),
  );
  const along = (z: Float32Array): number => z.reduce((s, x, j) => s + x * w[j]!, 0);
  const [high, top] = [along(outer), Math.max(...inner.map(along))];
  if (!(high > top)) return undefined;
  // Scaled so that the planted point lies 1 above the line: neither flat nor steep for a softmax.
  const scale = 2 / (high - top);
  return { w: Float32Array.from(w, (x) => x * scale), b: Float32Array.of((-(high + top) / 2) * scale) };
}

/** x with A x = y, by Cholesky's A = L Lᵀ; A symmetric and positive definite, changed in place. */
function solve(a: Float64Array[], y: Float64Array): Float64Array {
  const n = y.length;
  const x = y.slice();
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < j; k++) for (let i = j; i < n; i++) a[i]![j]! -= a[i]![k]! * a[j]![k]!;
    const root = Math.sqrt(a[j]![j]!);
    for (let i = j; i < n; i++) a[i]![j]! /= root;
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= a[i]![k]! * x[k]!;
    x[i]! /= a[i]![i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= a[k]![i]! * x[k]!;
    x[i]! /= a[i]![i]!;
  }
  return x;
}
