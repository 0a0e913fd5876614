/** @file A small conv net and the gradient of one of its log-probabilities, the same wherever it is built. */

import { gradient } from "../../src/autodiff/gradient.ts";
import type { Graph } from "../../src/graph/graph.ts";
import { builderOf } from "../../src/ops/builder.ts";
import { rng } from "../../src/tensor/rng.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";

const SIZE = 32;

/** conv–relu–maxpool–conv/2–relu–mean–linear–log softmax on 3×32×32, and the input gradient of class 3. */
export function convnet(): { readonly graph: Graph; readonly inputs: Readonly<Record<string, Tensor>> } {
  const random = rng(7);
  const g = builderOf();
  const weights = (...dims: readonly [number, number, ...number[]]) => {
    const fanIn = dims.slice(1).reduce((n, d) => n * d, 1);
    const data = random.fillNormal(new Float32Array(dims[0] * fanIn), 0, Math.sqrt(2 / fanIn));
    return g.constant(tensor("float32", dims, data));
  };
  const x = g.input("x", "float32", [1, 3, SIZE, SIZE]);
  const first = g.op("Relu", [g.op("Conv", [x, weights(16, 3, 3, 3)], { pads: [1, 1, 1, 1] })]);
  const pooled = g.op("MaxPool", [first], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  const second = g.op("Relu", [g.op("Conv", [pooled, weights(16, 16, 3, 3)], { pads: [1, 1, 1, 1], strides: [2, 2] })]);
  const features = g.reshape(g.op("GlobalAveragePool", [second]), [1, 16]);
  const logProbabilities = g.op("LogSoftmax", [g.op("Gemm", [features, weights(10, 16)], { transB: 1 })]);
  const [dx] = gradient(g, g.slice(logProbabilities, [1], [3], [4]), [x]);
  g.output(logProbabilities, "log_probabilities");
  g.output(dx!, "dx");
  const image = random.fillNormal(new Float32Array(3 * SIZE * SIZE));
  return { graph: g.graph, inputs: { x: tensor("float32", [1, 3, SIZE, SIZE], image) } };
}
