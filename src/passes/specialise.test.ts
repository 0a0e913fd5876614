/** @file Specialising: shapes fixed, sizes folded, element types chosen, only what is needed. */

import { describe, expect, it } from "vitest";
import { classifier, type NetSpec, net, weights } from "../../test/fixtures/nets.ts";
import { evaluate, largestDifference, uniform } from "../../test/fixtures/run.ts";
import { InputError } from "../error.ts";
import { check } from "../graph/check.ts";
import type { SourceValue } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { compile } from "../runtime/compile.ts";
import { cast, fromNumbers, type Tensor, tensor, toNumbers } from "../tensor/tensor.ts";
import { type SpecialiseOptions, specialise } from "./specialise.ts";

const shapes = { x: [1, 3, 8, 8] };
const ints = (...values: number[]): Tensor => tensor("int64", [values.length], BigInt64Array.from(values, BigInt));

/** What the net computes for a picture. */
async function run(spec: NetSpec, image: Tensor, options: SpecialiseOptions = {}): Promise<Tensor> {
  const { graph } = specialise(net(spec), { shapes: { x: image.dims }, ...options });
  check(graph);
  const program = await compile(graph, { device: "cpu" });
  try {
    return (await program.run({ x: cast(image, graph.inputs[0]!.dtype) }))[spec.output]!;
  } finally {
    await program.dispose();
  }
}

const find = (source: ReturnType<typeof net>, name: string): SourceValue =>
  source.nodes.flatMap((n) => n.outputs).find((v) => v?.name === name)!;

describe("shapes", () => {
  it("are fixed by the one given, and every value of the source is found again", () => {
    const source = net(classifier());
    const { graph, values } = specialise(source, { shapes });
    check(graph);
    expect(graph.inputs.map((v) => v.shape)).toEqual([[1, 3, 8, 8]]);
    expect(graph.outputs.map((v) => [v.name, v.shape])).toEqual([["out", [1, 5]]]);
    expect(values.get(find(source, "/features/conv/Conv_output_0"))!.shape).toEqual([1, 4, 4, 4]);
    expect(values.get(source.inputs[0]!)).toBe(graph.inputs[0]);
  });

  it("win over the file's, which is the default", () => {
    const source = net(classifier({ input: [1, 3, 6, 6] }));
    expect(specialise(source).graph.inputs[0]!.shape).toEqual([1, 3, 6, 6]);
    expect(specialise(source, { shapes }).graph.inputs[0]!.shape).toEqual([1, 3, 8, 8]);
  });

  it.each<[string, SpecialiseOptions, RegExp]>([
    ["left open", {}, /'x' is float32\[N,3,H,W\] in the file: its size must be given/],
    ["of another rank", { shapes: { x: [3, 8, 8] } }, /so \[3,8,8\] does not fit/],
    ["of other channels", { shapes: { x: [1, 4, 8, 8] } }, /node '\/features\/conv\/Conv' \(Conv\): /],
  ])("%s are refused", (_, options, message) => {
    expect(() => specialise(net(classifier()), options)).toThrow(InputError);
    expect(() => specialise(net(classifier()), options)).toThrow(message);
  });

  it("are folded out of the graph: Shape → Gather → Concat → Reshape leaves the Reshape alone", () => {
    const { graph } = specialise(
      net({
        constants: { zero: ints(0), rest: ints(-1) },
        nodes: [
          ["Shape", "s", "x", "shape"],
          ["Gather", "g", "shape zero", "batch", { axis: 0 }],
          ["Concat", "c", "batch rest", "target", { axis: 0 }],
          ["Reshape", "r", "x target", "out"],
        ],
        output: "out",
      }),
      { shapes: { x: [2, 3, 4, 5] } },
    );
    // The Identity gives the output the file's name.
    expect(graph.nodes.map((n) => n.op)).toEqual(["Reshape", "Identity"]);
    expect(graph.outputs[0]!.shape).toEqual([2, 60]);
  });
});

describe("element types", () => {
  const image = uniform("float32", [1, 3, 8, 8]);
  const inType = (dtype: "float16" | "bfloat16" | "float64"): NetSpec => {
    const spec = classifier();
    const constants = Object.fromEntries(Object.entries(spec.constants!).map(([name, t]) => [name, cast(t, dtype)]));
    return { ...spec, constants };
  };

  it.each([["float16", 2e-3] as const, ["bfloat16", 2e-2] as const])(
    "of 16 bits are widened to float32: %s",
    async (dtype, tolerance) => {
      const source = net(inType(dtype));
      const narrow = { ...source, inputs: source.inputs };
      const { graph } = specialise(narrow, { shapes });
      const types = [...graph.constants.keys(), ...graph.nodes.flatMap((n) => n.outputs)].map((v) => v?.dtype);
      expect(types).not.toContain(dtype);
      expect(types).toContain("float32");
      // What the weights lose in 16 bits.
      const [got, plain] = [await run(inType(dtype), image), await run(classifier(), image)];
      expect(got.dtype).toBe("float32");
      const difference = largestDifference(toNumbers(got), toNumbers(plain));
      expect(difference).toBeLessThan(tolerance);
      expect(difference).toBeGreaterThan(0);
    },
  );

  it("are float64 throughout when asked for", async () => {
    // Without a convolution, which ONNX Runtime only has in float32.
    const spec: NetSpec = {
      constants: { w: weights([8, 5]) },
      nodes: [
        ["Exp", "e", "x", "a"],
        ["MatMul", "m", "a w", "out"],
      ],
      output: "out",
    };
    const got = await run(spec, image, { float: "float64" });
    expect(got.dtype).toBe("float64");
    expect(largestDifference(toNumbers(got), toNumbers(await run(spec, image)))).toBeLessThan(1e-5);
  });

  it("of a file in float64 stay unless float32 is asked for", () => {
    const nodes: NetSpec["nodes"] = [["Add", "a", "w w", "out"]];
    const source = net({ constants: { w: fromNumbers("float64", new Array(20000).fill(1)) }, nodes, output: "out" });
    expect(specialise(source, { shapes }).graph.outputs[0]!.dtype).toBe("float64");
    expect(specialise(source, { shapes, float: "float32" }).graph.outputs[0]!.dtype).toBe("float32");
  });

  it("that an operator takes from its attributes are widened too", () => {
    const nodes: NetSpec["nodes"] = [
      ["Shape", "s", "x", "shape"],
      ["ConstantOfShape", "c", "shape", "halves", { value: fromNumbers("float16", [0.5]) }],
      ["Add", "a", "x halves", "out"],
    ];
    const source = net({ nodes, output: "out" });
    expect(specialise(source, { shapes }).graph.outputs[0]!.dtype).toBe("float32");
  });

  it("to which a Cast goes are widened too", () => {
    const nodes: NetSpec["nodes"] = [
      ["Cast", "half", "x", "h", { to: 10 }],
      ["Cast", "whole", "x", "i", { to: 6 }],
      ["Exp", "e", "h", "out"],
    ];
    const source = net({ nodes, output: "out" });
    const { values } = specialise(source, { shapes, outputs: [find(source, "out"), find(source, "i")] });
    expect(values.get(find(source, "out"))!.dtype).toBe("float32");
    expect(values.get(find(source, "i"))!.dtype).toBe("int32");
  });
});

