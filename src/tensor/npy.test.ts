/** @file Tests of .npy reading and writing against files put together by hand from NumPy's format description. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../error.ts";
import { readNpy, writeNpy } from "./npy.ts";
import { bytesPerElement, type DType, float16ToNumber, fromNumbers, sizeOf, Tensor, toNumbers } from "./tensor.ts";

const all = [
  ...(["float32", "float64", "float16", "bfloat16", "bool"] as const),
  ...(["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"] as const),
] satisfies DType[];

/** A file as the format description has it: magic, version, header length, header, data. */
function file(header: string, data: readonly number[] = [], major = 1): Uint8Array {
  const text = new TextEncoder().encode(`${header}\n`);
  const length = major === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.from([0x93, ...new TextEncoder().encode("NUMPY"), major, 0, ...length, ...text, ...data]);
}
const header = (descr: string, shape: string, fortran = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

describe("reading", () => {
  test.each([1, 2, 3])("format version %i", (major) => {
    const t = readNpy(file(header("<i2", "(2,)"), [1, 0, 255, 255], major));
    expect([t.dtype, t.dims, toNumbers(t)]).toEqual(["int16", [2], [1, -1]]);
  });

  test("big-endian float32: 40 49 0f db is π", () => {
    const t = readNpy(file(header(">f4", "()"), [0x40, 0x49, 0x0f, 0xdb]));
    expect([t.dims, toNumbers(t)]).toEqual([[], [Math.fround(Math.PI)]]);
  });

  test("Fortran order puts the first axis fastest", () => {
    const t = readNpy(file(header("|u1", "(2, 3)", "True"), [0, 10, 1, 11, 2, 12]));
    expect(toNumbers(t)).toEqual([0, 1, 2, 10, 11, 12]);
    const cube = readNpy(file(header(">u2", "(2, 1, 2)", "True"), [0, 0, 0, 100, 0, 1, 0, 101]));
    expect(toNumbers(cube)).toEqual([0, 1, 100, 101]);
  });

  test("float16 and bool", () => {
    expect(toNumbers(readNpy(file(header("<f2", "(2,)"), [0x00, 0x3c, 0x00, 0xc0])))).toEqual([1, -2]);
    expect(readNpy(file(header("|b1", "(3,)"), [1, 0, 1])).dtype).toBe("bool");
  });

  test("empty arrays, Python 2 longs and double quotes", () => {
    expect(readNpy(file(header("<f4", "(0, 3)"))).dims).toEqual([0, 3]);
    expect(readNpy(file(header("<f4", "(3, 0)", "True"))).dims).toEqual([3, 0]);
    const old = `{"descr": "|u1", "fortran_order": False, "shape": (2L,)}`;
    expect(toNumbers(readNpy(file(old, [7, 8])))).toEqual([7, 8]);
  });

  test("is a view on the file, also where the file is not aligned", () => {
    const bytes = file(header("<f4", "(1,)"), [0, 0, 128, 63]);
    expect(readNpy(bytes).bytes.buffer).toBe(bytes.buffer);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(toNumbers(readNpy(shifted.subarray(1)))).toEqual([1]);
  });
});

describe("bad files", () => {
  const good = header("<f4", "(2, 2)");
  const cases: [string, Uint8Array, RegExp][] = [
    ["empty", new Uint8Array(), /expected a NumPy/],
    ["a zip", Uint8Array.from([0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0, 0]), /expected a NumPy/],
    ["a future version", file(good, [], 9), /version 1, 2 or 3, got 9/],
    ["data cut", file(good, [1, 2, 3]), /cut short: expected at least \d+ bytes/],
    ["header cut", file(good).subarray(0, 20), /cut short/],
    ["length cut", file(good).subarray(0, 9), /cut short/],
    ["objects", file(header("|O", "(1,)"), [0]), /arrays of \|O cannot be read/],
    ["strings", file(header("<U5", "(1,)"), [0]), /arrays of <U5/],
    ["complex", file(header("<c8", "(1,)"), [0]), /arrays of <c8/],
    ["records", file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }"), /a record type/],
    ["no shape", file("{'descr': '<f4', 'fortran_order': False}"), /header is damaged/],
    ["negative shape", file(header("<f4", "(-1,)")), /header is damaged/],
    ["forged shape", file(header("<f8", "(4000000000, 4000000000, 4000000000)")), /too large/],
    ["forged but countable shape", file(header("<f8", "(4000000000,)")), /cut short/],
  ];
  test.each(cases)("%s", (_, bytes, message) => {
    expect(() => readNpy(bytes)).toThrow(InputError);
    expect(() => readNpy(bytes)).toThrow(message);
  });

  test("any damage to a good file gives a tensor or an InputError", () => {
    const bytes = writeNpy(fromNumbers("float32", [1, 2, 3, 4, 5, 6], [2, 3]));
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255))), (length, flips) => {
        const damaged = bytes.slice(0, length);
        for (const [at, value] of flips) if (at < length) damaged[at] = value;
        try {
          expect(readNpy(damaged)).toBeInstanceOf(Tensor);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("writing", () => {
  test("what NumPy writes for arange(3, dtype='<i4'), byte for byte", () => {
    const text = "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }".padEnd(117);
    const expected = file(text, [0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
    expect(writeNpy(fromNumbers("int32", [0, 1, 2]))).toEqual(expected);
  });

  test("float16 keeps its bits", () => {
    const t = readNpy(writeNpy(fromNumbers("float16", [1 / 3])));
    expect(float16ToNumber(t.data[0] as number)).toBeCloseTo(1 / 3, 3);
  });

  test("round trip of any bytes in any type and shape, aligned to 64", () => {
    const dims = fc.array(fc.nat(4), { maxLength: 5 });
    fc.assert(
      fc.property(fc.constantFrom(...all), dims, fc.infiniteStream(fc.nat(255)), (dtype, shape, stream) => {
        const raw = Uint8Array.from({ length: sizeOf(shape) * bytesPerElement(dtype) }, () => stream.next().value);
        const written = writeNpy(new Tensor(dtype, shape, raw));
        const back = readNpy(written);
        expect([back.dtype, back.dims, back.bytes]).toEqual([dtype, shape, raw]);
        expect((written.length - raw.length) % 64).toBe(0);
      }),
    );
  });
});
