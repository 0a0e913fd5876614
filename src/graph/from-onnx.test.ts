/** @file What a file's graph becomes, and what is said of graphs that are none. */

import { describe, expect, it } from "vitest";
import { InputError } from "../error.ts";
import { readModel } from "../onnx/read.ts";
import type { AttributeRecord, GraphRecord, ModelRecord, NodeRecord, ValueInfoRecord } from "../onnx/schema.ts";
import { tensorRecord } from "../onnx/tensor.ts";
import { writeModel } from "../onnx/write.ts";
import { fromNumbers, toNumbers } from "../tensor/tensor.ts";
import { fromOnnx } from "./from-onnx.ts";
import { print } from "./print.ts";

const value = (name: string, ...dims: (number | string)[]): ValueInfoRecord => ({
  name,
  type: {
    tensor_type: {
      elem_type: 1,
      shape: { dim: dims.map((d) => (typeof d === "string" ? { dim_param: d } : { dim_value: d })) },
    },
  },
});
const node = (op_type: string, input: string[], output: string[], attribute: AttributeRecord[] = []): NodeRecord => ({
  op_type,
  input,
  output,
  name: `n_${output[0]}`,
  attribute,
});
const model = (graph: GraphRecord, more: ModelRecord = {}): ModelRecord => ({
  ir_version: 3,
  opset_import: [{ version: 7 }],
  graph: { name: "g", input: [value("x", 2)], output: [value("y", 2)], ...graph },
  ...more,
});
const read = (graph: GraphRecord, more?: ModelRecord) => fromOnnx(readModel(writeModel(model(graph, more))));
const w = tensorRecord("w", fromNumbers("float32", [3, 4]));

