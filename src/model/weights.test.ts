/** @file Tests of the scan for weights that are not numbers. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DType, fromNumbers, Tensor } from "../tensor/tensor.ts";
import { badWeights, expectGoodWeights } from "./weights.ts";

const types: readonly DType[] = ["float32", "float64", "float16", "bfloat16"];

describe("badWeights", () => {
  it.each(types)("counts NaN and infinities among %s anywhere in the file", (dtype) => {
    const value = fc.oneof(
      fc.double({ min: -100, max: 100, noNaN: true }),
      fc.constantFrom(Number.NaN, Infinity, -Infinity),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 40 }), fc.nat(3), (values, shift) => {
        const t = fromNumbers(dtype, values);
        const file = new Uint8Array(t.bytes.byteLength + shift);
        file.set(t.bytes, shift);
        const view = new Tensor(dtype, t.dims, file.subarray(shift));
        const expected = values.filter((x) => !Number.isFinite(x)).length;
        expect(badWeights([[{ name: "w" }, view]]).map((b) => b.count)).toEqual(expected ? [expected] : []);
      }),
    );
  });

  it("looks beyond its first chunk", () => {
    const values = new Float32Array(100_000);
    values[99_999] = Number.NaN;
    expect(badWeights([[{ name: "w" }, fromNumbers("float32", values)]])).toEqual([{ tensor: "w", count: 1 }]);
  });

  it("allows a single infinite bound, and any integer", () => {
    const bound = fromNumbers("float32", [Infinity], []);
    const bits = fromNumbers("int32", [0x7fc0_0000, -1]);
    expect(
      badWeights([
        [{ name: "max" }, bound],
        [{ name: "i" }, bits],
      ]),
    ).toEqual([]);
  });

  it("names the tensor", () => {
    expect(() => expectGoodWeights([[{ name: "fc.weight" }, fromNumbers("float32", [1, Number.NaN])]])).toThrow(
      /"fc.weight"/,
    );
  });
});
