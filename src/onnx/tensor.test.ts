/** @file Every element type in every form that a file may keep it in. */

import { describe, expect, it } from "vitest";
import { InputError } from "../error.ts";
import { bytesPerElement, type DType, fromNumbers, toNumbers } from "../tensor/tensor.ts";
import { decode } from "./decode.ts";
import { onnxTypeNumber } from "./dtype.ts";
import { encode } from "./encode.ts";
import type { TensorRecord } from "./schema.ts";
import { tensorOf, tensorRecord } from "./tensor.ts";

const reread = (t: TensorRecord): TensorRecord => decode("TensorProto", encode("TensorProto", t));

/** Values, and the typed list that the ONNX specification prescribes for them. */
const cases: readonly (readonly [DType, number[], TensorRecord])[] = [
  ["float32", [1.5, -2], { float_data: Float32Array.of(1.5, -2) }],
  ["float64", [1e300, -2], { double_data: Float64Array.of(1e300, -2) }],
  ["float16", [1, -2], { int32_data: Int32Array.of(0x3c00, 0xc000) }],
  ["bfloat16", [1, -2], { int32_data: Int32Array.of(0x3f80, 0xc000) }],
  ["int8", [-128, 127], { int32_data: Int32Array.of(-128, 127) }],
  ["uint8", [0, 255], { int32_data: Int32Array.of(0, 255) }],
  ["int16", [-32768, 32767], { int32_data: Int32Array.of(-32768, 32767) }],
  ["uint16", [0, 65535], { int32_data: Int32Array.of(0, 65535) }],
  ["int32", [-(2 ** 31), 2 ** 31 - 1], { int32_data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) }],
  ["uint32", [0, 2 ** 32 - 1], { uint64_data: BigUint64Array.of(0n, 2n ** 32n - 1n) }],
  ["int64", [-(2 ** 50), 2 ** 50], { int64_data: BigInt64Array.of(-(2n ** 50n), 2n ** 50n) }],
  ["uint64", [0, 2 ** 50], { uint64_data: BigUint64Array.of(0n, 2n ** 50n) }],
  ["bool", [0, 1], { int32_data: Int32Array.of(0, 1) }],
];

describe.each(cases)("%s", (dtype, values, typed) => {
  const head: TensorRecord = { name: "t", dims: [2, 1], data_type: onnxTypeNumber[dtype] };

  it("as a typed list", () => {
    const t = tensorOf(reread({ ...head, ...typed }));
    expect(t.dtype).toBe(dtype);
    expect(t.dims).toEqual([2, 1]);
    expect(toNumbers(t)).toEqual(values);
  });

  it("as raw bytes, a view on the file", () => {
    const file = encode("TensorProto", tensorRecord("t", fromNumbers(dtype, values, [2, 1])));
    const t = tensorOf(decode("TensorProto", file));
    expect(t.bytes.buffer).toBe(file.buffer);
    expect(toNumbers(t)).toEqual(values);
  });

  it("as external data, a view on the other file", () => {
    const other = new Uint8Array(64);
    other.set(fromNumbers(dtype, values).bytes, 16);
    const external_data = [
      { key: "location", value: "weights/a.bin" },
      { key: "offset", value: "16" },
      { key: "length", value: String(2 * bytesPerElement(dtype)) },
    ];
    const t = tensorOf({ ...head, data_location: 1, external_data }, (location, offset, length) => {
      expect(location).toBe("weights/a.bin");
      return other.subarray(offset, offset + length);
    });
    expect(t.bytes.buffer).toBe(other.buffer);
    expect(toNumbers(t)).toEqual(values);
  });
});

describe("refused with the tensor's name", () => {
  const external = (...external_data: { key: string; value: string }[]): TensorRecord => ({
    name: "w",
    dims: [2],
    data_type: 1,
    data_location: 1,
    external_data,
  });
  const location = (value: string) => ({ key: "location", value });

  it.each<[string, TensorRecord, RegExp]>([
    ["strings", { data_type: 8, name: "w" }, /"w" holds string/],
    ["int4", { data_type: 22, name: "w" }, /"w" holds int4/],
    ["an unknown type", { data_type: 99, name: "w" }, /"w" holds type 99/],
    ["no data", { data_type: 1, dims: [3], name: "w" }, /"w".*12 bytes.*holds 0/],
    ["too few", { data_type: 1, dims: [3], name: "w", raw_data: new Uint8Array(8) }, /"w".*12 bytes.*holds 8/],
    ["negative dimensions", { data_type: 1, dims: [-1, -1], name: "w", raw_data: new Uint8Array(4) }, /"w".*\[-1,-1\]/],
    ["astronomic dimensions", { data_type: 1, dims: [2 ** 40, 2 ** 40], name: "w" }, /"w".*impossible/],
    ["a missing file", external(location("w.bin")), /"w".*"w\.bin".*missing/],
    ["no location", external(), /"w".*does not say which/],
    ["a path upwards", external(location("../../etc/passwd")), /"w".*outside/],
    ["an absolute path", external(location("/etc/passwd")), /"w".*outside/],
    ["a drive", external(location("C:\\w.bin")), /"w".*outside/],
    ["another length", external(location("w.bin"), { key: "length", value: "9" }), /"w".*8 bytes.*9/],
    ["a negative offset", external(location("w.bin"), { key: "offset", value: "-4" }), /"w".*-4/],
  ])("%s", (_, record, message) => {
    const read = () => tensorOf(record, () => undefined);
    expect(read).toThrow(InputError);
    expect(read).toThrow(message);
  });

  it("an external file that is too short", () => {
    expect(() => tensorOf(external(location("w.bin")), () => new Uint8Array(4))).toThrow(/"w".*8 bytes.*holds 4/);
  });
});

it("takes a tensor without elements", () => {
  expect(tensorOf({ name: "empty", dims: [0], data_type: 7 }).size).toBe(0);
});
