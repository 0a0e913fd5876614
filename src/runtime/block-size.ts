/** @file How many channels the native processor backend takes together in its blocked layout, found out by trying. */

import { gradient } from "../autodiff/gradient.ts";
import type { Graph } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { serialise } from "../ops/serialise.ts";
import { blockedLayout } from "../passes/blocked-layout.ts";
import { rng } from "../tensor/rng.ts";
import { sizeOf } from "../tensor/tensor.ts";
import type { Choice } from "./choose.ts";

/** With AVX-512, and with lesser instruction sets. */
const CANDIDATES = [16, 8];
const found = new Map<Choice["backend"], Promise<number | undefined>>();

/** `undefined` where the backend has no blocked layout, or not the one that the pass writes for. */
export function blockSize(choice: Choice): Promise<number | undefined> {
  const { backend } = choice;
  if (backend.device !== "cpu") return Promise.resolve(undefined);
  const size = found.get(backend) ?? probe(choice);
  found.set(backend, size);
  return size;
}

/** The gradient of a small step in blocks must come out as it does in the ordinary order. */
async function probe(choice: Choice): Promise<number | undefined> {
  const graph = smallStep();
  try {
    const expected = await run(choice, graph);
    for (const size of CANDIDATES) {
      const got = await run(choice, blockedLayout(graph, size)).catch(() => undefined);
      if (got?.every((x, i) => Math.abs(x - expected[i]!) <= 1e-4 * (1 + Math.abs(expected[i]!)))) return size;
    }
  } catch {
    // A backend that cannot run the ordinary form says so when the graph itself is compiled.
  }
  return undefined;
}

/** Two convolutions with all that comes between them in a net, and the gradient of a sum for both kernels. */
function smallStep(): Graph {
  const g = builderOf();
  const x = g.input("x", "float32", [1, 16, 32, 32]);
  const [v, w] = ["v", "w"].map((name) => g.input(name, "float32", [32, 16, 3, 3]));
  const pads = [1, 1, 1, 1];
  const hidden = g.op("Relu", [g.sub(g.op("Conv", [x, v!], { pads }), g.numbers([0.1], [1, 1, 1], "float32"))]);
  const y = g.op("Conv", [g.slice(hidden, [1], [0], [16]), w!], { pads });
  const slopes = gradient(g, g.sum(g.mul(y, g.add(y, hidden)), undefined, false), [v!, w!]);
  for (const dw of slopes) g.output(dw);
  return g.graph;
}

async function run({ backend, ort }: Choice, graph: Graph): Promise<number[]> {
  const session = await ort.InferenceSession.create(serialise(graph), backend.sessionOptions(1));
  try {
    const random = rng(1);
    const feeds = graph.inputs.map(({ name, shape }) => {
      const values = random.fork(name).fillNormal(new Float32Array(sizeOf(shape)), 0, 0.1);
      return [name, new ort.Tensor("float32", values, shape)] as const;
    });
    const outputs = Object.values(await session.run(Object.fromEntries(feeds)));
    const values = await Promise.all(outputs.map((t) => t.getData() as Promise<Float32Array>));
    return values.flatMap((data) => Array.from(data));
  } finally {
    await session.release();
  }
}
