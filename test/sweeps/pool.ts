/** @file Sweeps of pools over windows and over all positions. */

import * as fc from "fast-check";
import type { Case, Operand, Sweep } from "./sweep.ts";

const noDouble = "ONNX Runtime has no float64 kernel";

const axis = fc
  .record({
    kernel: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    begin: fc.integer({ min: 0, max: 2 }),
    end: fc.integer({ min: 0, max: 2 }),
    extra: fc.integer({ min: 0, max: 4 }),
  })
  .map(({ extra, ...a }) => ({
    ...a,
    // ONNX Runtime wants pads smaller than the kernel.
    begin: Math.min(a.begin, a.kernel - 1),
    end: Math.min(a.end, a.kernel - 1),
    size: (a.kernel - 1) * a.dilation + 1 + extra,
  }));
const axes = fc.integer({ min: 1, max: 3 }).chain((rank) => fc.array(axis, { minLength: rank, maxLength: rank }));

interface Placing {
  readonly dilated: boolean;
  readonly opset: number;
}
const placings = (fill: Operand["fill"], from: Placing, more: fc.Arbitrary<Record<string, number>>) =>
  fc
    .tuple(
      axes,
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 1, max: 2 }),
      fc.constantFrom("NOTSET", "NOTSET", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"),
      fc.integer({ min: 0, max: 1 }),
      more,
    )
    .map(([space, batch, channels, auto_pad, ceil_mode, rest]): Case => {
      const plain = auto_pad.startsWith("SAME") || !from.dilated;
      return {
        inputs: [{ shape: [batch, channels, ...space.map((a) => a.size)], ...(fill ? { fill } : {}) }],
        attributes: {
          auto_pad,
          kernel_shape: space.map((a) => a.kernel),
          // … and under SAME no stride that leaves gaps.
          strides: space.map((a) => (auto_pad.startsWith("SAME") ? Math.min(a.stride, a.kernel) : a.stride)),
          ...(from.dilated ? { dilations: space.map((a) => (plain ? 1 : a.dilation)) } : {}),
          ...(auto_pad === "NOTSET" ? { pads: [...space.map((a) => a.begin), ...space.map((a) => a.end)] } : {}),
          ...(auto_pad === "NOTSET" && from.opset > 8 ? { ceil_mode } : {}),
          ...rest,
        },
        opset: from.opset,
      };
    });

const nothing = fc.constant({});
const padding = fc.record({ count_include_pad: fc.integer({ min: 0, max: 1 }) });
const globally = (fill: Operand["fill"], more: fc.Arbitrary<Record<string, number>>): fc.Arbitrary<Case> =>
  fc
    .tuple(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 5 }), more)
    .map(([shape, attributes]) => ({ inputs: [{ shape, ...(fill ? { fill } : {}) }], attributes }));

export const sweeps: Sweep[] = [
  {
    op: "MaxPool",
    cases: fc.oneof(
      placings("distinct", { dilated: true, opset: 21 }, nothing),
      placings("distinct", { dilated: false, opset: 8 }, nothing),
    ),
    float64: true,
    runs: 60,
  },
  {
    op: "AveragePool",
    cases: fc.oneof(
      placings("normal", { dilated: true, opset: 21 }, padding),
      placings("normal", { dilated: false, opset: 7 }, padding),
    ),
    float64: noDouble,
    runs: 60,
  },
  {
    op: "LpPool",
    cases: placings("positive", { dilated: true, opset: 21 }, fc.record({ p: fc.integer({ min: 1, max: 3 }) })),
    float64: noDouble,
    runs: 30,
  },
  { op: "GlobalAveragePool", cases: globally("normal", nothing), float64: noDouble },
  { op: "GlobalMaxPool", cases: globally("distinct", nothing), float64: noDouble },
  {
    op: "GlobalLpPool",
    cases: globally("positive", fc.record({ p: fc.integer({ min: 1, max: 3 }) })),
    float64: noDouble,
  },
];
