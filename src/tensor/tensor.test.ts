/** @file Tests of tensors: 16-bit floats against the IEEE tables, casts, views on aligned and unaligned bytes. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bfloat16ToNumber,
  bytesPerElement,
  cast,
  type DType,
  float16ToNumber,
  fromNumbers,
  isFloat,
  numberToBfloat16,
  numberToFloat16,
  sizeOf,
  Tensor,
  tensor,
  toNumbers,
  zeros,
} from "./tensor.ts";

const every16 = Array.from({ length: 0x10000 }, (_, bits) => bits);

describe("float16", () => {
  // Values and bits of IEEE 754-2019 binary16.
  const table: [string, number, number][] = [
    ["zero", 0, 0x0000],
    ["minus zero", -0, 0x8000],
    ["smallest subnormal", 2 ** -24, 0x0001],
    ["largest subnormal", 1023 * 2 ** -24, 0x03ff],
    ["smallest normal", 2 ** -14, 0x0400],
    ["a third, rounded", 1365 / 4096, 0x3555],
    ["largest below one", 2047 / 2048, 0x3bff],
    ["one", 1, 0x3c00],
    ["next above one", 1025 / 1024, 0x3c01],
    ["minus two", -2, 0xc000],
    ["largest", 65504, 0x7bff],
    ["infinity", Number.POSITIVE_INFINITY, 0x7c00],
    ["minus infinity", Number.NEGATIVE_INFINITY, 0xfc00],
  ];
  test.each(table)("%s", (_, value, bits) => {
    expect(numberToFloat16(value)).toBe(bits);
    expect(float16ToNumber(bits)).toBe(value);
  });

  // Spacing is 2 in [2048, 4096], 32 below 65536, 2⁻²⁴ among the subnormals; ties go to the even last bit.
  const rounding: [number, number][] = [
    [2049, 2048],
    [2051, 2052],
    [2049.0001, 2050],
    [65519.99, 65504],
    [65520, Number.POSITIVE_INFINITY],
    [-1e300, Number.NEGATIVE_INFINITY],
    [2 ** -25, 0],
    [3 * 2 ** -25, 2 ** -23],
    [1.0001 * 2 ** -25, 2 ** -24],
    [2 ** -14 - 2 ** -26, 2 ** -14],
    [Number.MIN_VALUE, 0],
  ];
  test.each(rounding)("%d rounds to %d", (x, rounded) => {
    expect(float16ToNumber(numberToFloat16(x))).toBe(rounded);
  });

  test("NaN stays NaN", () => {
    expect(float16ToNumber(numberToFloat16(Number.NaN))).toBeNaN();
    expect(every16.filter((bits) => Number.isNaN(float16ToNumber(bits))).length).toBe(2 * 1023);
  });

  test("all bit patterns survive the way to numbers and back", () => {
    const wrong = every16.filter((bits) => {
      const x = float16ToNumber(bits);
      return !Number.isNaN(x) && numberToFloat16(x) !== bits;
    });
    expect(wrong).toEqual([]);
  });

  test("rounds to the nearest value, to the even one at a tie", () => {
    const finite = every16.slice(0, 0x7c00).map(float16ToNumber);
    fc.assert(
      fc.property(fc.nat(0x7bfe), fc.double({ min: 0, max: 1, noNaN: true }), (bits, t) => {
        const lo = finite[bits]!;
        const hi = finite[bits + 1]!;
        const x = lo + (hi - lo) * t;
        const expected = x - lo < hi - x || (x - lo === hi - x && bits % 2 === 0) ? bits : bits + 1;
        expect(numberToFloat16(x)).toBe(expected);
        expect(numberToFloat16(-x)).toBe(0x8000 | expected);
      }),
      { examples: finite.slice(0, 1024).map((_, i) => [i * 30, 0.5]) },
    );
  });
});

describe("bfloat16", () => {
  const table: [string, number, number][] = [
    ["zero", 0, 0x0000],
    ["minus zero", -0, 0x8000],
    ["one", 1, 0x3f80],
    ["next above one", 1 + 2 ** -7, 0x3f81],
    ["π, rounded", 3.140625, 0x4049],
    ["minus two", -2, 0xc000],
    ["smallest normal", 2 ** -126, 0x0080],
    ["largest", (2 - 2 ** -7) * 2 ** 127, 0x7f7f],
    ["infinity", Number.POSITIVE_INFINITY, 0x7f80],
    ["minus infinity", Number.NEGATIVE_INFINITY, 0xff80],
  ];
  test.each(table)("%s", (_, value, bits) => {
    expect(numberToBfloat16(value)).toBe(bits);
    expect(bfloat16ToNumber(bits)).toBe(value);
  });

  test.each([
    [1 + 2 ** -8, 1],
    [1 + 3 * 2 ** -8, 1 + 2 ** -6],
    [1 + 2 ** -8 + 2 ** -20, 1 + 2 ** -7],
    [Math.PI, 3.140625],
    [3.4e38, Number.POSITIVE_INFINITY],
  ])("%d rounds to %d", (x, rounded) => {
    expect(bfloat16ToNumber(numberToBfloat16(x))).toBe(rounded);
  });

  test("all bit patterns survive, NaN as NaN", () => {
    const wrong = every16.filter((bits) => {
      const x = bfloat16ToNumber(bits);
      return Number.isNaN(x) ? !Number.isNaN(bfloat16ToNumber(numberToBfloat16(x))) : numberToBfloat16(x) !== bits;
    });
    expect(wrong).toEqual([]);
  });
});

describe("views", () => {
  test("share memory where the bytes are aligned", () => {
    const bytes = new Uint8Array(16);
    const t = new Tensor("float32", [3], bytes.subarray(4));
    t.data[0] = 1;
    expect([...bytes.subarray(4, 8)]).toEqual([0, 0, 0x80, 0x3f]);
  });

  test("copy once where they are not, and leave the bytes alone", () => {
    const bytes = Uint8Array.from([9, 0, 0, 0x80, 0x3f, 9]);
    const t = new Tensor("float32", [1], bytes.subarray(1, 5));
    expect(t.data[0]).toBe(1);
    expect(t.data).toBe(t.data);
    t.data[0] = 2;
    expect([...bytes]).toEqual([9, 0, 0, 0x80, 0x3f, 9]);
  });

  test("tensor() does not copy, also from the middle of a buffer", () => {
    const data = Int16Array.from([1, 2, 3, 4]);
    const t = tensor("int16", [2], data.subarray(1, 3));
    expect([...t.data]).toEqual([2, 3]);
    t.data[0] = 7;
    expect(data[1]).toBe(7);
  });

  test("a wrong number of bytes is a fault of ours", () => {
    expect(() => new Tensor("float32", [2], new Uint8Array(7))).toThrow(
      "internal: tensor float32[2]: expected 8 bytes, got 7",
    );
  });
});

describe("shapes and types", () => {
  test("sizes", () => {
    expect([sizeOf([]), sizeOf([2, 3]), sizeOf([2, 0])]).toEqual([1, 6, 0]);
    expect(zeros("int64", [2, 2]).data).toEqual(new BigInt64Array(4));
    expect(fromNumbers("float32", [5], []).dims).toEqual([]);
  });

  test("element widths agree with the typed arrays", () => {
    const types: DType[] = ["float32", "float64", "float16", "bfloat16", "int8", "uint8", "int16", "uint16", "int32"];
    for (const dtype of [...types, "uint32", "int64", "uint64", "bool"] as const)
      expect(zeros(dtype, [1]).data.BYTES_PER_ELEMENT).toBe(bytesPerElement(dtype));
    expect(types.filter(isFloat)).toEqual(["float32", "float64", "float16", "bfloat16"]);
  });
});

describe("casts", () => {
  const floats = fromNumbers("float64", [-1.7, 0, 0.5, 3.9]);
  test.each([
    ["int32", [-1, 0, 0, 3]],
    ["int64", [-1, 0, 0, 3]],
    ["bool", [1, 0, 1, 1]],
    ["float16", [-1.7001953125, 0, 0.5, 3.900390625]],
    ["bfloat16", [-1.703125, 0, 0.5, 3.90625]],
  ] as const)("float64 to %s", (dtype, values) => {
    const t = cast(floats, dtype);
    expect([t.dtype, t.dims, toNumbers(t)]).toEqual([dtype, [4], [...values]]);
  });

  test("to the same type is the tensor itself", () => {
    expect(cast(floats, "float64")).toBe(floats);
  });

  test("small integers survive every type wide enough", () => {
    const wide = ["float32", "float64", "float16", "int16", "int32", "int64"] as const;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2048, max: 2048 })), fc.constantFrom(...wide), (values, dtype) => {
        expect(toNumbers(cast(cast(fromNumbers("int32", values), dtype), "int32"))).toEqual(values);
      }),
    );
  });
});
