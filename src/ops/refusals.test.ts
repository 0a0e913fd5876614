/** @file Calls of layout, indexing, padding and product operators that must be refused, and in which words. */

import { describe, expect, test } from "vitest";
import { gradient } from "../autodiff/gradient.ts";
import { InputError } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { builderOf } from "./builder.ts";

type Call = (g: Builder, x: Value, unknown: Value) => unknown;

const calls: readonly (readonly [string, Call, RegExp])[] = [
  [
    "a shape that does not fit",
    (g, x) => g.op("Reshape", [x, g.ints([5])]),
    /^Reshape: \[2,3\] does not fit into \[5\]/,
  ],
  ["an open extent that does not divide", (g, x) => g.op("Reshape", [x, g.ints([4, -1])]), /^Reshape: .* \[4,-1\]/],
  ["a negative extent", (g, x) => g.op("Reshape", [x, g.ints([-2, -3])]), /^Reshape: .* \[-2,-3\]/],
  ["a shape known only at run time", (g, x, u) => g.op("Reshape", [x, u]), /^Reshape: 'shape' must be known .* 'u'/],
  ["an axis outside", (g, x) => g.op("Flatten", [x], { axis: 3 }), /^Flatten: axis 3 is outside/],
  ["squeezing what is not 1", (g, x) => g.op("Squeeze", [x, g.ints([0])]), /^Squeeze: axis 0 of \[2,3\]/],
  ["one axis twice", (g, x) => g.op("Unsqueeze", [x, g.ints([0, -4])]), /^Unsqueeze: an axis comes twice/],
  ["no permutation", (g, x) => g.op("Transpose", [x], { perm: [0, 0] }), /^Transpose: perm \[0,0\]/],
  ["repeats for other axes", (g, x) => g.op("Tile", [x, g.ints([2])]), /^Tile: \[2\]/],
  ["parts of other rank", (g, x) => g.op("Concat", [x, g.ints([1])], { axis: 0 }), /^Concat: \[2,3\] and \[1\]/],
  ["a step of 0", (g, x) => g.slice(x, [0], [0], [1], [0]), /^Slice: step 0 along axis 0/],
  ["parts that do not add up", (g, x) => g.ops("Split", [x, g.ints([1, 2])], {}, 2), /^Split: parts of \[1,2\]/],
  ["neither parts nor their number", (g, x) => g.ops("Split", [x], {}, 2), /^Split: expected the input 'split'/],
  ["an index outside", (g, x) => g.op("Gather", [x, g.ints([2])]), /^Gather: index 2 is outside axis 0 of \[2,3\]/],
  ["indices of other rank", (g, x) => g.op("GatherElements", [x, g.ints([0])]), /^GatherElements: indices \[1\]/],
  ["a condition at run time", (g, x, u) => g.op("Compress", [x, u]), /^Compress: 'condition' must be known/],
  ["an unknown reduction", (g, x) => scatter(g, x, "mean"), /^ScatterElements: reduction 'mean'/],
  ["an unknown padding", (g, x) => g.op("Pad", [x, g.ints([1, 0, 0, 0])], { mode: "zero" }), /^Pad: mode 'zero'/],
  ["cutting off too much", (g, x) => g.op("Pad", [x, g.ints([-3, 0, 0, 0])]), /^Pad: more is cut off/],
  ["a count at run time", (g, _, u) => g.op("Range", [u, u, u]), /^Range: 'start' must be known/],
  ["the identity of a vector", (g, _, u) => g.op("EyeLike", [u]), /^EyeLike: expected a matrix, got \[2\]/],
  ["training", (g, x) => g.op("Dropout", [x, 0.5, g.scalar(1, "bool")]), /^Dropout: training mode/],
  ["other inner sizes", (g, x) => g.matmul(x, x), /^MatMul: inner sizes of \[2,3\] and \[2,3\]/],
  ["a product with a scalar", (g, x) => g.matmul(x, g.scalar(1, "float32")), /^MatMul: inner sizes/],
  ["a C that is too large", (g, x) => gemm(g, x, [4, 2, 2]), /^Gemm: C \[4,2,2\] does not broadcast to \[2,2\]/],
  [
    "too few operands",
    (g, x) => g.op("Einsum", [x], { equation: "ij,jk" }),
    /^Einsum: equation .* 2 operands are named/,
  ],
  ["another rank", (g, x) => g.op("Einsum", [x], { equation: "ijk->i" }), /^Einsum: .*'ijk' does not fit/],
  ["an unknown label", (g, x) => g.op("Einsum", [x], { equation: "ij->ik" }), /^Einsum: .*output label 'k'/],
  ["digits", (g, x) => g.op("Einsum", [x], { equation: "i1->i" }), /^Einsum: .*'i1' holds more than letters/],
  ["two extents", (g, x) => g.op("Einsum", [x, x], { equation: "ij,jk" }), /^Einsum: label 'j' stands for/],
  ["a diagonal of no square", (g, x) => g.op("Einsum", [x], { equation: "ii->i" }), /^Einsum: label 'i' stands for/],
];

const scatter = (g: Builder, x: Value, reduction: string): Value =>
  g.op("ScatterElements", [x, g.numbers([0, 0, 0], [1, 3], "int64"), g.zeros(g.slice(x, [0], [0], [1]))], {
    reduction,
  });
const gemm = (g: Builder, x: Value, c: readonly number[]): Value =>
  g.op("Gemm", [x, x, g.numbers(new Float32Array(16), c, "float32")], { transB: 1 });

describe("refused", () => {
  test.each(calls)("%s", (_, call, message) => {
    const g = builderOf();
    const [x, u] = [g.input("x", "float32", [2, 3]), g.input("u", "int64", [2])];
    expect(() => call(g, x, u)).toThrow(InputError);
    expect(() => call(g, x, u)).toThrow(message);
  });

  test("the gradient of a scatter by maximum, naming the node", () => {
    const g = builderOf();
    const x = g.input("x", "float32", [2, 3]);
    const y = scatter(g, x, "max");
    expect(() => gradient(g, y, [x])).toThrow(/^ScatterElements: reduction 'max' has no gradient rule \(node '.+'\)/);
  });
});
