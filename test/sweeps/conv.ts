/** @file Sweeps of convolution and its transpose. */

import * as fc from "fast-check";
import type { Case, Sweep } from "./sweep.ts";

const noDouble = "ONNX Runtime has no float64 kernel";

interface Axis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
  readonly end: number;
}
const axis: fc.Arbitrary<Axis> = fc
  .record({
    kernel: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    begin: fc.integer({ min: 0, max: 3 }),
    end: fc.integer({ min: 0, max: 3 }),
    extra: fc.integer({ min: 0, max: 4 }),
  })
  .map(({ extra, ...a }) => ({ ...a, size: Math.max(1, (a.kernel - 1) * a.dilation + 1 + extra - a.begin - a.end) }));

/** One to three spatial axes; small extents in 3-D. */
const axes = fc.integer({ min: 1, max: 3 }).chain((rank) => fc.array(axis, { minLength: rank, maxLength: rank }));

const channels = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  group: fc.integer({ min: 1, max: 3 }),
  inPerGroup: fc.integer({ min: 1, max: 2 }),
  outPerGroup: fc.integer({ min: 1, max: 2 }),
  bias: fc.boolean(),
});

const autoPad = fc.constantFrom("NOTSET", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER");

const conv = fc.tuple(axes, channels, autoPad, fc.constantFrom(1, 11, 21)).map(([raw, c, auto_pad, opset]): Case => {
  // ONNX Runtime refuses dilation beside SAME, and VALID windows must fit without the pads.
  const space = raw.map((a) => ({
    ...a,
    dilation: auto_pad.startsWith("SAME") ? 1 : a.dilation,
    size: auto_pad === "NOTSET" ? a.size : Math.max(a.size, (a.kernel - 1) * a.dilation + 1),
  }));
  const kernel = space.map((a) => a.kernel);
  const W = { shape: [c.group * c.outPerGroup, c.inPerGroup, ...kernel] };
  return {
    inputs: [
      { shape: [c.batch, c.group * c.inPerGroup, ...space.map((a) => a.size)] },
      W,
      ...(c.bias ? [{ shape: [c.group * c.outPerGroup] }] : []),
    ],
    attributes: {
      auto_pad,
      group: c.group,
      kernel_shape: kernel,
      strides: space.map((a) => a.stride),
      dilations: space.map((a) => a.dilation),
      ...(auto_pad === "NOTSET" ? { pads: [...space.map((a) => a.begin), ...space.map((a) => a.end)] } : {}),
    },
    opset: Math.max(opset, 7),
  };
});

const transposed = fc
  .tuple(axes, channels, autoPad, fc.integer({ min: 0, max: 2 }), fc.boolean(), fc.constantFrom(7, 11, 21))
  .map(([raw, c, auto_pad, beyond, fixed, opset]): Case => {
    const space = raw.map((a) => {
      const span = (a.kernel - 1) * a.dilation + 1;
      const pads = Math.min(a.begin, span - 1) + Math.min(a.end, span - 1);
      return {
        ...a,
        begin: Math.min(a.begin, span - 1),
        end: Math.min(a.end, span - 1),
        size: Math.max(a.size, Math.ceil((pads + 1 - span) / a.stride) + 1),
        beyond: Math.min(beyond, a.stride - 1),
        span,
      };
    });
    const kernel = space.map((a) => a.kernel);
    const pads = auto_pad === "NOTSET" && !fixed;
    return {
      inputs: [
        { shape: [c.batch, c.group * c.inPerGroup, ...space.map((a) => a.size)] },
        { shape: [c.group * c.inPerGroup, c.outPerGroup, ...kernel] },
        ...(c.bias ? [{ shape: [c.group * c.outPerGroup] }] : []),
      ],
      attributes: {
        auto_pad,
        group: c.group,
        kernel_shape: kernel,
        strides: space.map((a) => a.stride),
        dilations: space.map((a) => a.dilation),
        ...(auto_pad === "NOTSET" ? { output_padding: space.map((a) => a.beyond) } : {}),
        ...(pads ? { pads: [...space.map((a) => a.begin), ...space.map((a) => a.end)] } : {}),
        ...(fixed
          ? { output_shape: space.map((a) => Math.max(1, (a.size - 1) * a.stride + a.span - a.begin - a.end)) }
          : {}),
      },
      opset,
    };
  });

export const sweeps: Sweep[] = [
  { op: "Conv", cases: conv, float64: noDouble, runs: 60, second: true },
  { op: "ConvTranspose", cases: transposed, float64: noDouble, runs: 60, second: true },
];
