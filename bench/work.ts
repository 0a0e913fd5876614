/** @file The programs that entries run, and what they cost on paper. */

import {
  builderOf,
  type CompileOptions,
  compile,
  type Graph,
  gradient,
  openModel,
  type Program,
  rng,
  specialise,
  type Tensor,
  tensor,
} from "../src/index.ts";
import { netSource, nets, sourceBytes } from "../src/nets/net.ts";
import { milliseconds } from "./measure.ts";

/** The class whose logit is differentiated. */
const CLASS = 3;

/** ResNet-18 with random weights for pictures of `size`², as the bytes of an .onnx file. */
export const resnet18 = (size: number): Uint8Array =>
  sourceBytes(netSource(nets.resnet18({ classes: 1000 }), { picture: [3, size, size], seed: 18 }));

/** Image → logits. */
export function forwardGraph(file: Uint8Array, batch = 1): Graph {
  const { source, input } = openModel(file);
  const [, ...picture] = input.shape as number[];
  return specialise(source, { shapes: { [input.name]: [batch, ...picture] } }).graph;
}

/** Image → logits and the image's gradient of one logit, summed over the batch. `name` is the gradient's, for a file of its own. */
export function gradientGraph(file: Uint8Array, batch = 1, name = "dx"): Graph {
  const g = builderOf(forwardGraph(file, batch));
  const [x, logits] = [g.graph.inputs[0]!, g.graph.outputs[0]!];
  const [dx] = gradient(g, g.slice(logits, [1], [CLASS], [CLASS + 1]), [x]);
  g.output(dx!, name);
  return g.graph;
}

/** A product of square matrices; of the result only a corner is fetched. */
export function matmulGraph(size: number): Graph {
  const g = builderOf();
  const W = g.constant(noise([size, size]));
  const y = g.matmul(g.input("x", "float32", [size, size]), W);
  g.output(g.slice(y, [0, 1], [0, 0], [1, 1]), "corner");
  return g.graph;
}

export const noise = (dims: readonly number[]): Tensor<"float32"> =>
  tensor("float32", dims, rng(1).fillNormal(new Float32Array(dims.reduce((n, d) => n * d, 1))));

/** A job that runs a graph once on fixed noise and says how long it took. */
export async function job(
  graph: Graph,
  options: CompileOptions = {},
): Promise<{ readonly program: Program; readonly run: () => Promise<number> }> {
  const program = await compile(graph, options);
  const inputs = Object.fromEntries(graph.inputs.map((v) => [v.name, noise(v.shape)]));
  return { program, run: () => milliseconds(() => program.run(inputs)) };
}
