/** @file Resize and Upsample. */

import type { Builder } from "../graph/builder.ts";
import type { AttributeValue, Value } from "../graph/graph.ts";
import { cast, fromNumbers, toNumbers } from "../tensor/tensor.ts";
import { alongAxes, transposeMatrix } from "./axis-matrix.ts";
import { float, int, ints, op, type RuleContext, resolve, string } from "./op.ts";
import { type AxisResize, type ResizeMode, resizeMatrix } from "./resize-matrix.ts";
import { axesIn, range, type } from "./shapes.ts";

const attributes = {
  antialias: int(0),
  axes: ints(),
  coordinate_transformation_mode: string("half_pixel"),
  cubic_coeff_a: float(-0.75),
  exclude_outside: int(0),
  extrapolation_value: float(0),
  keep_aspect_ratio_policy: string("stretch"),
  mode: string("nearest"),
  nearest_mode: string("round_prefer_floor"),
};
interface ResizeAttributes extends ResizeMode {
  readonly axes: readonly number[] | undefined;
  readonly keep_aspect_ratio_policy: string;
}
interface Operands {
  readonly X: Value;
  readonly roi: Value | undefined;
  readonly scales: Value | undefined;
  readonly sizes: Value | undefined;
}

/** An optional operand's numbers; exporters write "left out" as an empty tensor too. */
function numbersOf(v: Value | undefined, what: string, { constant, fail }: RuleContext): number[] | undefined {
  if (!v || v.shape[0] === 0) return undefined;
  const t = constant(v);
  return t ? toNumbers(t) : fail(`'${what}' must be known before the net runs`);
}

/** How each axis is resized; `undefined` for those that stay as they are. */
function resizedAxes(
  { X, roi, scales, sizes }: Operands,
  a: ResizeAttributes,
  c: RuleContext,
): (AxisResize | undefined)[] {
  const axes = axesIn(a.axes ?? range(X.shape.length), X.shape.length);
  const extent = axes.map((axis) => X.shape[axis]!);
  const wanted = numbersOf(sizes, "sizes", c);
  const region = numbersOf(roi, "roi", c) ?? [...axes.map(() => 0), ...axes.map(() => 1)];
  let factors = wanted
    ? extent.map((n, i) => Math.fround(wanted[i]! / n))
    : (numbersOf(scales, "scales", c) ?? c.fail("expected scales or sizes, got neither"));
  if (factors.length !== axes.length) c.fail(`expected ${axes.length} scales or sizes, got [${wanted ?? factors}]`);
  let out = wanted ?? extent.map((n, i) => Math.floor(Math.fround(n * factors[i]!)));
  if (wanted && a.keep_aspect_ratio_policy !== "stretch") {
    const common = (a.keep_aspect_ratio_policy === "not_larger" ? Math.min : Math.max)(...factors);
    factors = factors.map(() => common);
    out = extent.map((n) => Math.round(Math.fround(common * n)));
  }
  const mapped: (AxisResize | undefined)[] = X.shape.map(() => undefined);
  // As the runtimes do: nothing happens where all extents stay, whatever the scales say; an axis of scale 1 is not cropped;
  // antialiasing skips axes that keep their extent.
  if (out.every((n, i) => n === extent[i])) return mapped;
  axes.forEach((axis, i) => {
    if (out[i]! < 1) c.fail(`scale ${factors[i]} leaves nothing of an extent of ${extent[i]}`);
    if (factors[i] === 1 || (a.antialias && out[i] === extent[i])) return;
    mapped[axis] = { in: extent[i]!, out: out[i]!, scale: factors[i]!, roi: [region[i]!, region[i + axes.length]!] };
  });
  return mapped;
}

/** The shape after resizing. */
const resizedShape = (X: Value, axes: readonly (AxisResize | undefined)[]): number[] =>
  X.shape.map((n, i) => axes[i]?.out ?? n);

/** X̄ when every element was repeated whole numbers of times: the sum over the repetitions. */
function repetitionAdjoint(g: Builder, dy: Value, X: Value): Value {
  const split = X.shape.flatMap((n, i) => [n, dy.shape[i]! / n]);
  const repeated = range(X.shape.length).flatMap((i) => (split[2 * i + 1] === 1 ? [] : [2 * i + 1]));
  return g.reshape(g.sum(g.reshape(dy, split), repeated, false), X.shape);
}