describe("fromOnnx", () => {
  it("takes initialisers that are listed as inputs as constants, and keeps open shapes", () => {
    const g = read({
      input: [value("x", "N", -1, 2), value("w", 2)],
      initializer: [w],
      node: [node("Add", ["x", "w"], ["y"])],
    });
    expect(print(g)).toBe(
      [
        "graph g(%x: float32[N,?,2]) {",
        "  %w: float32[2] = constant [3,4]",
        "  %y: float32[2] = Add(%x, %w)",
        "  return %y",
        "}",
        "",
      ].join("\n"),
    );
    expect(g.opset).toBe(7);
  });

  it("keeps the modules that PyTorch notes beside a node", () => {
    const noted = (value: string): NodeRecord => ({
      ...node("Relu", ["x"], ["y"]),
      metadata_props: [{ key: "namespace", value }],
    });
    const modules = (value: string) => read({ node: [noted(value)] }).nodes[0]!.modules;
    expect(modules(": net.Net/layer1: nn.Sequential/layer1.0: net.Block/relu_1: aten.relu.default")).toEqual([
      "layer1",
      "layer1.0",
    ]);
    expect(modules(": net.Net/relu: aten.relu.default")).toEqual([]);
    expect(read({ node: [node("Relu", ["x"], ["y"])] }).nodes[0]!.modules).toBeUndefined();
  });

  it("reads attributes of every kind, with or without their type", () => {
    const attributes = (typed: boolean): AttributeRecord[] =>
      [
        { name: "f", f: 0.5, type: 1 },
        { name: "i", i: 2n ** 63n - 1n, type: 2 },
        { name: "s", s: new TextEncoder().encode("SAME"), type: 3 },
        { name: "t", t: w, type: 4 },
        { name: "g", g: {}, type: 5 },
        { name: "floats", floats: [1, 0.5], type: 6 },
        { name: "ints", ints: [1, 2], type: 7 },
        { name: "strings", strings: [new TextEncoder().encode("a")], type: 8 },
        { name: "sparse", sparse_tensor: {}, type: 11 },
        { name: "tp", tp: {}, type: 13 },
      ].map(({ type, ...rest }) => (typed ? { ...rest, type } : rest));
    for (const typed of [true, false]) {
      const { f, i, s, t, g, floats, ints, strings, sparse, tp } = read({
        node: [node("Foo", ["x"], ["y"], attributes(typed))],
      }).nodes[0]!.attributes;
      expect({ f, i, s, g, floats, ints, strings, sparse, tp }).toEqual({
        f: 0.5,
        i: 2 ** 63,
        s: "SAME",
        g: { opaque: "graph" },
        floats: [1, 0.5],
        ints: [1, 2],
        strings: ["a"],
        sparse: { opaque: "sparse_tensor" },
        tp: { opaque: "type_proto" },
      });
      expect(t).toMatchObject({ dtype: "float32", dims: [2] });
    }
  });

  it("turns Constant nodes into constants", () => {
    const constants: [AttributeRecord, string, number[]][] = [
      [{ name: "value", t: { ...w, name: "" }, type: 4 }, "float32", [3, 4]],
      [{ name: "value_float", f: 0.5, type: 1 }, "float32", [0.5]],
      [{ name: "value_floats", floats: [1, 2], type: 6 }, "float32", [1, 2]],
      [{ name: "value_int", i: -3, type: 2 }, "int64", [-3]],
      [{ name: "value_ints", ints: [2n ** 63n - 1n], type: 7 }, "int64", [Number(2n ** 63n - 1n)]],
    ];
    for (const [attribute, dtype, numbers] of constants) {
      const g = read({ node: [node("Constant", [], ["c"], [attribute]), node("Foo", ["x", "c"], ["y"])] });
      const t = g.constants.get(g.nodes[0]!.inputs[1]!)!;
      expect(g.nodes).toHaveLength(1);
      expect(t.dtype).toBe(dtype);
      expect(toNumbers(t)).toEqual(numbers);
    }
  });

  it("keeps constants that it cannot compute with as opaque nodes", () => {
    const g = read({
      initializer: [{ name: "names", data_type: 8, dims: [1], string_data: [Uint8Array.of(65)] }],
      sparse_initializer: [{ values: { ...w, name: "s" } }],
      node: [
        node("Constant", [], ["q"], [{ name: "value", t: { data_type: 22, dims: [2], raw_data: new Uint8Array(1) } }]),
        node("Foo", ["x", "names", "s", "q"], ["y"]),
      ],
    });
    expect(g.constants.size).toBe(0);
    expect(print(g)).toContain("Constant() {value=<a tensor of string>}");
    expect(print(g)).toContain("Constant() {value=<a sparse tensor>}");
    expect(print(g)).toContain("Constant() {value=<a tensor of int4>}");
  });

  it("sorts nodes, and leaves those in order that are", () => {
    const g = read({ node: [node("C", ["b"], ["y"]), node("A", ["x"], ["a"]), node("B", ["a"], ["b"])] });
    expect(g.nodes.map((n) => n.op)).toEqual(["A", "B", "C"]);
    const h = read({ node: [node("B", ["x"], ["b"]), node("A", ["x"], ["a"]), node("C", ["a", "b"], ["y"])] });
    expect(h.nodes.map((n) => n.op)).toEqual(["B", "A", "C"]);
  });

  it("sorts a chain of 100,000 nodes that stands backwards", () => {
    const n = 100_000;
    const chain = Array.from({ length: n }, (_, i) =>
      node("A", [i === 0 ? "x" : `v${i - 1}`], [i === n - 1 ? "y" : `v${i}`]),
    );
    expect(fromOnnx(model({ node: chain.reverse() })).nodes[0]?.name).toBe("n_v0");
  });

  it("writes the domain in front of an operator, unless it is the default one", () => {
    const g = read({
      node: [
        { ...node("Relu", ["x"], ["a"]), domain: "ai.onnx" },
        { ...node("Gelu", ["a"], ["y"]), domain: "com.microsoft" },
      ],
    });
    expect(g.nodes.map((n) => n.op)).toEqual(["Relu", "com.microsoft.Gelu"]);
  });

  it("leaves out inputs and outputs without a name", () => {
    const g = read({ node: [node("Foo", ["x", "", "x"], ["", "y"])] });
    expect(print(g)).toContain("_, %y: float32[2] = Foo(%x, _, %x)");
  });

  it("reads metadata, whatever their keys are called", () => {
    const metadata_props = [
      { key: "fovea.labels", value: "a,b" },
      { key: "__proto__", value: "z" },
    ];
    const { metadata } = read({ node: [node("A", ["x"], ["y"])] }, { metadata_props });
    expect(Object.entries(metadata)).toEqual([
      ["fovea.labels", "a,b"],
      ["__proto__", "z"],
    ]);
  });

  it("unfolds the model's own functions, attributes and functions within functions too", () => {
    const domain = "own";
    const g = read(
      { node: [{ ...node("Twice", ["x"], ["y"], [{ name: "k", f: 2, type: 1 }]), domain }] },
      {
        functions: [
          {
            name: "Twice",
            domain,
            input: ["p"],
            output: ["q"],
            attribute: ["k"],
            node: [
              { ...node("Once", ["p"], ["t"], [{ name: "alpha", ref_attr_name: "k", type: 1 }]), domain },
              { ...node("Once", ["t"], ["q"]), domain },
            ],
          },
          {
            name: "Once",
            domain,
            input: ["p"],
            output: ["q"],
            attribute_proto: [{ name: "alpha", f: 0.25, type: 1 }],
            node: [node("Elu", ["p"], ["q"], [{ name: "alpha", ref_attr_name: "alpha", type: 1 }])],
          },
        ],
      },
    );
    expect(g.nodes.map((n) => [n.op, n.attributes.alpha])).toEqual([
      ["Elu", 2],
      ["Elu", 0.25],
    ]);
    expect(g.nodes[1]!.inputs[0]).toBe(g.nodes[0]!.outputs[0]);
    expect(g.nodes[1]!.outputs[0]).toBe(g.outputs[0]);
  });
});

