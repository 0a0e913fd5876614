/** @file Named tensors and a text as the bytes of a safetensors file (github.com/huggingface/safetensors). */

import { InputError } from "../error.ts";
import { type DType, Tensor } from "./tensor.ts";

const codes: { readonly [D in DType]?: string } = { float32: "F32", float64: "F64", float16: "F16", uint8: "U8" };

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

export interface TensorFile {
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Kept under the key "fovea" of the file's metadata. */
  readonly text: string;
}

/** `[header length: u64][header: JSON][tensors]`, everything aligned to 8 bytes. */
export function encodeTensors({ tensors, text }: TensorFile): Uint8Array {
  const entries: Record<string, Entry> = {};
  let end = 0;
  for (const [name, t] of Object.entries(tensors)) {
    entries[name] = { dtype: codes[t.dtype]!, shape: t.dims, data_offsets: [end, end + t.bytes.byteLength] };
    end += t.bytes.byteLength;
  }
  const header = new TextEncoder().encode(JSON.stringify({ __metadata__: { fovea: text }, ...entries }));
  const length = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + end).fill(0x20, 8, 8 + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(header, 8);
  for (const [name, t] of Object.entries(tensors)) bytes.set(t.bytes, 8 + length + entries[name]!.data_offsets[0]);
  return bytes;
}

/** The tensors are views on the bytes. Throws an `InputError` for anything but a whole file that fovea wrote. */
export function decodeTensors(bytes: Uint8Array): TensorFile {
  const broken = (): InputError => new InputError("expected a whole safetensors file that fovea wrote");
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const start = 8 + Number(view.getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start))) as Record<string, Entry> & {
      __metadata__: { fovea: string };
    };
    const { __metadata__: metadata, ...entries } = header;
    if (typeof metadata.fovea !== "string") throw broken();
    const tensors = Object.entries(entries).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        const type = (Object.keys(codes) as DType[]).find((d) => codes[d] === dtype);
        if (!type || start + to > bytes.byteLength) throw broken();
        return [name, new Tensor(type, shape, bytes.subarray(start + from, start + to))] as const;
      },
    );
    return { tensors: Object.fromEntries(tensors), text: metadata.fovea };
  } catch {
    throw broken();
  }
}
