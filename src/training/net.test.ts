/** @file What the classes are decided by, whatever a file calls its outputs. */

import { expect, test } from "vitest";
import { fromOnnx } from "../graph/from-onnx.ts";
import { readModel } from "../onnx/read.ts";
import { builderOf } from "../ops/builder.ts";
import { serialise } from "../ops/serialise.ts";
import { logitsOf } from "./net.ts";

test.each(["logits", "probabilities", "output"])("a softmax whose output is called '%s' is looked behind", (name) => {
  const g = builderOf();
  const x = g.input("image", "float32", [1, 3, 4, 4]);
  const z = g.matmul(g.mean(x, [2, 3], false), g.numbers(Array(9).fill(0.5), [3, 3], "float32"));
  g.output(g.op("Softmax", [z], { axis: 1 }), name);
  const source = fromOnnx(readModel(serialise(g.graph)));
  const found = logitsOf(source);
  expect(source.nodes.find(({ outputs }) => outputs.includes(found))?.op).toBe("MatMul");
});
