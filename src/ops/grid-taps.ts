/** @file Which elements GridSample reads for every point of its grid, with what weights, and how these change. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import type { Shape } from "../tensor/tensor.ts";

export interface SampleMode {
  readonly align_corners: number;
  readonly mode: string;
  readonly padding_mode: string;
}

/** One of the elements along an axis that a point reads: its position, weight, and the weight's slope in grid units. */
interface Tap {
  readonly position: Value;
  readonly weight: Value;
  readonly slope: Value;
}

export interface Taps {
  /** Flat positions in the input's space, int64 [N, taps, points]. */
  readonly index: Value;
  /** [N, taps, points] */
  readonly weights: Value;
  /** ∂weights/∂grid for each of the grid's coordinates, x first, [N, taps, points] each. */
  readonly weightSlopes: readonly Value[];
}

/** Taps of all points of `grid` [N, …points, axes] in an input with spatial extents `space`. */
export function sampleTaps(g: Builder, grid: Value, space: Shape, a: SampleMode): Taps {
  const N = grid.shape[0]!;
  const points = grid.shape.slice(1, -1).reduce((n, d) => n * d, 1);
  const flat = g.reshape(grid, [N, points, space.length]);
  const perAxis = space.map((extent, axis) => {
    const column = space.length - 1 - axis;
    const u = g.reshape(g.slice(flat, [2], [column], [column + 1]), [N, 1, points]);
    return axisTaps(g, u, extent, a);
  });
  const all = perAxis.reduce<readonly (readonly Tap[])[]>(
    (before, taps) => before.flatMap((chosen) => taps.map((tap) => [...chosen, tap])),
    [[]],
  );
  const product = (factors: readonly Value[]) => factors.reduce((x, y) => g.mul(x, y));
  const position = (taps: readonly Tap[]) =>
    taps.map((t) => t.position).reduce((at, p, axis) => g.add(g.mul(at, space[axis]!), p));
  return {
    index: g.cast(g.concat(all.map(position), 1), "int64"),
    weights: g.concat(
      all.map((taps) => product(taps.map((t) => t.weight))),
      1,
    ),
    weightSlopes: space
      .map((_, axis) =>
        g.concat(
          all.map((taps) => product(taps.map((t, i) => (i === axis ? t.slope : t.weight)))),
          1,
        ),
      )
      .reverse(),
  };
}

/** Taps along one axis for its grid coordinate `u`, where −1 and 1 are the outermost centres or, unaligned, edges. */
function axisTaps(g: Builder, u: Value, extent: number, a: SampleMode): Tap[] {
  const unit = (a.align_corners ? extent - 1 : extent) / 2;
  const x = g.add(g.mul(u, unit), (extent - 1) / 2);
  if (a.mode === "nearest") {
    const tap = { position: g.op("Round", [x]), weight: g.expand(g.scalar(1, u.dtype), u.shape), slope: g.zeros(u) };
    return [padded(g, tap, extent, a)];
  }
  const base = g.op("Floor", [x]);
  const f = g.sub(x, base);
  const weights = a.mode === "cubic" ? cubicWeights(g, f) : linearWeights(g, f);
  return weights.map(({ offset, weight, slope }) =>
    padded(g, { position: g.add(base, offset), weight, slope: g.mul(slope, unit) }, extent, a),
  );
}

interface Weight {
  readonly offset: number;
  readonly weight: Value;
  readonly slope: Value;
}

const linearWeights = (g: Builder, f: Value): Weight[] => {
  const one = g.expand(g.scalar(1, f.dtype), f.shape);
  return [
    { offset: 0, weight: g.sub(1, f), slope: g.neg(one) },
    { offset: 1, weight: f, slope: one },
  ];
};

/** Keys' kernel with a = −3/4 at distances f + 1, f, 1 − f, 2 − f, as polynomials in f by rising power. */
const cubicPolynomials = [
  { offset: -1, c: [0, -0.75, 1.5, -0.75] },
  { offset: 0, c: [1, 0, -2.25, 1.25] },
  { offset: 1, c: [0, 0.75, 1.5, -1.25] },
  { offset: 2, c: [0, 0, -0.75, 0.75] },
] as const;

const cubicWeights = (g: Builder, f: Value): Weight[] =>
  cubicPolynomials.map(({ offset, c: [c0, c1, c2, c3] }) => ({
    offset,
    weight: g.add(g.mul(g.add(g.mul(g.add(g.mul(f, c3), c2), f), c1), f), c0),
    slope: g.add(g.mul(g.add(g.mul(f, 3 * c3), 2 * c2), f), c1),
  }));

/** A tap brought into the input as the padding mode wants; zero padding takes its weight instead. */
function padded(g: Builder, tap: Tap, extent: number, { padding_mode, align_corners }: SampleMode): Tap {
  const inside = (v: Value): Value => g.op("Clip", [v, 0, extent - 1]);
  const { position } = tap;
  if (padding_mode === "border") return { ...tap, position: inside(position) };
  if (padding_mode === "reflection") {
    const shift = align_corners ? 0 : 0.5;
    const period = align_corners ? 2 * (extent - 1) : 2 * extent;
    if (period === 0) return { ...tap, position: g.zeros(position) };
    const far = g.op("Abs", [g.add(position, shift)]);
    const wrapped = g.sub(far, g.mul(g.op("Floor", [g.div(far, period)]), period));
    return { ...tap, position: inside(g.sub(g.op("Min", [wrapped, g.sub(period, wrapped)]), shift)) };
  }
  const there = g.mul(g.mask(position, "GreaterOrEqual", 0), g.mask(position, "LessOrEqual", extent - 1));
  return { position: inside(position), weight: g.mul(tap.weight, there), slope: g.mul(tap.slope, there) };
}
