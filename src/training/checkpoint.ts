/** @file Checkpoints: where training stands, as the bytes of a safetensors file (github.com/huggingface/safetensors). */

import { expect, InputError } from "../error.ts";
import { type DType, Tensor } from "../tensor/tensor.ts";
import type { TrainingState } from "./step.ts";

/** Where training stands between two steps; training goes on from here in the same way, bit for bit. */
export interface Snapshot {
  /** What is trained and how; training only goes on from a checkpoint of the same key. */
  readonly key: string;
  /** Seed of the run: batches and noise of later steps follow from it and from where they are. */
  readonly seed: number;
  /** Steps done. */
  readonly step: number;
  /** Epochs done. */
  readonly epoch: number;
  /** Batches done in the epoch after those. */
  readonly batch: number;
  readonly state: TrainingState;
}

const codes: { readonly [D in DType]?: string } = { float32: "F32", float64: "F64", float16: "F16", uint8: "U8" };

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** `[header length: u64][header: JSON][tensors]`, everything aligned to 8 bytes. */
export function encodeSnapshot({ state, ...facts }: Snapshot): Uint8Array {
  const entries: Record<string, Entry> = {};
  let end = 0;
  for (const [name, t] of Object.entries(state)) {
    entries[name] = { dtype: codes[t.dtype]!, shape: t.dims, data_offsets: [end, end + t.bytes.byteLength] };
    end += t.bytes.byteLength;
  }
  const json = JSON.stringify({ __metadata__: { fovea: JSON.stringify(facts) }, ...entries });
  const header = new TextEncoder().encode(json);
  const length = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + end).fill(0x20, 8, 8 + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(header, 8);
  for (const [name, t] of Object.entries(state)) bytes.set(t.bytes, 8 + length + entries[name]!.data_offsets[0]);
  return bytes;
}

/** Throws an `InputError` for anything but a whole checkpoint of fovea's. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  const broken = (): InputError =>
    new InputError("the checkpoint is cut off or no checkpoint of fovea: start again without it");
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const start = 8 + Number(view.getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start))) as Record<string, Entry> & {
      __metadata__: { fovea: string };
    };
    const { __metadata__: metadata, ...entries } = header;
    const facts = JSON.parse(metadata.fovea) as Omit<Snapshot, "state">;
    const state = Object.entries(entries).map(
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
    return { ...facts, state: Object.fromEntries(state) };
  } catch {
    throw broken();
  }
}

/** Throws an `InputError` unless a checkpoint belongs to the run of `key` and `seed` and holds its state. */
export function expectSame(snapshot: Snapshot, key: string, seed: number, start: TrainingState): void {
  expect(
    snapshot.key === key && snapshot.seed === seed,
    () => "the checkpoint is of another net, recipe or seed: take another run folder, or the settings it was made with",
  );
  const shapes = (state: TrainingState): string =>
    Object.keys(state)
      .sort()
      .map((name) => `${name}[${state[name]!.dims}]`)
      .join();
  expect(
    shapes(snapshot.state) === shapes(start),
    () => "the checkpoint does not hold the weights of this net: it is damaged; start again without it",
  );
}
