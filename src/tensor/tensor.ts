/** @file The host-side n-dimensional array: an element type, dimensions, and little-endian bytes in row-major order. */

/** Typed array that holds the elements of each type; float16 and bfloat16 are kept as their 16 raw bits. */
export interface DataOf {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
}
export type DType = keyof DataOf;
export type Shape = readonly number[];

const constructors: { [D in DType]: new (buffer: ArrayBufferLike, offset: number, length: number) => DataOf[D] } = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

const widths: Record<DType, number> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  bool: 1,
};

/** Bytes that one element takes. */
export const bytesPerElement = (dtype: DType): number => widths[dtype];

/** True for the types that carry a gradient. */
export const isFloat = (dtype: DType): boolean =>
  dtype === "float32" || dtype === "float64" || dtype === "float16" || dtype === "bfloat16";

/** Number of elements of a shape; 1 for a scalar. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, d) => product * d, 1);

export class Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly dims: Shape;
  /** The elements as stored, possibly a view on a file; its offset need not be aligned to the element. */
  readonly bytes: Uint8Array;
  #data: DataOf[D] | undefined;

  constructor(dtype: D, dims: Shape, bytes: Uint8Array) {
    const expected = sizeOf(dims) * widths[dtype];
    if (bytes.byteLength !== expected)
      throw new Error(`internal: tensor ${dtype}[${dims}]: expected ${expected} bytes, got ${bytes.byteLength}`);
    this.dtype = dtype;
    this.dims = dims;
    this.bytes = bytes;
  }

  /** The elements as a typed array: a view where the bytes are aligned, else one copy made on first use. */
  get data(): DataOf[D] {
    if (!this.#data) {
      const width = widths[this.dtype];
      const aligned = this.bytes.byteOffset % width === 0 ? this.bytes : this.bytes.slice();
      this.#data = new constructors[this.dtype](aligned.buffer, aligned.byteOffset, aligned.byteLength / width);
    }
    return this.#data;
  }

  get size(): number {
    return sizeOf(this.dims);
  }
}

/** A tensor over an existing typed array, without a copy. */
export function tensor<D extends DType>(dtype: D, dims: Shape, data: DataOf[D]): Tensor<D> {
  return new Tensor(dtype, dims, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** A tensor of plain numbers, rounded to `dtype`. Shape defaults to one axis; pass `[]` for a scalar. */
export function fromNumbers<D extends DType>(
  dtype: D,
  values: ArrayLike<number>,
  dims: Shape = [values.length],
): Tensor<D> {
  const out = zeros(dtype, dims);
  const data = out.data;
  const set = encoders[dtype];
  for (let i = 0; i < values.length; i++) set(data as never, i, values[i]!);
  return out;
}

export const zeros = <D extends DType>(dtype: D, dims: Shape): Tensor<D> =>
  new Tensor(dtype, dims, new Uint8Array(sizeOf(dims) * widths[dtype]));

/** All elements as float64 numbers (int64 beyond 2⁵³ loses digits); 16-bit floats are widened. */
export function toNumbers(t: Tensor): number[] {
  switch (t.dtype) {
    case "float16":
      return Array.from(t.data as Uint16Array, float16ToNumber);
    case "bfloat16":
      return Array.from(t.data as Uint16Array, bfloat16ToNumber);
    default:
      return Array.from(t.data as ArrayLike<number | bigint>, Number);
  }
}

/** The same numbers in another element type; the tensor itself when the type already fits. */
export const cast = <D extends DType>(t: Tensor, dtype: D): Tensor<D> =>
  (t.dtype as DType) === dtype ? (t as Tensor<D>) : fromNumbers(dtype, toNumbers(t), t.dims);

type Encoder = (data: never, i: number, x: number) => void;
const plain = (data: number[], i: number, x: number): void => {
  data[i] = x;
};
/** Saturates, so that "to the very end" stays what it is; NaN becomes 0. */
const big =
  (low: bigint, high: bigint) =>
  (data: bigint[], i: number, x: number): void => {
    data[i] = x >= Number(high) ? high : x <= Number(low) ? low : BigInt(Math.trunc(x) || 0);
  };
const encoders: Record<DType, Encoder> = {
  float32: plain,
  float64: plain,
  float16: (data: number[], i: number, x: number) => {
    data[i] = numberToFloat16(x);
  },
  bfloat16: (data: number[], i: number, x: number) => {
    data[i] = numberToBfloat16(x);
  },
  int8: plain,
  uint8: plain,
  int16: plain,
  uint16: plain,
  int32: plain,
  uint32: plain,
  int64: big(-(2n ** 63n), 2n ** 63n - 1n),
  uint64: big(0n, 2n ** 64n - 1n),
  bool: (data: number[], i: number, x: number) => {
    data[i] = x ? 1 : 0;
  },
};

const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);

/** IEEE binary16 bits to a number. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A number to IEEE binary16 bits, rounding to nearest even. */
export function numberToFloat16(x: number): number {
  if (Number.isNaN(x)) return 0x7e00;
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const a = Math.abs(x);
  if (a >= 65520) return sign | 0x7c00;
  const exponent = Math.max(Math.floor(Math.log2(a)), -14);
  const step = 2 ** (exponent - 10);
  let q = a / step;
  const down = Math.floor(q);
  const rest = q - down;
  q = rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
  const value = q * step;
  if (value === 0) return sign;
  if (value < 2 ** -14) return sign | Math.round(value / 2 ** -24);
  const e = Math.floor(Math.log2(value));
  return sign | ((e + 15) << 10) | Math.round((value / 2 ** e - 1) * 1024);
}

/** bfloat16 bits to a number. */
export function bfloat16ToNumber(bits: number): number {
  u32[0] = bits << 16;
  return f32[0]!;
}

/** A number to bfloat16 bits, rounding to nearest even. */
export function numberToBfloat16(x: number): number {
  f32[0] = x;
  const bits = u32[0]!;
  if (Number.isNaN(x)) return 0x7fc0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}
