/** @file A net from a file made ready for training: weights in 32 bits, and normalisations that share nothing. */

import type { SourceGraph, SourceNode, SourceValue } from "../graph/graph.ts";
import { widenWeights } from "../passes/half-weights.ts";

/**
 * The same net with 16-bit weights widened, and with parameters of its own for each BatchNormalization: exporters store
 * equal ones of an untrained net once, but their averages go different ways.
 */
export function readyToTrain(source: SourceGraph): SourceGraph {
  const wide = widenWeights(source);
  const constants = new Map(wide.constants);
  const taken = new Set<SourceValue>();
  const own = (node: SourceNode, v: SourceValue | null, i: number): SourceValue | null => {
    const t = v && constants.get(v);
    if (!v || !t || i === 0) return v;
    if (!taken.has(v)) {
      taken.add(v);
      return v;
    }
    const copy: SourceValue = { ...v, name: `${node.name || node.outputs[0]?.name}.${parts[i]}` };
    constants.set(copy, t);
    return copy;
  };
  const nodes = wide.nodes.map((node) =>
    node.op === "BatchNormalization" ? { ...node, inputs: node.inputs.map((v, i) => own(node, v, i)) } : node,
  );
  return { ...wide, constants, nodes };
}

/** Names of a BatchNormalization's inputs, as torch has them. */
const parts = ["input", "weight", "bias", "running_mean", "running_var"];
