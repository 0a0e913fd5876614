/** @file HopSkipJump (Chen, Jordan & Wainwright, IEEE S&P 2020, arXiv 1904.02144): along the boundary, by the net's answers alone. */

import type { Attack, Finding, Subject } from "../attack.ts";
import { answerOf } from "../classifier.ts";
import { ask, askAll, type Course, number, type Step } from "../course.ts";
import type { Norm } from "../norms.ts";
import { shifted } from "../shifted.ts";

export interface HopSkipJumpOptions {
  readonly norm: Norm;
  /** Largest change that counts as a success; without it, any does. */
  readonly eps?: number;
  /** Default 40. */
  readonly steps?: number;
  /** Looks for the first estimate of the boundary's direction; step t takes √t times as many. Default 100. */
  readonly looks?: number;
  /** Looks for an estimate, at most; 10,000. */
  readonly mostLooks?: number;
  /** A picture that the net is wrong about, to start from; uniform noise by default. */
  readonly start?: (item: number) => Float32Array | undefined;
}

/** Noise pictures tried for a start. */
const STARTS = 100;
/** First radius of the looks around a point. */
const FIRST_RADIUS = 0.1;
/** A step is halved this often at most, before it is given up. */
const HALVINGS = 20;
/** The bisection's precision as a part of the distance is at least this: float32 has no more. */
const LEAST_PRECISION = 1e-5;

/**
 * From an adversarial picture: bisects to the boundary; estimates its direction from answers around the point; steps along
 * that by distance / √t, halved until the net is fooled; and bisects again.
 */
export function hopSkipJump(options: HopSkipJumpOptions): Attack {
  const { norm, eps, steps = 40, looks = 100, mostLooks = 10_000 } = options;
  return {
    name: `hop-skip-jump-${norm.name}`,
    source: "Chen, Jordan & Wainwright 2020, arXiv 1904.02144",
    norm,
    eps,
    gradients: false,
    scores: false,
    rows: 8,
    *perturb(subject): Course<Finding> {
      const { image, random } = subject;
      const start: Float32Array | undefined = options.start?.(subject.item) ?? (yield* noiseThatFools(subject));
      if (!start) return { picture: image };
      const dims = image.length;
      // θ of the paper: the smaller the pictures' share in each number, the finer.
      const precision = 1 / (norm.name === "linf" ? dims * dims : dims * Math.sqrt(dims));
      let x: Float32Array = yield* toBoundary(subject, norm, start, precision);
      let best = { distance: norm.distance(x, image), picture: x };
      for (let t = 1; t <= steps; t++) {
        const distance = norm.distance(x, image);
        const reach = norm.name === "linf" ? dims : Math.sqrt(dims);
        const radius = t === 1 ? FIRST_RADIUS : reach * Math.max(precision, LEAST_PRECISION) * distance;
        const count = Math.min(Math.floor(looks * Math.sqrt(t)), mostLooks);
        const v = yield* direction(subject, norm, x, radius, count, random.fork(t).fork("around"));
        const next = yield* stepAlong(subject, x, v, distance / Math.sqrt(t));
        if (!next) continue;
        x = yield* toBoundary(subject, norm, next, precision);
        const now = norm.distance(x, image);
        if (now < best.distance) best = { distance: now, picture: x };
      }
      return best;
    },
  };
}

function* noiseThatFools({ image, random, fooled }: Subject): Course<Float32Array | undefined> {
  for (let i = 0; i < STARTS; i++) {
    const x = random.fork(`start ${i}`).fillUniform(new Float32Array(image.length));
    const { logits } = yield* ask(shifted, { x, u: x, by: number(0) });
    if (fooled(logits!)) return x;
  }
  return undefined;
}

/** The point nearest to the picture, between it and x, that still fools. */
function* toBoundary({ image, fooled }: Subject, norm: Norm, x: Float32Array, precision: number): Course<Float32Array> {
  const step = between(norm);
  const whole = norm.name === "linf" ? norm.distance(x, image) : 1;
  let [low, high, best] = [0, whole, x];
  while (high - low > whole * Math.max(precision, LEAST_PRECISION)) {
    const middle = (low + high) / 2;
    const at = yield* ask(step, { x, origin: image, part: number(middle) });
    if (fooled(at.logits!)) [high, best] = [middle, at.x!];
    else low = middle;
  }
  return best;
}

/** Mean of random directions, each weighed by whether the net is fooled there, less the mean of that; of size 1. */
function* direction(
  { fooled }: Subject,
  norm: Norm,
  x: Float32Array,
  radius: number,
  count: number,
  random: Subject["random"],
): Course<Float32Array> {
  const seen = yield* askAll(
    shifted,
    Array.from({ length: count }, (_, i) => {
      const own = random.fork(i);
      const u = norm.name === "linf" ? own.fillUniform(new Float32Array(x.length), -1, 1) : norm.sphere(own, x.length);
      return { x, u, by: number(radius) };
    }),
  );
  const signs = seen.map(({ logits }) => (fooled(logits!) ? 1 : -1));
  const mean = signs.reduce((s, v) => s + v, 0) / count;
  const sum = new Float64Array(x.length);
  for (const [i, { x: there }] of seen.entries()) {
    const weight = Math.abs(mean) === 1 ? mean : signs[i]! - mean;
    for (let j = 0; j < sum.length; j++) sum[j]! += weight * (there![j]! - x[j]!);
  }
  if (norm.name === "linf") return Float32Array.from(sum, Math.sign);
  const length = Math.sqrt(sum.reduce((s, v) => s + v * v, 0)) || 1;
  return Float32Array.from(sum, (v) => v / length);
}

function* stepAlong(
  { fooled }: Subject,
  x: Float32Array,
  u: Float32Array,
  size: number,
): Course<Float32Array | undefined> {
  for (let by = size, i = 0; i < HALVINGS; by /= 2, i++) {
    const at = yield* ask(shifted, { x, u, by: number(by) });
    if (fooled(at.logits!)) return at.x!;
  }
  return undefined;
}

/** L2: the point at that part of the way; L∞: x, brought within that distance. */
const between = (norm: Norm): Step => ({
  name: `between ${norm.name}`,
  gradient: false,
  inputs: ({ picture }) => ({ x: picture, origin: picture, part: [1, 1, 1] }),
  emit: (g, { x, origin, part }, net) => {
    const d = g.sub(x!, origin!);
    const there = g.add(origin!, norm.name === "linf" ? norm.within(g, d, part!) : g.mul(d, part!));
    return { x: there, logits: answerOf(g, net.see(there)) };
  },
});
