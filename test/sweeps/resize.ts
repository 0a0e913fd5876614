/** @file Sweeps of resampling: Resize, Upsample, GridSample, and moves between depth and space. */

import * as fc from "fast-check";
import type { Case, Operand, Sweep } from "./sweep.ts";

const noDouble = "ONNX Runtime has no float64 kernel";

const image = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  channels: fc.integer({ min: 1, max: 2 }),
  h: fc.integer({ min: 2, max: 5 }),
  w: fc.integer({ min: 2, max: 5 }),
});
const known = (values: number[], dtype: "float32" | "int64"): Operand => ({
  shape: [values.length],
  values,
  dtype,
  known: true,
});
const factor = fc.constantFrom(0.5, 0.6, 0.75, 1, 1.3, 1.5, 2, 2.7, 3);

const coordinates = fc.constantFrom(
  "half_pixel",
  "pytorch_half_pixel",
  "align_corners",
  "asymmetric",
  "half_pixel_symmetric",
  "tf_crop_and_resize",
);
const kinds = fc.oneof(
  fc
    .constantFrom("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
    .map((nearest_mode) => ({ mode: "nearest", nearest_mode })),
  fc.constant({ mode: "linear" }),
  fc
    .record({ cubic_coeff_a: fc.constantFrom(-0.75, -0.5), exclude_outside: fc.integer({ min: 0, max: 1 }) })
    .map((a) => ({ mode: "cubic", ...a })),
);

const resize = fc
  .tuple(image, factor, factor, kinds, coordinates, fc.boolean(), fc.constantFrom(11, 13, 18, 19, 21))
  .map(([{ batch, channels, h, w }, fh, fw, kind, mapping, bySize, opset]): Case => {
    const coordinate_transformation_mode = opset < 19 && mapping === "half_pixel_symmetric" ? "half_pixel" : mapping;
    const roi =
      mapping === "tf_crop_and_resize"
        ? known([0, 0, 0.1, 0.2, 1, 1, 0.8, 1.1], "float32")
        : opset < 13
          ? known([], "float32")
          : null;
    const sizes = [batch, channels, Math.max(1, Math.floor(h * fh)), Math.max(1, Math.floor(w * fw))];
    return {
      inputs: [
        { shape: [batch, channels, h, w] },
        roi,
        ...(bySize
          ? [opset < 13 ? known([], "float32") : null, known(sizes, "int64")]
          : [known([1, 1, fh, fw], "float32")]),
      ],
      attributes: { ...kind, coordinate_transformation_mode, extrapolation_value: 0.5 },
      opset,
    };
  });

const antialiased = fc
  .tuple(
    image,
    factor,
    factor,
    fc.constantFrom("linear", "cubic"),
    fc.integer({ min: 0, max: 1 }),
    fc.constantFrom("half_pixel", "align_corners", "asymmetric"),
  )
  .map(
    ([{ batch, channels, h, w }, fh, fw, mode, exclude_outside, coordinate_transformation_mode]): Case => ({
      inputs: [{ shape: [batch, channels, h, w] }, null, known([1, 1, fh, fw], "float32")],
      attributes: { antialias: 1, mode, exclude_outside, coordinate_transformation_mode },
    }),
  );

const someAxes = fc
  .tuple(image, factor, fc.constantFrom("stretch", "not_larger", "not_smaller"), fc.constantFrom("nearest", "linear"))
  .map(
    ([{ batch, channels, h, w }, f, keep_aspect_ratio_policy, mode]): Case => ({
      inputs: [
        { shape: [batch, channels, h, w] },
        null,
        null,
        known([Math.ceil(w * f), Math.ceil(h * f * 1.5)], "int64"),
      ],
      attributes: { axes: [3, 2], keep_aspect_ratio_policy, mode },
    }),
  );

const beforeOpset11 = (opset: number, from: typeof factor): fc.Arbitrary<Case> =>
  fc
    .tuple(image, from, from, fc.constantFrom("nearest", "linear"))
    .map(([{ batch, channels, h, w }, fh, fw, mode]) => ({
      inputs: [{ shape: [batch, channels, h, w] }, ...(opset < 9 ? [] : [known([1, 1, fh, fw], "float32")])],
      attributes: { mode, ...(opset < 9 ? { scales: [1, 1, fh, fw] } : {}) },
      opset,
    }));
const growing = fc.constantFrom(1, 1.3, 2, 3);

const gridSample = fc
  .tuple(
    image,
    fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 3 }),
    fc.constantFrom("nearest", "linear", "cubic"),
    fc.constantFrom("zeros", "border", "reflection"),
    fc.integer({ min: 0, max: 1 }),
    fc.constantFrom(16, 20, 21),
    fc.array(fc.tuple(fc.integer({ min: -3, max: 7 }), fc.constantFrom(0.2, 0.3, 0.7, 0.8)), {
      minLength: 20,
      maxLength: 20,
    }),
  )
  .map(([{ batch, channels, h, w }, points, kind, padding_mode, align_corners, opset, drawn]): Case => {
    const old = opset < 20;
    const size = old ? points.slice(0, 2) : points;
    const mode = size.length === 3 && kind === "cubic" ? "linear" : kind;
    const older: Readonly<Record<string, string>> = { linear: "bilinear", cubic: "bicubic" };
    const space = [2, h, w].slice(-size.length);
    const shape = [batch, ...size, size.length];
    // Pixel coordinates clear of the kinks at whole and half numbers, as grid coordinates.
    const values = Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => {
      const extent = space[size.length - 1 - (i % size.length)]!;
      const [pixel, beyond] = drawn[(i * 7) % drawn.length]!;
      return (2 * (pixel + beyond) - (extent - 1)) / (align_corners ? extent - 1 : extent);
    });
    return {
      inputs: [{ shape: [batch, channels, ...space] }, { shape, values }],
      attributes: { mode: old ? (older[mode] ?? mode) : mode, padding_mode, align_corners },
      opset,
      ...(old ? { dtype: "float32" } : {}),
    };
  });

const depth = fc.tuple(image, fc.integer({ min: 1, max: 3 }), fc.constantFrom("DCR", "CRD"));

export const sweeps: Sweep[] = [
  { op: "Resize", cases: resize, float64: noDouble, runs: 150 },
  { op: "Resize", cases: fc.oneof(antialiased, someAxes), float64: noDouble, runs: 60 },
  { op: "Resize", cases: beforeOpset11(10, factor), float64: noDouble },
  {
    op: "Upsample",
    cases: fc.oneof(beforeOpset11(7, growing), beforeOpset11(9, growing)),
    float64: noDouble,
    floatAttributes: ["scales"],
  },
  { op: "GridSample", cases: gridSample, float64: true, runs: 60 },
  {
    op: "DepthToSpace",
    cases: depth.map(([{ batch, channels, h, w }, blocksize, mode]) => ({
      inputs: [{ shape: [batch, channels * blocksize * blocksize, h, w] }],
      attributes: { blocksize, mode },
    })),
    float64: true,
  },
  {
    op: "SpaceToDepth",
    cases: depth.map(([{ batch, channels, h, w }, blocksize]) => ({
      inputs: [{ shape: [batch, channels, h * blocksize, w * blocksize] }],
      attributes: { blocksize },
    })),
    float64: true,
  },
];
