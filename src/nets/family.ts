/** @file What a family of nets is: one description, read from fine to coarse and from coarse to fine. */

import type { Value } from "../graph/graph.ts";
import type { Net } from "./layers.ts";
import type { Shrinking } from "./pyramid.ts";

/** Of each stage's convolutions. */
export type Channels = readonly (readonly number[])[];

export interface HeadOptions {
  readonly classes: number;
}

/** A net in two readings: from fine to coarse, and from coarse to fine. */
export interface Family {
  /** As published, fine to coarse. */
  readonly channels: Channels;
  /** `channels` fine to coarse. */
  readonly bottomUp: (net: Net, image: Value, channels: Channels, options: HeadOptions) => Value;
  /** `channels` coarse to fine. */
  readonly topDown: (
    net: Net,
    image: Value,
    channels: Channels,
    options: HeadOptions & { readonly shrinking?: Shrinking | undefined },
  ) => Value;
}
