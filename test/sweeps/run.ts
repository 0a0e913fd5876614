/** @file Runs one case of a sweep: types, values and folding against ONNX Runtime, gradients against finite differences. */

import { gradient } from "../../src/autodiff/gradient.ts";
import type { AttributeValue, Graph, SourceGraph, SourceValue } from "../../src/graph/graph.ts";
import { toBytes } from "../../src/graph/to-onnx.ts";
import { builderOf } from "../../src/ops/builder.ts";
import { attributeKind } from "../../src/ops/serialise.ts";
import { prune } from "../../src/passes/needed.ts";
import { specialise } from "../../src/passes/specialise.ts";
import { chooseBackend } from "../../src/runtime/choose.ts";
import { compile } from "../../src/runtime/compile.ts";
import { rng } from "../../src/tensor/rng.ts";
import { type DType, fromNumbers, isFloat, sizeOf, type Tensor, toNumbers } from "../../src/tensor/tensor.ts";
import type { Case, Fill, Operand, Sweep } from "./sweep.ts";

type Random = ReturnType<typeof rng>;

/** Throws when fovea and ONNX Runtime, or a gradient and its finite differences, disagree. */
export async function runCase(sweep: Sweep, c: Case, seed: number): Promise<void> {
  const float = c.dtype ?? (sweep.float64 === true ? "float64" : "float32");
  const random = rng(seed);
  const operands = c.inputs.map((spec) => spec && draw(spec, float, random));
  const source = sourceOf(sweep, c, operands, float);
  const variable = source.inputs;
  const feeds = Object.fromEntries(variable.map((v) => [v.name, operands[Number(v.name.slice(1))]!]));

  const { graph } = specialise(source, { float });
  const ours = await evaluate(graph, feeds);
  if (!sweep.noReference) {
    const native = await reference(sweep, source, feeds);
    compareAll(`${sweep.op}: value`, ours, native, float === "float64" ? 1e-9 : 2e-5);
    graph.outputs.forEach((v) => {
      const t = native[v.name]!;
      if ((!sweep.otherTypes && t.dtype !== v.dtype) || String(t.dims) !== String(v.shape))
        throw new Error(`${sweep.op}: inferred ${v.dtype}[${v.shape}], ONNX Runtime gives ${t.dtype}[${t.dims}]`);
    });
    await checkFolding(sweep, c, operands, float, native);
  }
  if (c.gradcheck !== false) {
    await checkGradient(sweep.op, graph, feeds, float, random);
    if (sweep.second)
      await checkGradient(`${sweep.op}, second`, gradientGraph(graph, float, random).graph, feeds, float, random);
  }
}

const element: Record<Fill, (random: Random) => number> = {
  normal: (random) => random.normal(),
  distinct: (random) => random.normal(),
  positive: (random) => random.uniform(0.5, 2),
  unit: (random) => random.uniform(-0.9, 0.9),
  smooth: (random) => Math.floor(random.uniform(-6, 6)) / 2 + random.uniform(0.2, 0.3),
  bits: (random) => random.int(0, 2),
};

function draw(spec: Operand, float: DType, random: Random): Tensor {
  const dtype = spec.dtype ?? float;
  const n = sizeOf(spec.shape);
  if (spec.values) return fromNumbers(dtype, spec.values, spec.shape);
  const values = Array.from({ length: n }, () => element[spec.fill ?? "normal"](random));
  if (spec.fill === "distinct") {
    const order = values.map((x, i) => [x, i] as const).sort((a, b) => a[0] - b[0]);
    order.forEach(([, i], rank) => {
      values[i] = (rank - n / 2) * 0.1 + 0.05;
    });
  }
  return fromNumbers(dtype, isFloat(dtype) ? values : values.map(Math.round), spec.shape);
}

/** The call as the only node of a file. */
function sourceOf(
  sweep: Sweep,
  c: Case,
  operands: readonly (Tensor | null)[],
  float: DType,
  allKnown = false,
): SourceGraph {
  const inputs: SourceValue[] = [];
  const constants = new Map<SourceValue, Tensor>();
  const nodeInputs = operands.map((t, i) => {
    if (!t) return null;
    const value: SourceValue = { name: `x${i}`, dtype: t.dtype, shape: t.dims };
    const known = c.inputs[i]!.known ?? t.dtype !== float;
    if (known || allKnown) constants.set(value, t);
    else inputs.push(value);
    return value;
  });
  const outputs = Array.from({ length: c.outputs ?? 1 }, (_, i): SourceValue => ({ name: `y${i}` }));
  return {
    name: "case",
    opset: c.opset ?? 21,
    metadata: {},
    inputs,
    outputs,
    constants,
    nodes: [{ op: sweep.op, name: "node", inputs: nodeInputs, outputs, attributes: c.attributes ?? {} }],
  };
}

