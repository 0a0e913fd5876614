/** @file The form of each operator on values in blocks of channels. */

import type { AttributeInput } from "../graph/builder.ts";
import type { Node, Value } from "../graph/graph.ts";
import { sameShape } from "../ops/shapes.ts";
import { sizeOf, toNumbers } from "../tensor/tensor.ts";
import { type Blocks, kernelInBlocks } from "./blocks.ts";

type Form =
  | { readonly blocked: Value; readonly ordinary?: never }
  | { readonly blocked?: never; readonly ordinary: Value };

/** Work element by element, whatever the order of the elements. */
const elementwise = new Set([
  "Relu",
  "HardSigmoid",
  "LeakyRelu",
  "Elu",
  "Sigmoid",
  "Tanh",
  "Exp",
  "Neg",
  "Abs",
  "Sqrt",
  "Erf",
  "Softplus",
]);
const arithmetic = new Set(["Add", "Sub", "Mul", "Div"]);

/** The node on values in blocks; `undefined` where it has no such form, or needs none since its input is in order. */
export function blockedForm(blocks: Blocks, node: Node): Form | undefined {
  const [X, Y] = node.inputs;
  if (node.op === "Conv") return convolution(blocks, node);
  if (!X || node.outputs.length !== 1) return undefined;
  if (arithmetic.has(node.op)) return Y ? binary(blocks, node, X, Y) : undefined;
  if (!blocks.onlyBlocked(X)) return node.op === "Transpose" ? channelsFirst(blocks, node, X) : undefined;
  if (elementwise.has(node.op)) return unary(blocks, node, X);
  return forms[node.op]?.(blocks, node, X);
}

function convolution(blocks: Blocks, node: Node): Form | undefined {
  if (!blocks.convertible(node)) return undefined;
  const [X, W, B] = node.inputs as readonly [Value, Value, Value?];
  const x = X.shape[1]! % blocks.size === 0 ? blocks.blocked(X) : blocks.ordinary(X);
  const operands = [x, kernelInBlocks(blocks, W), ...(B ? [blocks.ordinary(B)] : [])];
  const attributes = { kernel_shape: W.shape.slice(2), ...node.attributes };
  return { blocked: blocks.native("Conv", operands, node.outputs[0]!.shape, attributes) };
}

/** a x + b with an a and a b per channel: a convolution of each channel with one number. */
function affine({ g, native }: Blocks, x: Value, a: Value | number, b: Value | number): Value {
  const channels = x.shape[1]!;
  const vector = (v: Value | number): Value =>
    typeof v === "number" ? g.expand(g.scalar(v, x.dtype), [channels]) : g.reshape(v, [channels]);
  const W = g.reshape(vector(a), [channels, 1, 1, 1]);
  return native("Conv", [x, W, vector(b)], x.shape, { kernel_shape: [1, 1], group: channels });
}

function unary(blocks: Blocks, node: Node, X: Value): Form {
  const { g, once } = blocks;
  const x = blocks.blocked(X);
  const fused = node.op === "Relu" && once(X) ? amended(blocks, x, [], { activation: "Relu" }) : undefined;
  return {
    blocked: fused ?? g.op(node.op, [x, ...node.inputs.slice(1).map((v) => v && blocks.ordinary(v))], node.attributes),
  };
}

function binary(blocks: Blocks, node: Node, X: Value, Y: Value): Form | undefined {
  const { g, onlyBlocked, ordinary, once } = blocks;
  const { op } = node;
  if (!onlyBlocked(X) && !onlyBlocked(Y)) return undefined;
  if (sameShape(X.shape, Y.shape)) {
    const [x, y] = [blocks.blocked(X), blocks.blocked(Y)];
    const sum =
      op === "Add" && X !== Y && once(X) && once(Y)
        ? (amended(blocks, x, [y], {}) ?? amended(blocks, y, [x], {}))
        : undefined;
    return { blocked: sum ?? g.op(op, [x, y]) };
  }
  const [inBlocks, other] = onlyBlocked(X) ? [X, Y] : [Y, X];
  if (!sameShape(node.outputs[0]!.shape, inBlocks.shape)) return undefined;
  const x = blocks.blocked(inBlocks);
  const c = ordinary(other);
  if (sizeOf(c.shape) === 1 && c.shape.length <= 4)
    return { blocked: inBlocks === X ? g.op(op, [x, c]) : g.op(op, [c, x]) };
  const aligned = [1, 1, 1, 1, ...c.shape].slice(-4);
  if (!sameShape(aligned, [1, x.shape[1]!, 1, 1])) return undefined;
  if (op === "Mul") return { blocked: affine(blocks, x, c, 0) };
  if (op === "Add") return { blocked: affine(blocks, x, 1, c) };
  if (op === "Sub") return { blocked: inBlocks === X ? affine(blocks, x, 1, g.neg(c)) : affine(blocks, x, -1, c) };
  return inBlocks === X ? { blocked: affine(blocks, x, g.div(1, c), 0) } : undefined;
}

