/** @file Sweeps of Slice and Split. */

import * as fc from "fast-check";
import { axesOf, axisOf, ints, shape } from "./draw.ts";
import type { Case, Sweep } from "./sweep.ts";

// Not 2³¹ − 1: as the end of a backward range ONNX Runtime's kernel and its own shape inference differ on that.
const far = 2 ** 31 - 2;
const bound = fc.oneof(fc.integer({ min: -8, max: 8 }), fc.constantFrom(far, -far));

const slice = shape(1, 4, 6)
  .chain((s) => fc.tuple(fc.constant(s), axesOf(s.length, 1), fc.constantFrom(9, 10, 13, 21)))
  .chain(([s, axes, opset]) => {
    const each = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: axes.length, maxLength: axes.length });
    const step = fc.constantFrom(1, 1, 2, 3, -1, -2, far, -far);
    return fc
      .tuple(each(bound), each(bound), each(step), fc.constantFrom("all", "no steps", "no axes"))
      .map(([starts, ends, steps, given]): Case => {
        if (opset === 9)
          return {
            inputs: [{ shape: s }],
            attributes: { starts, ends, axes: axes.map((a) => (a + s.length) % s.length) },
            opset,
          };
        const rest =
          given === "all" ? [ints(axes), ints(steps)] : given === "no steps" ? [ints(axes)] : [null, ints(steps)];
        return { inputs: [{ shape: s }, ints(starts), ints(ends), ...rest], opset };
      });
  });

const split = shape(1, 3, 3)
  .chain((s) => fc.tuple(fc.constant(s), axisOf(s.length), fc.constantFrom(11, 13, 18, 21)))
  .chain(([s, axis, opset]) => {
    const at = (axis + s.length) % s.length;
    const listed = shape(1, 4, 3).map((split): Case => {
      const data = {
        shape: s.with(
          at,
          split.reduce((a, b) => a + b),
        ),
      };
      const more = { outputs: split.length, opset };
      return opset < 13
        ? { inputs: [data], attributes: { axis, split }, ...more }
        : { inputs: [data, ints(split)], attributes: { axis }, ...more };
    });
    const equal = fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }))
      .map(([outputs, size]): Case => {
        // From opset 18 on the last part may be smaller.
        const extent = outputs * size - (opset >= 18 && size > 1 ? 1 : 0);
        const attributes = opset >= 18 ? { axis, num_outputs: outputs } : { axis };
        return { inputs: [{ shape: s.with(at, extent) }], attributes, outputs, opset };
      });
    return fc.oneof(listed, equal);
  });

export const sweeps: readonly Sweep[] = [
  { op: "Slice", cases: slice, float64: true, runs: 60, second: true },
  { op: "Split", cases: split, float64: true, runs: 40 },
];
