/** @file What the three parts work on: the nets, the sizes, the peer, and how much of it. */

import type { Model } from "../../src/model/model.ts";
import type { Image } from "../../src/tensor/image.ts";
import type { QualityPeer } from "./peer.ts";
import type { Store } from "./store.ts";

export interface Setting {
  readonly model: Model;
  /** Side of the pictures. */
  readonly size: number;
  readonly threads: number;
  readonly seeds: number;
  /** Without it, only our own pictures are made. */
  readonly peer: QualityPeer | undefined;
  readonly store: Store;
  readonly signal: AbortSignal;
  /** What pictures depend on beside their own settings: hashes of the net and of the code. */
  readonly identity: { readonly net: string; readonly code: string; readonly peer: string };
}

/** A photo by its name, fitted to the size. */
export interface Photo {
  readonly name: string;
  readonly image: Image;
}

/** Runs to its end, and tells of every step. */
export async function drain<P, R>(run: AsyncGenerator<P, R>, seen: (progress: P) => void = () => {}): Promise<R> {
  let next = await run.next();
  while (!next.done) {
    seen(next.value);
    next = await run.next();
  }
  return next.value;
}

/** What was stopped half-way is no result. */
export class Stopped extends Error {}