describe("what is not needed", () => {
  const source = net({
    ...classifier(),
    nodes: [...classifier().nodes.slice(0, -1), ["NoSuchOp", "odd", "/Flatten_output_0", "out"]],
  });
  const act = find(source, "/features/act/Tanh_output_0");

  it("is left out, unsupported or not", () => {
    const { graph, values } = specialise(source, { shapes, outputs: [act] });
    expect(graph.nodes.map((n) => n.op)).toEqual(["Conv", "Tanh"]);
    expect(values.has(source.outputs[0]!)).toBe(false);
  });

  it("is named when it is needed after all", () => {
    expect(() => specialise(source, { shapes })).toThrow(InputError);
    expect(() => specialise(source, { shapes })).toThrow(/^node 'odd' \(NoSuchOp\): /);
  });

  it("is named by its output where the node has no name", () => {
    const nodes: NetSpec["nodes"] = [["NoSuchOp", "", "x", "out"]];
    expect(() => specialise(net({ nodes, output: "out" }), { shapes })).toThrow(/^node 'out' \(NoSuchOp\)/);
  });

  it("is collected when that is asked for", () => {
    const { unsupported, graph, values } = specialise(source, { shapes, lenient: true });
    expect(unsupported).toMatchObject([{ node: "odd", op: "NoSuchOp" }]);
    expect(unsupported[0]!.reason).not.toBe("");
    expect(graph.outputs).toEqual([]);
    expect(values.get(act)!.shape).toEqual([1, 4, 4, 4]);
  });
});

describe("into a graph that is being built", () => {
  it("stands behind the value that is fed", async () => {
    const spec = classifier();
    const source = net(spec);
    const image = uniform("float32", [1, 3, 8, 8]);
    const { y } = await evaluate({ image }, (g, v) => {
      const before = g.graph.outputs.length;
      const doubled = g.mul(v.image!, 2);
      const { values, graph } = specialise(source, { into: g, feeds: { x: doubled } });
      expect(graph).toBe(g.graph);
      expect(g.graph.inputs.map((i) => i.name)).toEqual(["image"]);
      expect(g.graph.outputs.length).toBe(before);
      return { y: values.get(source.outputs[0]!)! };
    });
    const doubled = fromNumbers(
      "float32",
      toNumbers(image).map((x) => 2 * x),
      image.dims,
    );
    expect(largestDifference(toNumbers(y!), toNumbers(await run(spec, doubled)))).toBeLessThan(1e-5);
  });

  it("adds nothing twice for the same input", () => {
    const g = builderOf();
    const x = g.input("x", "float32", [1, 3, 8, 8]);
    // Large weights are not compared, so what follows them is added again; what they do not touch is shared.
    const source = net({
      nodes: [
        ["Exp", "a", "x", "b"],
        ["Tanh", "t", "b", "out"],
      ],
      output: "out",
    });
    const [one, two] = [0, 1].map(() => specialise(source, { into: g, feeds: { x } }).values.get(source.outputs[0]!));
    expect(two).toBe(one);
    expect(g.graph.nodes.length).toBe(2);
  });

  it("refuses a value of another rank", () => {
    const g = builderOf();
    const x = g.input("x", "float32", [3, 8, 8]);
    expect(() => specialise(net(classifier()), { into: g, feeds: { x } })).toThrow(/\[3,8,8\] does not fit/);
  });

  it("finds outputs that are constants or the input itself", () => {
    const g = builderOf();
    const x = g.input("x", "float32", [1, 3, 8, 8]);
    const source = net({ constants: { w: weights([7]) }, nodes: [["Exp", "e", "x", "out"]], output: "out" });
    const [w] = source.constants.keys();
    const { values } = specialise(source, { into: g, feeds: { x }, outputs: [w!, source.inputs[0]!] });
    expect([values.get(w!)!.shape, values.get(source.inputs[0]!)]).toEqual([[7], x]);
    expect(g.graph.nodes).toEqual([]);
  });
});