const run = async (graph: Graph, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> => {
  const program = await compile(graph, { device: "cpu", threads: 1 });
  try {
    return await program.run(feeds);
  } finally {
    await program.dispose();
  }
};

const evaluate = (graph: Graph, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> =>
  run(prune(graph), feeds);

/** The original node, in its own opset, as ONNX Runtime runs it. */
async function reference(
  sweep: Sweep,
  source: SourceGraph,
  feeds: Record<string, Tensor>,
): Promise<Record<string, Tensor>> {
  const bytes = toBytes(source, {
    opset: source.opset,
    attributeKind: (op, name) =>
      sweep.floatAttributes?.includes(name) ? floatKind(source.nodes[0]!.attributes[name]!) : attributeKind(op, name),
  });
  const { ort } = await chooseBackend("cpu");
  const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  try {
    const inputs = Object.fromEntries(
      session.inputNames.map((name) => {
        const t = feeds[name]!;
        return [name, new ort.Tensor(t.dtype as "float32", t.data as Float32Array, t.dims)];
      }),
    );
    const fetched = await session.run(inputs);
    return Object.fromEntries(
      Object.entries(fetched).map(([name, t]) => [
        name,
        fromNumbers(t.type as DType, Array.from(t.data as ArrayLike<number | bigint>, Number), t.dims),
      ]),
    );
  } finally {
    await session.release();
  }
}

const floatKind = (value: AttributeValue): "float" | "floats" => (Array.isArray(value) ? "floats" : "float");

/** With all operands known the builder must either fold to the same answer or leave the node alone. */
async function checkFolding(
  sweep: Sweep,
  c: Case,
  operands: readonly (Tensor | null)[],
  float: "float32" | "float64",
  native: Record<string, Tensor>,
): Promise<void> {
  const { graph } = specialise(sourceOf(sweep, c, operands, float, true), { float });
  if (graph.nodes.some((n) => n.op !== "Identity")) return;
  compareAll(`${sweep.op}: folded`, await run(prune(graph), {}), native, float === "float64" ? 1e-9 : 2e-5);
}

/** Scalar Σₖ ⟨rₖ, yₖ⟩ over the float outputs, with fixed random rₖ, and its gradient for every float input. */
function gradientGraph(
  graph: Graph,
  float: "float32" | "float64",
  random: Random,
): { graph: Graph; loss: Graph; names: string[] } {
  const copy = (): Graph => ({
    ...graph,
    inputs: [...graph.inputs],
    outputs: [],
    constants: new Map(graph.constants),
    nodes: [...graph.nodes],
  });
  const weights = graph.outputs.map((v) => Array.from({ length: sizeOf(v.shape) }, () => random.normal()));
  const lossIn = (target: Graph) => {
    const g = builderOf(target);
    const terms = graph.outputs.flatMap((v, k) =>
      isFloat(v.dtype) ? [g.sum(g.mul(v, g.numbers(weights[k]!, v.shape, v.dtype)), undefined, false)] : [],
    );
    const loss = terms.reduce((a, b) => g.add(a, b));
    return { g, loss };
  };
  const forward = copy();
  const f = lossIn(forward);
  f.g.output(f.loss, "loss");
  const backward = copy();
  const b = lossIn(backward);
  const wrt = graph.inputs.filter((v) => v.dtype === float);
  gradient(b.g, b.loss, wrt).forEach((dv, i) => {
    if (dv.dtype !== wrt[i]!.dtype || String(dv.shape) !== String(wrt[i]!.shape))
      throw new Error(
        `gradient of ${wrt[i]!.name}: expected ${wrt[i]!.dtype}[${wrt[i]!.shape}], got ${dv.dtype}[${dv.shape}]`,
      );
    b.g.output(dv, `d${wrt[i]!.name}`);
  });
  return { graph: prune(backward), loss: prune(forward), names: wrt.map((v) => v.name) };
}

async function checkGradient(
  what: string,
  graph: Graph,
  feeds: Record<string, Tensor>,
  float: "float32" | "float64",
  random: Random,
): Promise<void> {
  if (!graph.outputs.some((v) => isFloat(v.dtype)) || !graph.inputs.some((v) => v.dtype === float)) return;
  const { graph: backward, loss, names } = gradientGraph(graph, float, random);
  const analytic = await run(backward, feeds);
  const program = await compile(loss, { device: "cpu", threads: 1 });
  const step = float === "float64" ? 1e-5 : 1e-2;
  const tolerance = float === "float64" ? 1e-6 : 2e-2;
  try {
    for (const name of names) {
      const x = toNumbers(feeds[name]!);
      const dx = toNumbers(analytic[`d${name}`]!);
      const at = async (i: number, h: number): Promise<number> => {
        const moved = fromNumbers(
          float,
          x.map((v, j) => (j === i ? v + h : v)),
          feeds[name]!.dims,
        );
        return toNumbers((await program.run({ ...feeds, [name]: moved })).loss!)[0]!;
      };
      const scale = Math.max(1, ...dx.map(Math.abs));
      for (const i of sample(x.length, 40, random)) {
        const numeric = ((await at(i, step)) - (await at(i, -step))) / (2 * step);
        if (!(Math.abs(numeric - dx[i]!) <= tolerance * scale))
          throw new Error(`${what}: d${name}[${i}] is ${dx[i]}, finite differences say ${numeric}`);
      }
    }
  } finally {
    await program.dispose();
  }
}

/** All indices below n, or `limit` of them at random. */
function sample(n: number, limit: number, random: Random): number[] {
  if (n <= limit) return Array.from({ length: n }, (_, i) => i);
  return Array.from({ length: limit }, () => random.int(0, n));
}

function compareAll(
  what: string,
  ours: Record<string, Tensor>,
  native: Record<string, Tensor>,
  tolerance: number,
): void {
  for (const [name, t] of Object.entries(native)) {
    const a = toNumbers(ours[name]!);
    const b = toNumbers(t);
    if (a.length !== b.length) throw new Error(`${what} ${name}: ${a.length} elements, ONNX Runtime has ${b.length}`);
    b.forEach((x, i) => {
      const same = Object.is(a[i], x) || a[i] === x || Math.abs(a[i]! - x) <= tolerance * Math.max(1, Math.abs(x));
      if (!same) throw new Error(`${what} ${name}[${i}]: ${a[i]}, ONNX Runtime has ${x}`);
    });
  }
}
