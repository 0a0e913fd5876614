/** @file Graphs written and read again. */

import { describe, expect, it } from "vitest";
import { readModel } from "../onnx/read.ts";
import { type DType, fromNumbers, type Shape, Tensor, zeros } from "../tensor/tensor.ts";
import { fromOnnx } from "./from-onnx.ts";
import type { Attributes, Graph, Value } from "./graph.ts";
import { print } from "./print.ts";
import { toBytes, toOnnx } from "./to-onnx.ts";

const value = (name: string, dtype: DType = "float32", shape: Shape = [2]): Value => ({ name, dtype, shape });

/** x → A(x, w) → B → y, with attributes on A. */
function small(attributes: Attributes = {}, names = { w: "w", a: "a", y: "y" }): Graph {
  const [x, w, a, y] = [value("x"), value(names.w), value(names.a), value(names.y)];
  return {
    name: "small",
    inputs: [x],
    outputs: [y],
    constants: new Map([[w, fromNumbers("float32", [1, 2])]]),
    nodes: [
      { op: "A", name: "first", inputs: [x, null, w], outputs: [a, null], attributes },
      { op: "com.microsoft.nchwc.B", name: "", inputs: [a], outputs: [y], attributes: {} },
    ],
  };
}
const reread = (graph: Graph, options = { opset: 17 }) => fromOnnx(readModel(toBytes(graph, options)));

describe("toOnnx", () => {
  it("comes back as the same text", () => {
    const attributes = { strides: [2, 2], mode: "linear", names: ["a", "b"], value: zeros("int64", [2]), alpha: 0.5 };
    const graph = small(attributes);
    const types = /: float32\[2\]|: \?\[…\]/g;
    expect(print(reread(graph)).replace(types, "")).toBe(print(graph).replace(types, ""));
  });

  it("gives values of one name names of their own; inputs and outputs keep theirs", () => {
    const { graph } = toOnnx(small({}, { w: "x", a: "x", y: "y" }), { opset: 17 });
    expect(graph?.node?.map(({ input, output }) => [input, output])).toEqual([
      [
        ["x", "", "x_1"],
        ["x_2", ""],
      ],
      [["x_2"], ["y"]],
    ]);
    expect(graph?.initializer?.[0]?.name).toBe("x_1");
  });

  it("does not take a name that another value already has", () => {
    const graph = small({}, { w: "x", a: "x_1", y: "y" });
    expect(reread(graph).nodes[0]!.outputs[0]!.name).not.toBe("x_1");
    expect(reread(graph).constants.size).toBe(1);
  });

  it("writes numbers as ints or floats as the caller says, and by their looks otherwise", () => {
    const attribute = (attributes: Attributes, kind?: "int" | "float" | "ints" | "floats") =>
      toOnnx(small(attributes), { opset: 17, attributeKind: () => kind }).graph?.node?.[0]?.attribute?.[0];
    expect(attribute({ a: 1 }, "float")).toEqual({ name: "a", f: 1, type: 1 });
    expect(attribute({ a: 1 })).toEqual({ name: "a", i: 1n, type: 2 });
    expect(attribute({ a: 1.5 })).toEqual({ name: "a", f: 1.5, type: 1 });
    expect(attribute({ a: [] }, "floats")).toEqual({ name: "a", floats: [], type: 6 });
    expect(attribute({ a: [1, 2] })).toEqual({ name: "a", ints: [1n, 2n], type: 7 });
    expect(attribute({ a: [1, 0.5] })).toEqual({ name: "a", floats: [1, 0.5], type: 6 });
    expect(attribute({ a: [2 ** 63, Number.NEGATIVE_INFINITY] }, "ints")?.ints).toEqual([2n ** 63n - 1n, -(2n ** 63n)]);
    expect(() => attribute({ a: 1.5 }, "int")).toThrow(/internal: A\.a/);
    expect(() => attribute({ a: [1] }, "int")).toThrow(/internal: A\.a/);
    expect(() => attribute({ a: { opaque: "graph" } })).toThrow(/internal: A: attribute a is opaque/);
  });

  it("writes opsets of all domains, metadata, and an IR version that old readers know", () => {
    const model = toOnnx(small(), { opset: 17, metadata: { "fovea.task": "classify" } });
    expect(model.ir_version).toBe(8);
    expect(model.opset_import).toEqual([
      { domain: "", version: 17 },
      { domain: "com.microsoft.nchwc", version: 1 },
    ]);
    expect(model.graph?.node?.[1]).toMatchObject({ domain: "com.microsoft.nchwc", op_type: "B" });
    expect(fromOnnx(model).metadata).toEqual({ "fovea.task": "classify" });
  });

  it("copies no constant before the file is put together", () => {
    const graph = small();
    const t = [...graph.constants.values()][0]!;
    expect(toOnnx(graph, { opset: 17 }).graph?.initializer?.[0]?.raw_data).toBe(t.bytes);
  });

  it.each<DType>([
    "float32",
    "float64",
    "float16",
    "bfloat16",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "bool",
  ])("keeps %s", (dtype) => {
    const c = value("c", dtype, [3]);
    const x = value("x", dtype, []);
    const t = fromNumbers(dtype, [0, 1, 1]);
    const g = reread({ name: "g", inputs: [x], outputs: [c], constants: new Map([[c, t]]), nodes: [] });
    expect(g.inputs[0]).toEqual({ name: "x", dtype, shape: [] });
    const back = g.constants.get(g.outputs[0]!);
    expect(back).toBeInstanceOf(Tensor);
    expect(back?.dtype).toBe(dtype);
    expect(Array.from(back!.bytes)).toEqual(Array.from(t.bytes));
  });
});
