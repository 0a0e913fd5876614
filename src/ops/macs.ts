/** @file Multiply-accumulates: what a graph costs on paper. */

import type { Graph, NodeOf, Value } from "../graph/graph.ts";
import { nameInputs, resolve, type Type } from "./op.ts";
import { recordOf } from "./table.ts";

/** Multiply-accumulates of a node whose operands and outputs have these types; 0 where they are not counted (activations, sums). */
export function macsOfNode(
  { op, attributes }: Pick<NodeOf<unknown>, "op" | "attributes">,
  inputs: readonly (Value | null)[],
  outputs: readonly Type[],
): number {
  const record = recordOf(op);
  if (!record?.macs) return 0;
  return record.macs(nameInputs(op, record, inputs) as never, outputs, resolve(record, attributes) as never);
}

/** Multiply-accumulates of all nodes that count them. */
export const macsOf = ({ nodes }: Graph): number =>
  nodes.reduce(
    (sum, node) =>
      sum +
      macsOfNode(
        node,
        node.inputs,
        node.outputs.filter((v) => v !== null),
      ),
    0,
  );
