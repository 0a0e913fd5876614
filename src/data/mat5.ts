/** @file Reads numeric arrays from MATLAB files of level 5 (`save -v6` and `-v7`), as the format's description lays them out. */

import { expect, InputError } from "../error.ts";
import { sizeOf, type Tensor, tensor } from "../tensor/tensor.ts";
import { collect, inflate } from "./streams.ts";

type Getter = (view: DataView, at: number, little: boolean) => number;

/** Element types (mi…): bytes each, and how to read one. */
const numbers: Readonly<Record<number, readonly [width: number, get: Getter]>> = {
  1: [1, (v, at) => v.getInt8(at)],
  2: [1, (v, at) => v.getUint8(at)],
  3: [2, (v, at, little) => v.getInt16(at, little)],
  4: [2, (v, at, little) => v.getUint16(at, little)],
  5: [4, (v, at, little) => v.getInt32(at, little)],
  6: [4, (v, at, little) => v.getUint32(at, little)],
  7: [4, (v, at, little) => v.getFloat32(at, little)],
  9: [8, (v, at, little) => v.getFloat64(at, little)],
  12: [8, (v, at, little) => Number(v.getBigInt64(at, little))],
  13: [8, (v, at, little) => Number(v.getBigUint64(at, little))],
};
const miMATRIX = 14;
const miCOMPRESSED = 15;
/** Array classes (mx…) 6 to 15: double, single and the integers. */
const isNumeric = (arrayClass: number): boolean => arrayClass >= 6 && arrayClass <= 15;

interface Element {
  readonly type: number;
  readonly data: Uint8Array;
  /** Offset of the next element. */
  readonly end: number;
}

/**
 * The real numeric arrays of a file by their names, row-major, as float64 (integers beyond 2⁵³ lose digits). Cells,
 * structures, text, sparse arrays and imaginary parts are left out. Throws an `InputError` for other files, version 7.3
 * (HDF5) among them, and for damaged ones; each begins with `name`.
 */
export async function readMat5(bytes: Uint8Array, name = "mat"): Promise<ReadonlyMap<string, Tensor<"float64">>> {
  const mark = String.fromCharCode(...bytes.subarray(126, 128));
  const title = new TextDecoder("latin1").decode(bytes.subarray(0, 20));
  expect(
    mark === "IM" || mark === "MI",
    () => `${name}: expected a MATLAB file of version 5, 6 or 7, got other content: save it with 'save -v7'`,
  );
  expect(
    !title.startsWith("MATLAB 7.3"),
    () => `${name}: this is a MATLAB 7.3 (HDF5) file: expected version 5, 6 or 7: save it with 'save -v7'`,
  );
  const little = mark === "IM";
  const arrays = new Map<string, Tensor<"float64">>();
  try {
    for (let at = 128; at + 8 <= bytes.length; ) {
      let element = readElement(bytes, at, little);
      at = element.end;
      if (element.type === miCOMPRESSED)
        element = readElement(await collect(inflate([element.data], "deflate", name)), 0, little);
      if (element.type === miMATRIX) {
        const array = readMatrix(element.data, little);
        if (array) arrays.set(array.name, array.value);
      }
    }
  } catch (error) {
    if (error instanceof RangeError) throw new InputError(`${name}: the file is damaged or cut short: get it again`);
    throw error;
  }
  return arrays;
}

/**
 * An element is a tag of 8 bytes (type, length) and its data, padded to 8; up to 4 bytes of data may stand in the tag
 * itself.
 */
function readElement(bytes: Uint8Array, at: number, little: boolean): Element {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = view.getUint32(at, little);
  const small = tag >>> 16;
  if (small > 0) return { type: tag & 0xffff, data: bytes.subarray(at + 4, at + 4 + small), end: at + 8 };
  const length = view.getUint32(at + 4, little);
  const end = at + 8 + length;
  if (end > bytes.length) throw new RangeError("element beyond the end");
  // Compressed elements alone are not padded.
  return { type: tag, data: bytes.subarray(at + 8, end), end: tag === miCOMPRESSED ? end : Math.ceil(end / 8) * 8 };
}

/** A matrix holds the elements: flags with class, dimensions, name, real part. */
function readMatrix(data: Uint8Array, little: boolean): { name: string; value: Tensor<"float64"> } | undefined {
  if (data.length === 0) return undefined;
  const flags = readElement(data, 0, little);
  const arrayClass = readNumbers(flags, little)[0]! & 0xff;
  if (!isNumeric(arrayClass)) return undefined;
  const size = readElement(data, flags.end, little);
  const name = readElement(data, size.end, little);
  const dims = readNumbers(size, little);
  const values = readNumbers(readElement(data, name.end, little), little);
  if (values.length !== sizeOf(dims)) throw new RangeError("fewer numbers than the dimensions say");
  return {
    name: new TextDecoder("latin1").decode(name.data),
    value: tensor("float64", dims, rowMajor(values, dims)),
  };
}

function readNumbers({ type, data }: Element, little: boolean): number[] {
  const [width, get] = numbers[type] ?? [0, () => 0];
  if (width === 0) throw new RangeError(`unknown element type ${type}`);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: data.length / width }, (_, i) => get(view, i * width, little));
}

/** From MATLAB's first-axis-fastest order. */
function rowMajor(values: readonly number[], dims: readonly number[]): Float64Array {
  const strides = dims.map((_, axis) => sizeOf(dims.slice(0, axis)));
  return Float64Array.from({ length: values.length }, (_, i) => {
    let from = 0;
    for (let axis = dims.length - 1, rest = i; axis >= 0; axis--) {
      from += (rest % dims[axis]!) * strides[axis]!;
      rest = Math.floor(rest / dims[axis]!);
    }
    return values[from]!;
  });
}
