/** @file Protobuf scalars, packed arrays and message layouts: what the decoder and the encoder share. */

import { BinaryReader, type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type MessageName, type Packed, type PackedArrays, type Scalar, type Scalars, schema } from "./schema.ts";

interface ScalarCodec<T> {
  readonly wire: WireType;
  readonly read: (reader: BinaryReader) => T;
  readonly write: (writer: BinaryWriter, value: T) => unknown;
}

const narrow = (x: bigint): number | bigint => (BigInt.asIntN(54, x) === x ? Number(x) : x);

export const scalars: { readonly [K in Scalar]: ScalarCodec<Scalars[K]> } = {
  int32: { wire: WireType.Varint, read: (r) => r.int32(), write: (w, x) => w.int32(x) },
  int64: { wire: WireType.Varint, read: (r) => narrow(BigInt(r.int64())), write: (w, x) => w.int64(x) },
  uint64: { wire: WireType.Varint, read: (r) => BigInt(r.uint64()), write: (w, x) => w.uint64(x) },
  float: { wire: WireType.Bit32, read: (r) => r.float(), write: (w, x) => w.float(x) },
  double: { wire: WireType.Bit64, read: (r) => r.double(), write: (w, x) => w.double(x) },
  string: { wire: WireType.LengthDelimited, read: (r) => r.string(), write: (w, x) => w.string(x) },
  bytes: { wire: WireType.LengthDelimited, read: (r) => r.bytes(), write: (w, x) => w.bytes(x) },
};

interface PackedCodec<A> {
  /** Elements of one packed run: a view on little-endian floats where they are aligned. */
  readonly decode: (run: Uint8Array) => A;
  readonly from: (values: Iterable<unknown>) => A;
}

/** Elements of fixed width are stored as the typed array stores them. */
const fixed = <A>(
  width: number,
  view: (buffer: ArrayBufferLike, offset: number, length: number) => A,
  from: (values: Iterable<unknown>) => A,
): PackedCodec<A> => ({
  from,
  decode: (run) => {
    if (run.byteLength % width !== 0) throw new RangeError(`a packed run of ${run.byteLength} bytes`);
    const aligned = run.byteOffset % width === 0 ? run : run.slice();
    return view(aligned.buffer, aligned.byteOffset, run.byteLength / width);
  },
});

/** Only the last byte of each number is below 128; so they are counted first, and no more is allocated than is there. */
const varint = <A extends { [i: number]: unknown }>(
  allocate: (length: number) => A,
  read: (reader: BinaryReader) => A[number],
  from: (values: Iterable<unknown>) => A,
): PackedCodec<A> => ({
  from,
  decode: (run) => {
    let length = 0;
    for (const byte of run) if (byte < 128) length++;
    const out = allocate(length);
    const reader = new BinaryReader(run);
    for (let i = 0; i < length; i++) out[i] = read(reader);
    if (reader.pos !== run.byteLength) throw new RangeError("a packed run that ends inside a number");
    return out;
  },
});

export const packed: { readonly [K in Packed]: PackedCodec<PackedArrays[K]> } = {
  float: fixed(
    4,
    (...at) => new Float32Array(...at),
    (values) => Float32Array.from(values as Iterable<number>),
  ),
  double: fixed(
    8,
    (...at) => new Float64Array(...at),
    (values) => Float64Array.from(values as Iterable<number>),
  ),
  int32: varint(
    (n) => new Int32Array(n),
    (r) => r.int32(),
    (values) => Int32Array.from(values as Iterable<number>),
  ),
  int64: varint(
    (n) => new BigInt64Array(n),
    (r) => BigInt(r.int64()),
    (values) => BigInt64Array.from(values as Iterable<number | bigint>, BigInt),
  ),
  uint64: varint(
    (n) => new BigUint64Array(n),
    (r) => BigInt(r.uint64()),
    (values) => BigUint64Array.from(values as Iterable<bigint>),
  ),
};

/** A message while it is being read or written: field name → value. */
export type Fields = Record<string, unknown>;

export interface Field {
  readonly name: string;
  readonly number: number;
  readonly scalar?: Scalar;
  readonly message?: MessageName;
  readonly repeated: boolean;
  readonly packed?: Packed;
}

const isScalar = (kind: string): kind is Scalar => Object.hasOwn(scalars, kind);

function fieldsOf(message: MessageName): Field[] {
  const rows = Object.entries(schema[message]) as [string, readonly [number, Scalar | MessageName, string?]][];
  return rows
    .map(([name, [number, kind, label]]) => ({
      name,
      number,
      ...(isScalar(kind) ? { scalar: kind } : { message: kind }),
      repeated: label === "repeated",
      ...(label === "packed" ? { packed: kind as Packed } : {}),
    }))
    .sort((a, b) => a.number - b.number);
}

/** Fields of each message in the order of their numbers, the order in which they are written. */
export const layouts: Readonly<Record<MessageName, readonly Field[]>> = Object.fromEntries(
  Object.keys(schema).map((name) => [name, fieldsOf(name as MessageName)]),
) as Record<MessageName, Field[]>;
