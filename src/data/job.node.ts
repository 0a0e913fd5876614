/** @file What a loader asks of a worker, what it gets back, and the work itself, which the loader can also do alone. */

import { readFile } from "node:fs/promises";
import { InputError } from "../error.ts";
import { decodeImage } from "../tensor/image.node.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type Failure, makeBatch, type Recipe, type Slot } from "./batch.ts";
import type { Batch, Source } from "./dataset.ts";
import { loadItem } from "./load.ts";
import type { Rgb8 } from "./rgb8.ts";

export interface Job {
  readonly id: number;
  readonly epoch: number;
  readonly number: number;
  readonly first: number;
  readonly slots: readonly (Slot & {
    readonly name: string;
    /** The picture itself where the loader has it already. */
    readonly picture: Rgb8 | undefined;
    readonly source: Source | undefined;
  })[];
}

export interface Decoded {
  readonly item: number;
  /** Its bytes are shared memory, which worker and loader both see. */
  readonly picture: Rgb8;
}

export interface Done {
  readonly id: number;
  readonly batch: Batch;
  readonly failures: readonly Failure[];
  readonly decoded: readonly Decoded[];
}

/** An error crosses threads as its text and whether the user can mend it. */
export interface Failed {
  readonly id: number;
  readonly error: { readonly message: string; readonly stack: string | undefined; readonly isInput: boolean };
}

export interface Setup {
  readonly recipe: Recipe;
  readonly shorterSide: number;
}

export async function work({ recipe, shorterSide }: Setup, job: Job): Promise<Done> {
  const decoded: Decoded[] = [];
  const { batch, failures } = await makeBatch(recipe, job, job.slots, async (_, k) => {
    const { item, name, picture, source } = job.slots[k]!;
    if (picture) return picture;
    if (!source) throw new Error(`internal: loader: neither picture nor source of ${name}`);
    const loaded = shared(await loadItem({ name, source }, { decodeImage, readFile, shorterSide }));
    decoded.push({ item, picture: loaded });
    return loaded;
  });
  return { id: job.id, batch, failures, decoded };
}

function shared({ height, width, data }: Rgb8): Rgb8 {
  const copy = new Uint8Array(new SharedArrayBuffer(data.length));
  copy.set(data);
  return { height, width, data: copy };
}

export function packError(id: number, error: unknown): Failed {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { id, error: { message, stack, isInput: error instanceof InputError } };
}

export function unpackError({ error }: Failed): Error {
  if (error.isInput) return new InputError(error.message);
  return Object.assign(new Error(error.message), { stack: error.stack });
}

/** Tensors lose their class on the way between threads. */
export const revived = (batch: Batch): Batch => ({
  ...batch,
  images: new Tensor("uint8", batch.images.dims, batch.images.bytes),
  targets: new Tensor("float32", batch.targets.dims, batch.targets.bytes),
});
