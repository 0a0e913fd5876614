/** @file Carlini & Wagner's L2 attack (IEEE S&P 2017, arXiv 1608.04644): the smallest change, by Adam and a search for its weight. */

import { gradient } from "../../autodiff/gradient.ts";
import { adam } from "../../optimise/adam.ts";
import { fixedInputs } from "../ascent.ts";
import type { Attack, Finding, Subject } from "../attack.ts";
import { answerOf, type Row } from "../classifier.ts";
import { ask, type Course, number, type Step } from "../course.ts";
import { margin, targetedMargin } from "../losses.ts";
import { norms } from "../norms.ts";

export interface CarliniWagnerOptions {
  /** Largest change that counts as a success; without it, any does. */
  readonly eps?: number;
  /** Adam's steps for each weight; 1,000. */
  readonly steps?: number;
  /** Weights that are tried; 9. */
  readonly searches?: number;
  /** First weight c; 0.001. It grows tenfold until the net is fooled, then is halved between what did and what did not. */
  readonly weight?: number;
  /** Adam's, in the space of tanh; 0.01. */
  readonly learningRate?: number;
  /** κ: by how much the wrong class must lead; 0. */
  readonly confidence?: number;
}

/** Black and white are at ±∞ of tanh's space: pictures are pressed together by this. */
const INNER = 1 - 1e-6;
const GROWTH = 10;
/** The steps end when the loss has not fallen by this part in a tenth of them. */
const PROGRESS = 1e-4;

/**
 * With x = (tanh w + 1) / 2, which never leaves 0…1, minimises ‖x − x₀‖₂² + c · max(0, κ − margin(x)) over w.
 */
export function carliniWagner(options: CarliniWagnerOptions = {}): Attack {
  const { eps, steps = 1000, searches = 9, weight = 1e-3, learningRate = 0.01, confidence = 0 } = options;
  const norm = norms.l2;
  const optimiser = adam({ learningRate });
  return {
    name: "cw-l2",
    source: "Carlini & Wagner 2017, arXiv 1608.04644",
    norm,
    eps,
    gradients: true,
    *perturb(subject): Course<Finding> {
      const step = tanhStep(optimiser, subject.target !== undefined);
      const start = subject.image.map((x) => Math.atanh((2 * x - 1) * INNER));
      let best = { distance: Number.POSITIVE_INFINITY, picture: subject.image };
      let [low, high, c] = [0, Number.POSITIVE_INFINITY, weight];
      for (let i = 0; i < searches; i++) {
        const found: Best = yield* minimise(subject, step, optimiser, start, { c, confidence, steps });
        if (found.distance < best.distance) best = found;
        if (found.distance < Number.POSITIVE_INFINITY) high = c;
        else low = c;
        c = high < Number.POSITIVE_INFINITY ? (low + high) / 2 : c * GROWTH;
      }
      return best;
    },
  };
}

type Optimiser = ReturnType<typeof adam>;

interface Best extends Finding {
  readonly distance: number;
}

function* minimise(
  subject: Subject,
  step: Step,
  optimiser: Optimiser,
  start: Float32Array,
  { c, confidence, steps }: { readonly c: number; readonly confidence: number; readonly steps: number },
): Course<Best> {
  const still = new Float32Array(start.length);
  const fixed = { ...fixedInputs(subject, 0), c: number(c), confidence: number(confidence) };
  let best: Best = { distance: Number.POSITIVE_INFINITY, picture: subject.image };
  let at: Row = { w: start, slope: still, ...Object.fromEntries(optimiser.state.map((name) => [name, still])) };
  let before = Number.POSITIVE_INFINITY;
  const period = Math.max(1, Math.floor(steps / 10));
  for (let n = 0; n <= steps; n++) {
    const scalars = Object.entries(optimiser.scalars(Math.max(0, n - 1))).map(([k, v]) => [k, number(v)]);
    at = yield* ask(step, { ...fixed, ...at, ...Object.fromEntries(scalars) });
    const distance = norms.l2.distance(at.x!, subject.image);
    if (subject.fooled(at.logits!) && at.lead![0]! >= confidence && distance < best.distance)
      best = { distance, picture: at.x! };
    if (n % period !== 0) continue;
    const loss = at.loss![0]!;
    if (loss > before * (1 - PROGRESS)) break;
    before = loss;
  }
  return best;
}

/** w, with Adam's state and the slope there ↦ w' and what is to be known of it. */
function tanhStep(optimiser: Optimiser, targeted: boolean): Step {
  const scalars = Object.keys(optimiser.scalars(0));
  return {
    name: `cw ${targeted ? "targeted" : ""}`,
    gradient: true,
    inputs: ({ picture, classes }) => ({
      ...Object.fromEntries(["w", "slope", "origin", ...optimiser.state].map((name) => [name, picture])),
      ...Object.fromEntries(["c", "confidence", "eps", ...scalars].map((name) => [name, [1, 1, 1]])),
      label: [1, classes],
      target: [1, classes],
    }),
    emit: (g, inputs, net) => {
      const named = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, inputs[name]!]));
      const { w, slope, origin, c, confidence, label, target } = inputs;
      const { parameter, state } = optimiser.update(g, w!, slope!, named(optimiser.state), named(scalars));
      const x = g.mul(g.add(g.op("Tanh", [parameter]), 1), 0.5);
      const z = net.see(x);
      const how = targeted ? targetedMargin : margin;
      const lead = g.mean(how.of(g, z, { label: label!, target: target! }), [1, 2], false);
      const n = x.shape[0]!;
      const row = (v: typeof x) => g.reshape(v, [n]);
      const far = g.sum(g.square(g.sub(x, origin!)), [1, 2, 3], false);
      const loss = g.add(far, g.mul(row(c!), g.op("Relu", [g.sub(row(confidence!), lead)])));
      const [down] = gradient(g, g.sum(loss, undefined, false), [parameter]);
      return { w: parameter, ...state, x, logits: answerOf(g, z), lead, loss, slope: down! };
    },
  };
}
