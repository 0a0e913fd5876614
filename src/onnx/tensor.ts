/** @file Tensors as ONNX files hold them: raw bytes, typed lists, or a range of another file. */

import { expect, InputError } from "../error.ts";
import { bytesPerElement, type DType, sizeOf, Tensor } from "../tensor/tensor.ts";
import { dtypeOfNumber, onnxTypeNumber } from "./dtype.ts";
import type { TensorRecord } from "./schema.ts";

/**
 * Finds external data: the `length` bytes from `offset` of the file that the model calls `location` (a relative path with
 * forward slashes), or `undefined` where there is no such file or range.
 */
export type External = (location: string, offset: number, length: number) => Uint8Array | undefined;

/** TensorProto.DataType numbers that no `DType` stands for. */
const foreignTypes: Readonly<Record<number, string>> = {
  0: "undefined",
  8: "string",
  14: "complex64",
  15: "complex128",
  17: "float8e4m3fn",
  18: "float8e4m3fnuz",
  19: "float8e5m2",
  20: "float8e5m2fnuz",
  21: "uint4",
  22: "int4",
  23: "float4e2m1",
  24: "float8e8m0",
  25: "uint2",
  26: "int2",
  27: "float6e2m3",
  28: "float6e3m2",
};

/** Name of an element type by its number in files. */
export const typeName = (number: number): string => dtypeOfNumber(number) ?? foreignTypes[number] ?? `type ${number}`;

type Field = "float_data" | "double_data" | "int32_data" | "int64_data" | "uint64_data";
const typedField: Readonly<Record<DType, Field>> = {
  float32: "float_data",
  float64: "double_data",
  float16: "int32_data",
  bfloat16: "int32_data",
  int8: "int32_data",
  uint8: "int32_data",
  int16: "int32_data",
  uint16: "int32_data",
  int32: "int32_data",
  bool: "int32_data",
  int64: "int64_data",
  uint32: "uint64_data",
  uint64: "uint64_data",
};

/**
 * The tensor of a record. Raw data, external data and float lists stay views; other lists are copied.
 *
 * Throws an `InputError` that names the tensor where its type is none of fovea's, its data are missing, or their number
 * is not what its dimensions say.
 */
export function tensorOf(record: TensorRecord, external?: External): Tensor {
  const name = `tensor "${record.name ?? ""}"`;
  const dtype = dtypeOfNumber(record.data_type ?? 0);
  expect(
    dtype,
    () => `${name} holds ${typeName(record.data_type ?? 0)} elements, which fovea cannot compute with: convert it`,
  );
  const dims = (record.dims ?? []).map(Number);
  const length = sizeOf(dims) * bytesPerElement(dtype);
  expect(
    dims.every((d) => Number.isSafeInteger(d) && d >= 0) && Number.isSafeInteger(length),
    () => `${name} has the impossible dimensions [${dims}]: the file is damaged`,
  );
  const bytes =
    record.data_location === 1
      ? externalBytes(record, name, length, external)
      : (record.raw_data ?? typedBytes(record, dtype));
  expect(
    bytes.byteLength === length,
    () => `${name}: ${dtype}[${dims}] takes ${length} bytes, but the file holds ${bytes.byteLength}: it is damaged`,
  );
  return new Tensor(dtype, dims, bytes);
}

/** A record over the tensor's own bytes, without a copy. */
export const tensorRecord = (name: string, t: Tensor): TensorRecord => ({
  name,
  dims: [...t.dims],
  data_type: onnxTypeNumber[t.dtype],
  raw_data: t.bytes,
});

const viewOf = (a: ArrayBufferView): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);

function typedBytes(record: TensorRecord, dtype: DType): Uint8Array {
  const values = record[typedField[dtype]];
  if (!values) return new Uint8Array(0);
  switch (dtype) {
    case "uint32":
      return viewOf(Uint32Array.from(values as BigUint64Array, Number));
    case "int8":
    case "uint8":
    case "bool":
      return Uint8Array.from(values as Int32Array);
    case "int16":
    case "uint16":
    case "float16":
    case "bfloat16":
      return viewOf(Uint16Array.from(values as Int32Array));
    default:
      return viewOf(values);
  }
}

function externalBytes(record: TensorRecord, name: string, length: number, external?: External): Uint8Array {
  const entries = new Map((record.external_data ?? []).map(({ key, value }) => [key, value ?? ""]));
  const location = entries.get("location") ?? "";
  const offset = Number(entries.get("offset") ?? 0);
  const announced = Number(entries.get("length") ?? length);
  expect(location !== "", () => `${name} keeps its data in another file but does not say which: the file is damaged`);
  expect(
    !/^([/\\]|[a-z]:)|(^|[/\\])\.\.([/\\]|$)/i.test(location),
    () => `${name} keeps its data in "${location}", outside the model's own folder: move the data beside the model`,
  );
  expect(
    Number.isSafeInteger(offset) && offset >= 0 && announced === length,
    () =>
      `${name} needs ${length} bytes of the file "${location}" but announces ${announced} from byte ${offset}: the model is damaged`,
  );
  const bytes = external?.(location, offset, length);
  if (!bytes)
    throw new InputError(
      `${name} keeps its data in the file "${location}", which is missing or too short: put the whole file beside the model`,
    );
  return viewOf(bytes);
}