export const Resize = op({
  inputs: ["X", "roi?", "scales?", "sizes?"],
  attributes,
  upgrade: (g, { inputs, attributes: given, opset }, c) => {
    if (opset < 11) return [beforeOpset11(g, inputs[0]!, inputs[1]!, given.mode, c)];
    const a = resolve(Resize, given) as unknown as ResizeAttributes;
    const [X, roi, scales, sizes] = inputs as readonly [Value, ...(Value | null)[]];
    if (a.antialias && a.coordinate_transformation_mode !== "tf_crop_and_resize") {
      // Not all runtimes have it, and all have the matrix product.
      const axes = resizedAxes(
        { X, roi: roi ?? undefined, scales: scales ?? undefined, sizes: sizes ?? undefined },
        a,
        c,
      );
      return [
        alongAxes(
          g,
          X,
          axes.map((axis) => axis && resizeMatrix(axis, a)),
        ),
      ];
    }
    if (scales?.dtype !== "float64" && roi?.dtype !== "float64") return undefined;
    return [g.op("Resize", [X, narrow(g, roi, c), narrow(g, scales, c), sizes ?? null], given)];
  },
  infer: (inputs, a, c) => [type(inputs.X.dtype, resizedShape(inputs.X, resizedAxes(inputs, a, c)))],
  // Y = R_h X R_wᵀ, so X̄ = R_hᵀ Ȳ R_w.
  vjp: {
    X: ({ g, dy, X, roi, scales, sizes, ...c }, a) => {
      const axes = resizedAxes({ X, roi, scales, sizes }, a, c);
      const matrices = axes.map((axis) => axis && resizeMatrix(axis, a));
      const repeats = matrices.every((m, i) => {
        const times = (axes[i]?.out ?? 0) / X.shape[i]!;
        return !m || (Number.isInteger(times) && m.every((row, o) => row[Math.floor(o / times)] === 1));
      });
      if (a.mode === "nearest" && repeats) return repetitionAdjoint(g, dy, X);
      return alongAxes(
        g,
        dy,
        matrices.map((m) => m && transposeMatrix(m)),
      );
    },
  },
});

/** Scales and regions of interest are float32 whatever the data is. */
function narrow(g: Builder, v: Value | null | undefined, { constant }: RuleContext): Value | null {
  const t = constant(v ?? undefined);
  return t ? g.constant(cast(t, "float32")) : (v ?? null);
}

/** Until opset 11 coordinates were asymmetric and the nearest pixel the one before, or the one after when shrinking. */
function beforeOpset11(g: Builder, X: Value, scales: Value, mode: AttributeValue | undefined, c: RuleContext): Value {
  const factors = numbersOf(scales, "scales", c) ?? c.fail("expected scales, got none");
  const shrinks = factors.some((s) => s < 1);
  const placing = { coordinate_transformation_mode: "asymmetric", nearest_mode: shrinks ? "ceil" : "floor" };
  if (mode === "linear" || !shrinks || factors.every((s) => s <= 1))
    return g.op("Resize", [X, null, g.constant(fromNumbers("float32", factors))], { mode, ...placing });
  // No single call of today does both, so take the rows and columns apart.
  const weights = { ...placing, mode: "nearest", cubic_coeff_a: 0, exclude_outside: 0, antialias: 0 };
  const matrices = X.shape.map((n, i) => {
    const axis: AxisResize = { in: n, out: Math.floor(Math.fround(n * factors[i]!)), scale: factors[i]!, roi: [0, 1] };
    return axis.scale === 1
      ? undefined
      : resizeMatrix(axis, { ...weights, nearest_mode: axis.scale < 1 ? "ceil" : "floor" });
  });
  return alongAxes(g, X, matrices);
}

export const Upsample = op({
  inputs: ["X", "scales"],
  attributes: { mode: string("nearest") },
  // Until opset 9 the scales were an attribute.
  upgrade: (g, { inputs: [X, scales], attributes: given }, c) => {
    const list = given.scales as readonly number[] | undefined;
    const factors = scales ?? (list ? g.constant(fromNumbers("float32", list)) : c.fail("expected scales, got none"));
    return [beforeOpset11(g, X!, factors, given.mode, c)];
  },
  inline: (g, { X, scales }, { mode }, c) => [beforeOpset11(g, X, scales, mode, c)],
});
