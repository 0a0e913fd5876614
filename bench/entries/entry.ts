/** @file What every entry of the benchmark is. */

import type { Figure } from "../figure.ts";
import type { Peer } from "../peer.ts";

export interface Setting {
  /** Fewer rounds, smaller nets: to see that everything runs. */
  readonly quick: boolean;
  /** As many as the entry names; none where PyTorch is not there. */
  readonly peers: readonly Peer[];
}

export interface Entry {
  readonly name: string;
  /** What it measures, in a few words. */
  readonly about: string;
  /** Folders or files without which it is left out. */
  readonly needs?: readonly string[];
  /** Names of the processes in which PyTorch does the same work. */
  readonly peers?: readonly string[];
  /** Whether further processes do the work, so that the peak memory of this one says nothing. */
  readonly delegates?: true;
  readonly run: (setting: Setting) => Promise<readonly Figure[]>;
}
