/** @file Runs a course for each of any number of pictures, each in a lane of its own, all lanes through one graph. */

import { expect, InputError } from "../error.ts";
import { batchSize } from "../preimage/batches.ts";
import { type CompileOptions, compile, type Program } from "../runtime/compile.ts";
import { type Rng, rng } from "../tensor/rng.ts";
import { sizeOf } from "../tensor/tensor.ts";
import { ascent, straight } from "./ascent.ts";
import type { Picture } from "./attack.ts";
import type { Classifier, Row } from "./classifier.ts";
import { type Course, classOf, look, type Request, type Step } from "./course.ts";
import { crossEntropy } from "./losses.ts";
import { norms } from "./norms.ts";
import { type FedRow, graphOf, stacked, unstacked } from "./rows.ts";

export interface AttackOptions extends CompileOptions {
  /** Default 1. What is drawn for a picture depends on the seed, the attack's name and the picture's number alone. */
  readonly seed?: number;
  /** Pictures in one graph; by default as many as half of the free memory takes, at most 32. */
  readonly batch?: number;
  /** Ends the work after the run in progress; pictures that are not finished are left out. */
  readonly signal?: AbortSignal;
  /** Told after each graph run. */
  readonly progress?: (progress: AttackProgress) => void;
}

export type Pictures = Iterable<Picture> | AsyncIterable<Picture>;

export interface AttackProgress {
  readonly attack: string;
  /** Pictures finished, and those under way. */
  readonly done: number;
  readonly active: number;
  readonly runs: number;
}

/** Beyond it, small nets are no faster and large ones take too much memory. */
const USUAL_BATCH = 32;
/** Of float32: sums of probabilities below it are lost beside 1. */
const LOST = 2 ** -24;
/** What is to be done with each picture. */
export interface Job<T> {
  /** Names the random numbers. */
  readonly name: string;
  readonly gradients: boolean;
  /** Rows that a picture mostly asks for at once; 1. */
  readonly rows?: number | undefined;
  readonly course: (picture: Picture, random: Rng, tally: Tally) => Course<T>;
}

interface Lane<T> {
  readonly picture: Picture;
  readonly course: Course<T>;
  readonly tally: Tally;
  /** What the net is fed at each look comes from here. */
  readonly random: Rng;
  looks: number;
  request: Request;
  answers: Row[];
}

/** Counts of one picture, kept up to date while its course runs. */
export interface Tally {
  queries: number;
  gradients: number;
  zeroGradients: number;
  saturated: number;
}

/** Runs a course for each picture, as many side by side as the batch has, and yields what each comes to. */
export async function* runLanes<T>(
  net: Classifier,
  job: Job<T>,
  pictures: Pictures,
  options: AttackOptions = {},
): AsyncGenerator<T, void> {
  const { signal, seed = 1 } = options;
  const wanted = Math.min(options.batch ?? USUAL_BATCH, net.most ?? Number.POSITIVE_INFINITY);
  const programs = new Map<string, Program>();
  let batch: number | undefined;
  const programFor = async (step: Step): Promise<Program> => {
    const known = programs.get(step.name);
    if (known) return known;
    const made = await compile(graphOf(net, step, batch!), options);
    programs.set(step.name, made);
    return made;
  };
  const source = streamOf(pictures);
  const lanes = new Set<Lane<T>>();
  let [done, runs, more] = [0, 0, true];
  try {
    while (!signal?.aborted) {
      while (more && lanes.size < wanted) {
        const next = await source.next();
        if (next.done) more = false;
        else lanes.add(begin(net, job, next.value, seed));
      }
      if (lanes.size === 0) return;
      batch ??= rowsAtOnce(net, job, options, Math.min(wanted, lanes.size * (job.rows ?? 1)));
      const step = mostWanted(lanes);
      const waiting = takeRows(net, lanes, step, batch);
      const out = await (await programFor(step)).run(stacked(net, step, waiting, batch));
      runs++;
      for (const [i, { lane }] of waiting.entries()) {
        const row = unstacked(out, i);
        observe(net, lane, step, row);
        lane.answers.push(row);
      }
      for (const lane of new Set(waiting.map((w) => w.lane))) {
        if (lane.answers.length < lane.request.rows.length) continue;
        const { answers } = lane;
        lane.answers = [];
        const next = lane.course.next(answers);
        if (!next.done) lane.request = next.value;
        else {
          lanes.delete(lane);
          done++;
          yield next.value;
        }
      }
      options.progress?.({ attack: job.name, done, active: lanes.size, runs });
    }
  } finally {
    for (const each of programs.values()) await each.dispose();
    await source.return();
  }
}

