/** @file GridSample. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { sizeOf } from "../tensor/tensor.ts";
import { type SampleMode, sampleTaps } from "./grid-taps.ts";
import { int, op, string } from "./op.ts";
import { type } from "./shapes.ts";

const attributes = { align_corners: int(0), mode: string("linear"), padding_mode: string("zeros") };
const olderNames: Readonly<Record<string, string>> = { bilinear: "linear", bicubic: "cubic" };

interface Operands {
  readonly X: Value;
  readonly grid: Value;
}

/** Flat positions of all taps, [N, C, taps · points], for the channels of X laid flat. */
const forChannels = (g: Builder, index: Value, X: Value): Value =>
  g.expand(g.reshape(index, [X.shape[0]!, 1, sizeOf(index.shape.slice(1))]), [
    X.shape[0]!,
    X.shape[1]!,
    sizeOf(index.shape.slice(1)),
  ]);

const flatSpace = (g: Builder, v: Value): Value => g.reshape(v, [v.shape[0]!, v.shape[1]!, sizeOf(v.shape.slice(2))]);

/*
 * y[n, c, p] = Σ_t w_t(u[n, p]) · X[n, c, i_t[n, p]], taps t at flat positions i_t with weights w_t that depend on the
 * grid's coordinates u. So X̄ scatters ȳ w_t to i_t, and ū_a = Σ_t ∂w_t/∂u_a · Σ_c ȳ X[i_t].
 */
export const GridSample = op({
  inputs: ["X", "grid"],
  attributes,
  upgrade: (g, { inputs, attributes: given }) => {
    const mode = olderNames[String(given.mode ?? "bilinear")];
    return mode ? [g.op("GridSample", inputs, { ...given, mode })] : undefined;
  },
  infer: ({ X, grid }, _, { fail }) => {
    const rank = X.shape.length;
    if (grid.shape.length !== rank || grid.shape[0] !== X.shape[0] || grid.shape.at(-1) !== rank - 2)
      fail(`grid [${grid.shape}] does not fit input [${X.shape}]: expected [${X.shape[0]}, …, ${rank - 2}]`);
    return [type(X.dtype, [...X.shape.slice(0, 2), ...grid.shape.slice(1, -1)])];
  },
  vjp: {
    X: ({ g, dy, ...operands }, a) => scattered(g, operands, dy, a),
    grid: ({ g, dy, X, grid }, a) => {
      const [N, C] = X.shape as [number, number];
      const { index, weightSlopes } = sampleTaps(g, grid, X.shape.slice(2), a);
      const [, taps, points] = index.shape as [number, number, number];
      const read = g.op("GatherElements", [flatSpace(g, X), forChannels(g, index, X)], { axis: 2 });
      const seen = g.sum(g.mul(g.reshape(read, [N, C, taps, points]), g.reshape(dy, [N, C, 1, points])), [1], false);
      const slopes = weightSlopes.map((w) => g.reshape(g.sum(g.mul(seen, w), [1], false), [N, points, 1]));
      return g.reshape(g.concat(slopes, 2), grid.shape);
    },
  },
});

function scattered(g: Builder, { X, grid }: Operands, dy: Value, a: SampleMode): Value {
  const [N, C] = X.shape as [number, number];
  const { index, weights } = sampleTaps(g, grid, X.shape.slice(2), a);
  const [, taps, points] = index.shape as [number, number, number];
  const shares = g.mul(g.reshape(dy, [N, C, 1, points]), g.reshape(weights, [N, 1, taps, points]));
  const updates = g.reshape(shares, [N, C, taps * points]);
  const none = g.zeros(flatSpace(g, X));
  const sum = g.op("ScatterElements", [none, forChannels(g, index, X), updates], { axis: 2, reduction: "add" });
  return g.reshape(sum, X.shape);
}
