/** @file What every entry of the benchmark is. */

import type { Figure } from "../figure.ts";
import type { Peer } from "../peer.ts";

export interface Setting {
  /** Fewer rounds, smaller nets: to see that everything runs. */
  readonly quick: boolean;
  /** PyTorch, where it is there. */
  readonly peer: Peer | undefined;
}

export interface Entry {
  readonly name: string;
  /** What it measures, in a few words. */
  readonly about: string;
  /** Folders or files without which it is left out. */
  readonly needs?: readonly string[];
  /** Whether PyTorch does the same work. */
  readonly hasPeer?: boolean;
  readonly run: (setting: Setting) => Promise<readonly Figure[]>;
}
