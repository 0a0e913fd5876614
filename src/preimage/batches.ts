/** @file How many pictures go into one graph: as many as fit into memory. */

import { host } from "#runtime-host";
import { expect } from "../error.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { lower } from "../passes/lower.ts";
import { prune } from "../passes/needed.ts";
import { bytesPerElement, sizeOf } from "../tensor/tensor.ts";

/** What ONNX Runtime takes for a batch, over the values that must be alive at once; 1.6 (MobileNet) to 3.2 (SqueezeNet), measured. */
const OVERHEAD = 3;

/** Beyond these, a graph of more pictures is no faster. */
const USUAL_BATCH = 8;

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

/**
 * How many of `count` pictures go into one graph: `asked`, else as many as take half of the free memory, at most `usual`, and evenly.
 * Throws an `InputError` that says what would fit where `asked` does not.
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
  const peak = peakBytes(graphFor(1));
  const values = OVERHEAD * peak.values;
  // Runtimes keep a copy of the weights in an order of their own.
  const room = (asked === undefined ? free / 2 : free) - 2 * peak.constants;
  const most = Math.max(1, Math.floor(room / values));
  expect(
    asked === undefined || wanted <= most,
    () =>
      `a batch of ${asked} needs about ${gigabytes(wanted * values + 2 * peak.constants)} of memory and ${gigabytes(free)} are free: ${most === 1 ? "take one picture at a time" : `a batch of ${most} fits`}, or a smaller size`,
  );
  return asked === undefined ? Math.ceil(count / Math.ceil(count / Math.min(wanted, most))) : wanted;
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toPrecision(2)} GB`;
