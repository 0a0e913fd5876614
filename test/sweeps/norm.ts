/** @file Sweeps of normalisation. */

import * as fc from "fast-check";
import type { Case, Sweep } from "./sweep.ts";

const spatial = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 3 });

const batchNorm = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), spatial, fc.constantFrom(7, 9, 14, 15, 21))
  .map(
    ([batch, channels, space, opset]): Case => ({
      inputs: [
        { shape: [batch, channels, ...space] },
        { shape: [channels] },
        { shape: [channels] },
        { shape: [channels] },
        { shape: [channels], fill: "positive" },
      ],
      attributes: { epsilon: 0.015625 },
      opset,
    }),
  );

const training = batchNorm.map(
  (c): Case => ({
    ...c,
    attributes: { ...c.attributes, training_mode: 1, momentum: 0.75 },
    outputs: 3,
    opset: 21,
  }),
);

const perChannel = (opset: number): fc.Arbitrary<Case> =>
  fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 }), spatial).map(([batch, channels, space]) => ({
    inputs: [{ shape: [batch, channels, 2, ...space] }, { shape: [channels] }, { shape: [channels] }],
    attributes: { epsilon: 0.125 },
    opset,
  }));

const layerNorm = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), fc.nat(), fc.boolean(), fc.boolean())
  .map(([shape, place, backwards, bias]): Case => {
    const axis = place % shape.length;
    const scale = { shape: shape.slice(axis) };
    return {
      inputs: [{ shape }, scale, ...(bias ? [scale] : [])],
      attributes: { axis: backwards ? axis - shape.length : axis, epsilon: 0.125 },
    };
  });

const groupNorm = fc
  .tuple(
    fc.integer({ min: 1, max: 2 }),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 3 }),
    spatial,
    fc.constantFrom(18, 21),
  )
  .map(([batch, groups, each, space, opset]): Case => {
    const affine = { shape: [opset < 21 ? groups : groups * each] };
    return {
      inputs: [{ shape: [batch, groups * each, 2, ...space] }, affine, affine],
      attributes: { num_groups: groups, epsilon: 0.125 },
      opset,
    };
  });

const lrn = fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 6 }), fc.constantFrom(1, 3, 5)).map(
  ([batch, channels, size]): Case => ({
    inputs: [{ shape: [batch, channels, 2, 3] }],
    attributes: { size, alpha: 0.5, beta: 0.6, bias: 1.5 },
  }),
);

const lpNorm = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
    fc.nat(),
    fc.boolean(),
    fc.constantFrom(1, 2),
  )
  .map(([shape, place, backwards, p]): Case => {
    const axis = place % shape.length;
    return {
      inputs: [{ shape, fill: "smooth" }],
      attributes: { axis: backwards ? axis - shape.length : axis, p },
    };
  });

const meanVariance = fc
  .tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 }), fc.constantFrom(undefined, [0, 2, 3], [2, 3]))
  .map(
    ([batch, channels, axes]): Case => ({
      inputs: [{ shape: [batch, channels, 3, 2] }],
      attributes: axes ? { axes } : {},
    }),
  );

const rootMeanSquare = layerNorm.map((c): Case => ({ ...c, inputs: c.inputs.slice(0, 2) }));

const noDouble = "ONNX Runtime has no float64 kernel";

export const sweeps: Sweep[] = [
  { op: "BatchNormalization", cases: batchNorm, float64: true },
  {
    op: "BatchNormalization",
    cases: training,
    float64: true,
    noReference: "the released builds only have the inference form",
  },
  { op: "InstanceNormalization", cases: fc.oneof(perChannel(21), perChannel(7)), float64: noDouble },
  { op: "LayerNormalization", cases: layerNorm, float64: true },
  { op: "GroupNormalization", cases: groupNorm, float64: "its InstanceNormalization has no float64 kernel" },
  { op: "LRN", cases: lrn, float64: noDouble },
  { op: "LpNormalization", cases: lpNorm, float64: true },
  { op: "MeanVarianceNormalization", cases: meanVariance, float64: noDouble },
  { op: "RMSNormalization", cases: rootMeanSquare, float64: true, noReference: "it came with opset 23" },
  { op: "SimplifiedLayerNormalization", cases: rootMeanSquare, float64: true },
];
