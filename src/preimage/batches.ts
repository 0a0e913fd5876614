/** @file How many pictures go into one graph: as many as fit into memory. */

import { host } from "#runtime-host";
import { expect, InputError } from "../error.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { lower } from "../passes/lower.ts";
import { prune } from "../passes/needed.ts";
import { bytesPerElement, sizeOf } from "../tensor/tensor.ts";

/** What ONNX Runtime takes for a batch, over the values that must be alive at once; 1.6 (MobileNet) to 3.2 (SqueezeNet), measured. */
const OVERHEAD = 3;

/** Beyond these, a graph of more pictures is no faster. */
const USUAL_BATCH = 8;

/** Part of the free memory that is said to do: how much is free changes. */
export const USABLE = 0.9;

const bytesOf = ({ dtype, shape }: Value): number => sizeOf(shape) * bytesPerElement(dtype);

/**
 * Bytes that a graph needs while it runs: its inputs, and the largest sum of values that are alive between two nodes. What a
 * runtime adds (packed weights, scratch space) and saves (work in place) is left out.
 */
export function peakBytes(graph: Graph): { readonly values: number; readonly constants: number } {
  const { nodes, inputs, outputs, constants } = lower(prune(graph));
  const lastUse = new Map<Value, number>();
  for (const [i, node] of nodes.entries()) for (const v of node.inputs) if (v) lastUse.set(v, i);
  for (const v of outputs) lastUse.set(v, nodes.length);
  const sum = (values: Iterable<Value>): number => Array.from(values).reduce((n, v) => n + bytesOf(v), 0);
  let alive = sum(inputs);
  let peak = alive;
  for (const [i, node] of nodes.entries()) {
    const made = node.outputs.filter((v) => v !== null && lastUse.has(v)) as Value[];
    alive += sum(made);
    peak = Math.max(peak, alive);
    const over = new Set(node.inputs.filter((v) => v && lastUse.get(v) === i && !constants.has(v))) as Set<Value>;
    alive -= sum(over);
  }
  return { values: peak, constants: sum(constants.keys()) };
}

/** What pictures take while a graph runs, in bytes. */
export interface Need {
  /** Of each picture. */
  readonly each: number;
  /** However many there are. */
  readonly once: number;
}

/** What a graph of one picture takes of memory, what ONNX Runtime adds included; more pictures take it in proportion. */
export function needOf(graph: Graph): Need {
  const { values, constants } = peakBytes(graph);
  // Runtimes keep a copy of the weights in an order of their own.
  return { each: OVERHEAD * values, once: 2 * constants };
}

/** Several pictures at once do not fit into memory; fewer may. */
export class BatchError extends InputError {}

/** Throws a `BatchError` that says how many would fit, unless `batch` pictures do. */
export function expectBatchFits(batch: number, { each, once }: Need, free: number): void {
  const needed = batch * each + once;
  if (needed <= free) return;
  const most = Math.floor((USABLE * free - once) / each);
  throw new BatchError(
    `a batch of ${batch} needs ${aboutMemory(needed)} of memory and ${memoryText(free)} are free: ${most < 2 ? "take one picture at a time" : `a batch of ${most} fits`}, or a smaller size`,
  );
}

/**
 * How many of `count` pictures go into one graph: `asked`, else as many as take half of the free memory, at most `usual`, and evenly.
 * Throws a `BatchError` that says what would fit where `asked` does not.
 *
 * @param graphFor The graph of so many pictures; its memory is taken to grow in proportion.
 * @param free Bytes of memory; what the system has left by default.
 * @param usual Most pictures where nothing is asked; 8 by default.
 */
export function batchSize(
  count: number,
  asked: number | undefined,
  graphFor: (pictures: number) => Graph,
  free = host.freeMemory(),
  usual = USUAL_BATCH,
): number {
  if (asked !== undefined)
    expect(Number.isSafeInteger(asked) && asked > 0, () => `batch: expected a whole number above 0, got ${asked}`);
  const wanted = Math.min(count, asked ?? usual);
  if (wanted === 1) return 1;
  const need = needOf(graphFor(1));
  if (asked !== undefined) {
    expectBatchFits(wanted, need, free);
    return wanted;
  }
  const most = Math.max(1, Math.floor((free / 2 - need.once) / need.each));
  return Math.ceil(count / Math.ceil(count / Math.min(wanted, most)));
}

/** `5.2 GB`, `340 MB`: two digits. */
export function memoryText(bytes: number): string {
  const [unit, name] = bytes < 0.995 * 2 ** 30 ? [2 ** 20, "MB"] : [2 ** 30, "GB"];
  return `${Number((bytes / unit).toPrecision(2)).toLocaleString("en")} ${name}`;
}

/** `about 5.2 GB`. */
export const aboutMemory = (bytes: number): string =>
  bytes < 2 ** 50 ? `about ${memoryText(bytes)}` : "more than a million GB";
