/** @file L-BFGS without a line search (Nocedal 1980; Liu & Nocedal 1989): curvature from the last few steps. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Named, Optimiser } from "./optimiser.ts";
import { type Schedule, scheduleOf } from "./schedule.ts";

export interface LbfgsOptions {
  /** Longest step, as the root of the mean squared change of a picture's θ; also the length of the first one. */
  readonly maxStep: number;
  /** Pairs of steps that are remembered, m; 8. */
  readonly memory?: number;
  /** Part of the full step that is taken; 1. */
  readonly learningRate?: number | Schedule;
  /** Cosine between a step and its change of slope below which the pair is not remembered; 1e-6. */
  readonly curvature?: number;
}

/**
 * With s = θ − θ' and y = g − g' since the last step, remembered where ⟨y, s⟩ > curvature · ‖y‖ ‖s‖,
 *
 *   θ ← θ − lr · d · min(1, maxStep / rms d),   d = H g,
 *
 * H being the inverse Hessian that m BFGS updates make of γ I, γ = ⟨s, y⟩ / ⟨y, y⟩ of the newest pair, by the two-loop
 * recursion (Nocedal & Wright 2006, algorithm 7.4). Without a pair d is g, scaled to the longest step. H is positive, so
 * every step goes down the slope; nothing checks that it ends lower. Each picture of θ [N, …] has a history of its own.
 *
 * For energies that are the same at every step: random transforms put noise into y. State: 2 m + 2 tensors like θ.
 */
export function lbfgs({ maxStep, memory = 8, learningRate = 1, curvature = 1e-6 }: LbfgsOptions): Optimiser {
  const rateAt = scheduleOf(learningRate);
  const indices = Array.from({ length: memory }, (_, i) => i);
  return {
    state: ["at", "slope", ...indices.flatMap((i) => [`s${i}`, `y${i}`])],
    scalars: (step) => ({ rate: rateAt(step), begun: step > 0 ? 1 : 0 }),
    update: (g, parameter, gradient, state, { rate, begun }) => {
      const pairs = remembered(g, { parameter, gradient, state, begun: begun!, memory, curvature });
      const direction = twoLoops(g, gradient, pairs, maxStep);
      const longest = g.div(maxStep, g.op("Max", [rms(g, direction), maxStep]));
      return {
        parameter: g.sub(parameter, g.mul(direction, g.mul(longest, rate!))),
        state: {
          at: parameter,
          slope: gradient,
          ...Object.fromEntries(
            pairs.flatMap(({ s, y }, i) => [
              [`s${i}`, s],
              [`y${i}`, y],
            ]),
          ),
        },
      };
    },
  };
}

/** A step and the change of slope along it; zeros where there is none yet. */
interface Pair {
  readonly s: Value;
  readonly y: Value;
}

/** The pairs from new to old: the newest in front of the others, or the others as they are where it has no curvature. */
function remembered(
  g: Builder,
  o: {
    readonly parameter: Value;
    readonly gradient: Value;
    readonly state: Named<Value>;
    readonly begun: Value;
    readonly memory: number;
    readonly curvature: number;
  },
): Pair[] {
  const s = g.mul(g.sub(o.parameter, o.state.at!), o.begun);
  const y = g.mul(g.sub(o.gradient, o.state.slope!), o.begun);
  const least = g.mul(g.sqrt(g.mul(dot(g, s, s), dot(g, y, y))), o.curvature);
  const curved = g.op("Greater", [dot(g, y, s), least]);
  const old = Array.from({ length: o.memory }, (_, i): Pair => ({ s: o.state[`s${i}`]!, y: o.state[`y${i}`]! }));
  return old.map((own, i) => {
    const newer = i === 0 ? { s, y } : old[i - 1]!;
    return { s: g.where(curved, newer.s, own.s), y: g.where(curved, newer.y, own.y) };
  });
}

/** H · gradient. A pair of zeros changes nothing: its ρ is 0. */
function twoLoops(g: Builder, gradient: Value, pairs: readonly Pair[], maxStep: number): Value {
  const known = pairs.map(({ s, y }) => {
    const product = dot(g, y, s);
    const there = g.mask(product, "Greater", 0);
    return { s, y, there, rho: g.div(there, g.add(product, g.sub(1, there))) };
  });
  let d = gradient;
  const alphas = known.map(({ s, y, rho }) => {
    const alpha = g.mul(rho, dot(g, s, d));
    d = g.sub(d, g.mul(alpha, y));
    return alpha;
  });
  const { s, y, there } = known[0]!;
  const scaled = g.div(dot(g, s, y), g.add(dot(g, y, y), g.sub(1, there)));
  const first = g.div(maxStep, g.add(rms(g, gradient), 1e-30));
  d = g.mul(d, g.add(scaled, g.mul(first, g.sub(1, there))));
  for (const [i, { s, y, rho }] of [...known.entries()].reverse()) {
    const beta = g.mul(rho, dot(g, y, d));
    d = g.add(d, g.mul(g.sub(alphas[i]!, beta), s));
  }
  return d;
}

/** ⟨a, b⟩ within each picture, [N, 1, …]. */
const dot = (g: Builder, a: Value, b: Value): Value =>
  g.sum(
    g.mul(a, b),
    a.shape.slice(1).map((_, i) => i + 1),
  );

const rms = (g: Builder, a: Value): Value =>
  g.sqrt(
    g.mean(
      g.square(a),
      a.shape.slice(1).map((_, i) => i + 1),
    ),
  );
