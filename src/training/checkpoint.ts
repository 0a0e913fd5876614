/** @file Checkpoints: where training stands, as the bytes of a safetensors file. */

import { expect, InputError } from "../error.ts";
import { decodeTensors, encodeTensors } from "../tensor/safetensors.ts";
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

export const encodeSnapshot = ({ state, ...facts }: Snapshot): Uint8Array =>
  encodeTensors({ tensors: state, text: JSON.stringify(facts) });

/** Throws an `InputError` for anything but a whole checkpoint of fovea's. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  try {
    const { tensors, text } = decodeTensors(bytes);
    return { ...(JSON.parse(text) as Omit<Snapshot, "state">), state: tensors };
  } catch {
    throw new InputError("the checkpoint is cut off or no checkpoint of fovea: start again without it");
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