function begin<T>(net: Classifier, job: Job<T>, picture: Picture, seed: number): Lane<T> {
  const { item, label, target, image } = picture;
  expect(
    image.length === sizeOf(net.picture),
    () => `picture ${item} holds ${image.length} numbers, and ${net.name} takes [${net.picture}]`,
  );
  for (const [what, c] of [["label", label] as const, ...(target === undefined ? [] : [["target", target] as const])])
    expect(
      Number.isInteger(c) && c >= 0 && c < net.classes,
      () =>
        `picture ${item}: expected a ${what} from 0 to ${net.classes - 1}, got ${c}: attacks need labelled pictures`,
    );
  expect(target !== label, () => `picture ${item}: the target is its own label, ${label}`);
  const random = rng(seed).fork(job.name).fork(item);
  const tally: Tally = { queries: 0, gradients: 0, zeroGradients: 0, saturated: 0 };
  const course = job.course(picture, random, tally);
  const first = course.next([]);
  return { picture, course, tally, random: random.fork("net"), looks: 0, request: first.value as Request, answers: [] };
}

/** The step that most rows wait for. */
function mostWanted(lanes: Iterable<Lane<unknown>>): Step {
  const rows = new Map<string, { readonly step: Step; count: number }>();
  for (const { request, answers } of lanes) {
    const found = rows.get(request.step.name) ?? { step: request.step, count: 0 };
    found.count += request.rows.length - answers.length;
    rows.set(request.step.name, found);
  }
  return [...rows.values()].reduce((a, b) => (b.count > a.count ? b : a)).step;
}

/** All graphs of an attack have one size; that for few pictures is small. */
function rowsAtOnce(net: Classifier, { gradients }: Job<unknown>, { batch }: AttackOptions, rows: number): number {
  const heaviest = gradients ? ascent({ loss: crossEntropy, norm: norms.l2, move: straight }) : look;
  return batchSize(rows, batch && rows, (n) => graphOf(net, heaviest, n), undefined, USUAL_BATCH);
}

/** Rows that wait for a step, lane after lane; the net is fed for each from the picture's own random numbers. */
function takeRows<L extends Lane<unknown>>(
  net: Classifier,
  lanes: Iterable<L>,
  step: Step,
  most: number,
): (FedRow & { readonly lane: L })[] {
  const taken: (FedRow & { readonly lane: L })[] = [];
  for (const lane of lanes) {
    if (lane.request.step.name !== step.name) continue;
    for (const row of lane.request.rows.slice(lane.answers.length, lane.answers.length + most - taken.length))
      taken.push({ lane, row, fed: net.feed(lane.picture.item, lane.random.fork(lane.looks++)) });
    if (taken.length === most) break;
  }
  return taken;
}

/** Counts a look, and what may have gone wrong with it. */
function observe(net: Classifier, { tally, picture }: Lane<unknown>, { gradient }: Step, { logits, slope }: Row): void {
  tally.queries += net.views;
  if (gradient) tally.gradients += net.views;
  if (gradient && slope?.every((x) => x === 0)) tally.zeroGradients += net.views;
  if (!logits) return;
  if (logits.some(Number.isNaN))
    throw new InputError(
      `${net.name} answers picture ${picture.item} with NaN: its weights or its preprocessing are wrong`,
    );
  const top = logits[classOf(logits)]!;
  // exp(0) = 1 is the top's own part.
  const others = logits.reduce((sum, z) => sum + Math.exp(z - top), 0) - 1;
  if (others < LOST) tally.saturated += net.views;
}

async function* streamOf(pictures: Pictures): AsyncGenerator<Picture, void> {
  yield* pictures;
}