const forms: Readonly<Record<string, (blocks: Blocks, node: Node, X: Value) => Form | undefined>> = {
  BatchNormalization: (blocks, { inputs, attributes }, X) => {
    const { g } = blocks;
    const [scale, B, mean, variance] = inputs.slice(1).map((v) => blocks.ordinary(v!)) as [Value, Value, Value, Value];
    const a = g.div(scale, g.sqrt(g.add(variance, Number(attributes.epsilon ?? 1e-5))));
    return { blocked: affine(blocks, blocks.blocked(X), a, g.sub(B, g.mul(mean, a))) };
  },
  MaxPool: (blocks, { attributes, outputs }, X) => ({
    blocked: blocks.native("MaxPool", [blocks.blocked(X)], outputs[0]!.shape, attributes),
  }),
  GlobalAveragePool: (blocks, _, X) => ({ ordinary: meanOfPlanes(blocks, X) }),
  ReduceMean: (blocks, node, X) => overAllButChannels(blocks, node, X, 1),
  ReduceSum: (blocks, node, X) => overAllButChannels(blocks, node, X, X.shape[0]! * sizeOf(X.shape.slice(2))),
  Transpose: (blocks, { attributes: { perm }, outputs }, X) => {
    if (!sameShape(perm as readonly number[], [0, 2, 3, 1])) return undefined;
    const attributes = { channels: X.shape[1]!, channels_last: 1 };
    return { ordinary: blocks.native("ReorderOutput", [blocks.blocked(X)], outputs[0]!.shape, attributes) };
  },
};

/** [M, taps, C] → [M, C, taps], the last step of a kernel's gradient: into blocks and out again, on all threads. */
function channelsFirst(
  { size, native, g, ordinary }: Blocks,
  { attributes, outputs }: Node,
  X: Value,
): Form | undefined {
  const [M, taps, C] = X.shape;
  if (X.dtype !== "float32" || !M || !taps || !C || C % size !== 0) return undefined;
  if (!sameShape(attributes.perm as readonly number[], [0, 2, 1])) return undefined;
  const blocked = native("ReorderInput", [g.reshape(ordinary(X), [M, taps, 1, C])], [M, C, taps, 1], {
    channels_last: 1,
  });
  const ordered = native("ReorderOutput", [blocked], [M, C, taps, 1], { channels: C });
  return { ordinary: g.reshape(ordered, outputs[0]!.shape) };
}

/** [N, C, 1, 1], for which both orders are one. */
const meanOfPlanes = (blocks: Blocks, X: Value): Value =>
  blocks.native("GlobalAveragePool", [blocks.blocked(X)], [X.shape[0]!, X.shape[1]!, 1, 1]);

function overAllButChannels(blocks: Blocks, node: Node, X: Value, count: number): Form | undefined {
  const { g, constantOf } = blocks;
  const axes = node.inputs[1] && constantOf(node.inputs[1]);
  if (!axes || toNumbers(axes).join() !== "0,2,3") return undefined;
  const mean = g.mean(meanOfPlanes(blocks, X), [0]);
  return { ordinary: g.reshape(g.mul(mean, count), node.outputs[0]!.shape) };
}

/** The convolution that gave `x` with more operands or attributes, if it was one that has none of them yet. */
function amended({ g }: Blocks, x: Value, summand: readonly Value[], more: AttributeInput): Value | undefined {
  const { nodes } = g.graph;
  const at = nodes.findLastIndex((n) => n.outputs.includes(x));
  const node = nodes[at];
  if (node?.op !== "com.microsoft.nchwc.Conv" || node.attributes.activation) return undefined;
  const [X, W, B, Z] = node.inputs as readonly [Value, Value, Value?, Value?];
  if (Z && summand.length > 0) return undefined;
  const bias = B ?? g.expand(g.scalar(0, x.dtype), [x.shape[1]!]);
  const inputs = summand.length > 0 ? [X, W, bias, ...summand] : node.inputs;
  nodes.splice(at, 1);
  nodes.push({ ...node, inputs, attributes: { ...node.attributes, ...more } as Node["attributes"] });
  return x;
}
