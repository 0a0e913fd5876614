/** @file What a picture that is computed for a photo at once is told, and what comes of it. */

import type { Device, DeviceName } from "../src/runtime/backend.ts";
import type { Image } from "../src/tensor/image.ts";

export interface LookOptions {
  readonly size?: number | undefined;
  readonly seed: number;
  readonly device?: Device | undefined;
  readonly batch?: number | undefined;
  readonly quiet?: boolean | undefined;
}

export interface Looked {
  readonly image: Image;
  /** What `--json` prints. */
  readonly numbers: Readonly<Record<string, unknown>>;
  /** Classes whose names are shown. */
  readonly classes: readonly number[];
  readonly device: DeviceName;
  readonly provider: string;
  readonly notes: readonly string[];
}

/** The name of a class, else its number. */
export const labelOf = (labels: readonly string[] | undefined, c: number): string => labels?.[c] ?? String(c);
