/** @file What the forms in blocks share: where values stand, which convolutions gain, kernels in blocks. */

import type { AttributeInput, Builder } from "../graph/builder.ts";
import type { Node, Value } from "../graph/graph.ts";
import { range, sameShape } from "../ops/shapes.ts";
import { type Shape, sizeOf, type Tensor, toNumbers } from "../tensor/tensor.ts";

export interface Blocks {
  readonly g: Builder;
  /** Channels in a block. */
  readonly size: number;
  /** Adds an operator of the provider's domain. */
  readonly native: (op: string, inputs: readonly Value[], shape: Shape, attributes?: AttributeInput) => Value;
  /** A value of the old graph in the ordinary order, or in blocks. */
  readonly ordinary: (v: Value) => Value;
  readonly blocked: (v: Value) => Value;
  /** Whether a value stands in blocks and would have to be put in order. */
  readonly onlyBlocked: (v: Value) => boolean;
  /** Of the old graph: whether the convolution gains, contents, where a value comes from, whether it is used once. */
  readonly convertible: (node: Node) => boolean;
  readonly constantOf: (v: Value) => Tensor | undefined;
  readonly producerOf: (v: Value) => Node | undefined;
  readonly once: (v: Value) => boolean;
}

/** Positions that a kernel must meet before it is worth while to put it in blocks at every run. */
const ENOUGH = 1024;

/** Whether a convolution has a form in blocks that gains: its kernel is not constant, its channels fill blocks. */
export function convertible(node: Node, block: number, fixed: ReadonlySet<Value>): boolean {
  const [X, W] = node.inputs;
  const [Y] = node.outputs;
  if (node.op !== "Conv" || !X || !W || !Y || fixed.has(W) || X.dtype !== "float32" || X.shape.length !== 4)
    return false;
  const [M, C] = W.shape as [number, number];
  const channels = C % block === 0 || C < block;
  return (node.attributes.group ?? 1) === 1 && M % block === 0 && channels && sizeOf(Y.shape) / M >= ENOUGH;
}

/**
 * A kernel [M, C, …k] as the convolution in blocks wants it: [M/b, C/b, …k, b, b], input channels before output channels
 * within a block; [M/b, C, …k, b] where the picture is not in blocks.
 */
export function kernelInBlocks(blocks: Blocks, W: Value): Value {
  const { g, size: b } = blocks;
  const [M, C, taps] = [W.shape[0]!, W.shape[1]!, sizeOf(W.shape.slice(2))];
  const source = turnedFrom(blocks, W);
  if (source && C % b === 0) {
    // The source [C, M, …k] as [C, M/b, …k, b]; one picking of whole blocks then turns it round.
    const rows = blocks.native("ReorderInput", [g.reshape(blocks.ordinary(source), [C, M, taps, 1])], [C, M, taps, 1]);
    const places = range(M / b).flatMap((m) =>
      range(C / b).flatMap((c) =>
        range(taps).flatMap((t) => range(b).map((i) => ((c * b + i) * (M / b) + m) * taps + taps - 1 - t)),
      ),
    );
    const index = g.numbers(places, [places.length], "int32");
    return g.reshape(g.op("Gather", [g.reshape(rows, [places.length, b]), index], { axis: 0 }), W.shape);
  }
  const outer = blocks.native(
    "ReorderInput",
    [g.reshape(blocks.ordinary(W), [1, M, C * taps, 1])],
    [1, M, C * taps, 1],
  );
  if (C % b !== 0) return g.reshape(outer, W.shape);
  return g.reshape(g.transpose(g.reshape(outer, [M / b, C / b, b, taps, b]), [0, 1, 3, 2, 4]), W.shape);
}

/** W₀ where W is the kernel of the adjoint convolution, W[c, m, j] = W₀[m, c, −j] (see ops/convolution-adjoint.ts). */
function turnedFrom({ producerOf, constantOf }: Blocks, W: Value): Value | undefined {
  const swap = producerOf(W);
  const swapped = swap?.inputs[0];
  const perm = swap?.op === "Transpose" ? (swap.attributes.perm as readonly number[]) : [];
  if (!swapped || perm.some((p, i) => p !== (i < 2 ? 1 - i : i)) || perm.length !== 4) return undefined;
  const taps = sizeOf(W.shape.slice(2));
  if (taps === 1) return swapped;
  const product = producerOf(reshapedFrom(producerOf, swapped));
  const [rows, turn] = product?.op === "MatMul" ? product.inputs : [];
  const matrix = turn && constantOf(turn);
  if (!rows || !matrix || !sameShape(matrix.dims, [taps, taps])) return undefined;
  if (toNumbers(matrix).some((x, i) => x !== Number(Math.floor(i / taps) + (i % taps) === taps - 1))) return undefined;
  const source = reshapedFrom(producerOf, rows);
  return sameShape(source.shape, swapped.shape) ? source : undefined;
}

function reshapedFrom(producerOf: Blocks["producerOf"], v: Value): Value {
  const node = producerOf(v);
  return node?.op === "Reshape" ? node.inputs[0]! : v;
}
