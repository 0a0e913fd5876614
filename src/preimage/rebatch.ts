/** @file Nets that were exported for one picture, taught to take several: what their files fix is scaled with the batch. */

import type { Builder } from "../graph/builder.ts";
import type { SourceValue, Value } from "../graph/graph.ts";
import type { EmitNode } from "../passes/specialise.ts";
import type { Shape } from "../tensor/tensor.ts";

/**
 * Emits the nodes for which a file may hold the shape of a single picture:
 * - Reshape (and what else only rearranges by a shape) to [1·a, …] becomes one to [N·a, …];
 * - Concat of what all pictures share, such as a class token, with what is a picture's own, repeats it for each.
 *
 * Where the batch is no leading part of the first axis, this gives other shapes than `single` says: `SizedNet.takesMany` tells.
 *
 * @param single Values of the net for one picture.
 */
export function rebatched(g: Builder, pictures: number, single: ReadonlyMap<SourceValue, Value>): EmitNode {
  const shapeOf = (v: SourceValue | null | undefined): Shape | undefined => (v ? single.get(v)?.shape : undefined);
  const many = ([first = 1, ...rest]: Shape): Shape => [pictures * first, ...rest];
  /** True for what has a part for each picture, one after another. */
  const isOwn = (v: SourceValue | null | undefined, now: Value | null | undefined): boolean => {
    const shape = shapeOf(v);
    return shape !== undefined && now?.shape.join() === many(shape).join();
  };
  return (node, inputs, plain) => {
    const [input, output] = [inputs[0], shapeOf(node.outputs[0])];
    if (node.op === "Reshape" && input && output && isOwn(node.inputs[0], input))
      return [g.reshape(input, many(output))];
    if (node.op !== "Concat") return undefined;
    const own = inputs.map((now, i) => isOwn(node.inputs[i], now));
    if (!own.includes(true)) return undefined;
    return plain(
      inputs.map((now, i) => {
        const [first, ...rest] = now?.shape ?? [];
        return now && first === 1 && !own[i] ? g.expand(now, [pictures, ...rest]) : now;
      }),
    );
  };
}
