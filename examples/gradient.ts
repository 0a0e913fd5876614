/** @file Builds a small graph, appends its gradient, prints both, and runs them. */

import { builderOf, compile, fromNumbers, gradient, print } from "fovea";

const g = builderOf();
const x = g.input("x", "float32", [1, 1, 4, 4]);
const w = g.numbers([1, 2, 3, 4], [1, 1, 2, 2], "float32");
const y = g.op("Relu", [g.op("Conv", [x, w])]);
const [dx] = gradient(g, g.sum(g.square(y)), [x]);
g.output(y, "y");
g.output(dx!, "dx");
console.log(print(g.graph));

const program = await compile(g.graph);
const image = fromNumbers(
  "float32",
  Array.from({ length: 16 }, (_, i) => i - 8),
  [1, 1, 4, 4],
);
const out = await program.run({ x: image });
console.log("y ", Array.from(out.y!.data, Number));
console.log("dx", Array.from(out.dx!.data, Number));
await program.dispose();
