/** @file Sweep of Col2Im. */

import * as fc from "fast-check";
import { sizeOf } from "../../src/tensor/tensor.ts";
import type { Case, Sweep } from "./sweep.ts";

const side = fc.record({
  block: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  before: fc.integer({ min: 0, max: 1 }),
  after: fc.integer({ min: 0, max: 1 }),
  beyond: fc.integer({ min: 0, max: 3 }),
});

const cases = fc
  .tuple(fc.integer({ min: 1, max: 2 }), fc.array(side, { minLength: 2, maxLength: 2 }))
  .map(([channels, sides]): Case => {
    const reach = sides.map((s) => s.dilation * (s.block - 1) + 1);
    const image = sides.map((s, i) => Math.max(1, reach[i]! - s.before - s.after) + s.beyond);
    const places = sides.map((s, i) => Math.floor((image[i]! + s.before + s.after - reach[i]!) / s.stride) + 1);
    const block = sides.map((s) => s.block);
    return {
      inputs: [
        { shape: [2, channels * sizeOf(block), sizeOf(places)] },
        { shape: [2], values: image, dtype: "int64" },
        { shape: [2], values: block, dtype: "int64" },
      ],
      attributes: {
        dilations: sides.map((s) => s.dilation),
        pads: [...sides.map((s) => s.before), ...sides.map((s) => s.after)],
        strides: sides.map((s) => s.stride),
      },
    };
  });

export const sweeps: Sweep[] = [{ op: "Col2Im", cases, float64: "ONNX Runtime has no float64 kernel" }];
