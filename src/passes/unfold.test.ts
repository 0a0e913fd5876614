/** @file Loops, conditions and sequences that the input's size decides, held against what ONNX Runtime makes of them. */

import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { expect, it } from "vitest";
import { attributeType } from "../graph/attribute.ts";
import { fromOnnx } from "../graph/from-onnx.ts";
import type { AttributeRecord, GraphRecord, ModelRecord, NodeRecord, TensorRecord } from "../onnx/schema.ts";
import { tensorRecord } from "../onnx/tensor.ts";
import { writeModel } from "../onnx/write.ts";
import { compile } from "../runtime/compile.ts";
import { type DType, fromNumbers, toNumbers } from "../tensor/tensor.ts";
import { specialise } from "./specialise.ts";

const node = (op_type: string, input: string, output: string, attribute: AttributeRecord[] = []): NodeRecord => ({
  op_type,
  name: `n_${output}`,
  input: input.split(" ").map((name) => (name === "-" ? "" : name)),
  output: output.split(" "),
  attribute,
});
const graphAttribute = (name: string, g: GraphRecord): AttributeRecord => ({ name, type: attributeType.graph, g });
const int = (name: string, i: number): AttributeRecord => ({ name, type: attributeType.int, i });
const numbers = (name: string, dtype: DType, values: number[], dims: number[] = [values.length]): TensorRecord =>
  tensorRecord(name, fromNumbers(dtype, values, dims));
const typed = (name: string, elem_type: number, rank: number) => ({
  name,
  type: {
    tensor_type: { elem_type, shape: { dim: Array.from({ length: rank }, (_, i) => ({ dim_param: `${name}${i}` })) } },
  },
});
const untyped = (name: string) => ({ name });
const model = (graph: GraphRecord): ModelRecord => ({
  ir_version: 8,
  opset_import: [{ version: 17 }],
  graph: { name: "g", input: [typed("x", 1, 2)], output: [typed("y", 1, 2)], ...graph },
});

/** One round: state · 2 + x in even rounds, state − x in odd ones; the state is collected, and put in a sequence too. */
const body: GraphRecord = {
  name: "body",
  input: [
    typed("i", 7, 0),
    typed("going", 9, 0),
    typed("state", 1, 2),
    { name: "list", type: { sequence_type: { elem_type: typed("", 1, 2).type } } },
  ],
  initializer: [numbers("two", "float32", [2], []), numbers("two_i", "int64", [2], [])],
  node: [
    node("Mod", "i two_i", "odd"),
    node("Cast", "odd", "is_odd", [int("to", 9)]),
    node("If", "is_odd", "next", [
      graphAttribute("then_branch", {
        name: "then",
        node: [node("Sub", "state x", "less")],
        output: [untyped("less")],
      }),
      graphAttribute("else_branch", {
        name: "else",
        node: [node("Mul", "state two", "twice"), node("Add", "twice x", "more")],
        output: [untyped("more")],
      }),
    ]),
    node("SequenceInsert", "list next", "longer"),
    node("Identity", "going", "still"),
    node("Identity", "next", "seen"),
  ],
  output: [
    typed("still", 9, 0),
    typed("next", 1, 2),
    { name: "longer", type: { sequence_type: { elem_type: typed("", 1, 2).type } } },
    typed("seen", 1, 2),
  ],
};

/** As many rounds as the picture has rows. */
const looping = model({
  initializer: [numbers("zero", "int64", [0], []), numbers("axes", "int64", [0])],
  node: [
    node("Shape", "x", "shape"),
    node("Gather", "shape zero", "rows"),
    { op_type: "SequenceEmpty", name: "empty", output: ["empty"] },
    node("Loop", "rows - x empty", "last list all", [graphAttribute("body", body)]),
    node("ConcatFromSequence", "list", "joined", [int("axis", 0), int("new_axis", 1)]),
    node("Sub", "all joined", "nothing"),
    node("ReduceSum", "nothing axes", "sum", [int("keepdims", 0)]),
    node("Add", "last sum", "y"),
  ],
});

it("runs a loop over the rows, with a condition and a sequence inside, as ONNX Runtime does", async () => {
  const bytes = writeModel(looping);
  const x = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
  const session = await InferenceSession.create(bytes);
  const there = (await session.run({ x: new OrtTensor("float32", x, [3, 4]) })).y!.data as Float32Array;
  const { graph } = specialise(fromOnnx(looping), { shapes: { x: [3, 4] } });
  expect(graph.nodes.map((n) => n.op)).not.toContain("Loop");
  const program = await compile(graph, { device: "cpu" });
  const here = toNumbers((await program.run({ x: fromNumbers("float32", x, [3, 4]) })).y!);
  await program.dispose();
  expect(here).toEqual(Array.from(there));
});

it("says when the picture itself decides", () => {
  const deciding = model({
    node: [
      node("ReduceMax", "x", "most", [int("keepdims", 0)]),
      node("Cast", "most", "any", [int("to", 9)]),
      node("If", "any", "y", [
        graphAttribute("then_branch", { name: "then", node: [node("Neg", "x", "a")], output: [untyped("a")] }),
        graphAttribute("else_branch", { name: "else", node: [node("Abs", "x", "b")], output: [untyped("b")] }),
      ]),
    ],
  });
  const run = () => specialise(fromOnnx(deciding), { shapes: { x: [3, 4] } });
  expect(run).toThrow(/node 'n_y' \(If\): its condition is only known while the net runs/);
});

it("refuses loops without end", () => {
  const endless = model({
    node: [
      node("Loop", "- - x", "y", [
        graphAttribute("body", {
          name: "body",
          input: [typed("i", 7, 0), typed("going", 9, 0), typed("s", 1, 2)],
          node: [node("Identity", "going", "still"), node("Identity", "s", "t")],
          output: [typed("still", 9, 0), typed("t", 1, 2)],
        }),
      ]),
    ],
  });
  expect(() => specialise(fromOnnx(endless), { shapes: { x: [3, 4] } })).toThrow(/more than 10000 rounds/);
});