describe("refused", () => {
  const call = (name: string, body: NodeRecord[]) => ({ name, domain: "own", input: ["p"], output: ["q"], node: body });
  const own = (name: string, input: string, output: string) => ({ ...node(name, [input], [output]), domain: "own" });
  it.each<[string, GraphRecord, RegExp, ModelRecord?]>([
    ["a value from nowhere", { node: [node("A", ["z"], ["y"])] }, /A "n_y" reads the value "z"/],
    ["an output from nowhere", { node: [node("A", ["x"], ["z"])] }, /output "y"/],
    ["no output", { output: [], node: [] }, /no outputs/],
    ["an output listed twice", { output: [value("x"), value("x")] }, /twice/],
    ["a value from two nodes", { node: [node("A", ["x"], ["y"]), node("B", ["x"], ["y"])] }, /"y" .*A "n_y".*B "n_y"/],
    ["a node that makes an input", { node: [node("A", ["x"], ["x"])] }, /"x" is produced twice/],
    ["two initialisers of one name", { initializer: [w, w], node: [] }, /"w" is produced twice/],
    ["two inputs of one name", { input: [value("x"), value("x")], node: [] }, /"x" is produced twice/],
    [
      "a cycle",
      { node: [node("A", ["x", "c"], ["b"]), node("B", ["b"], ["c"]), node("C", ["c"], ["y"])] },
      /circle: the node A "n_b", which waits for the node B "n_c" waits for itself/,
    ],
    ["a node that reads itself", { node: [node("A", ["y"], ["y"])] }, /circle: the node A "n_y" waits for itself/],
    [
      "external data",
      {
        initializer: [
          {
            name: "w",
            dims: [1],
            data_type: 1,
            data_location: 1,
            external_data: [{ key: "location", value: "w.bin" }],
          },
        ],
      },
      /"w".*"w.bin"/,
    ],
    [
      "a function that calls itself",
      { node: [own("F", "x", "y")] },
      /"F" calls itself/,
      { functions: [call("F", [own("F", "p", "q")])] },
    ],
    [
      "functions that unfold without end",
      { node: [own("F0", "x", "y")] },
      /unfold to more than/,
      {
        functions: Array.from({ length: 40 }, (_, i) =>
          call(`F${i}`, [own(`F${i + 1}`, "p", "t"), own(`F${i + 1}`, "t", "q")]),
        ),
      },
    ],
  ])("%s", (_, graph, message, more) => {
    expect(() => read(graph, more)).toThrow(InputError);
    expect(() => read(graph, more)).toThrow(message);
  });
});
