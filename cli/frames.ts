/** @file What is kept of a run while it goes on: pictures every so many steps, and an animation in the end. */

import { dirname, join } from "node:path";
import type { Progress } from "../src/preimage/technique.ts";
import { type AnimationFormat, animationFormat, encodeAnimation } from "../src/tensor/animation.node.ts";
import { encodePng } from "../src/tensor/image.node.ts";
import type { Image } from "../src/tensor/image.ts";
import { checkWritable, stem, writeOutput } from "./files.ts";
import type { PictureFlags } from "./options.ts";

/** Pictures of an animation, at most, unless snapshots say how many steps lie between them. */
const FRAMES = 60;

export interface Frames {
  /** Steps between two pictures; `undefined` where none are wanted. */
  readonly every: number | undefined;
  /** Takes down what a step yields. */
  readonly see: (progress: Progress) => Promise<void>;
  /** Writes the animation, the finished picture last. Returns the names of all files that were written. */
  readonly end: (image: Image) => Promise<string[]>;
}

export interface FramesOptions {
  /** Steps to come, for the number of pictures. */
  readonly steps: number;
  /** Text entries for a snapshot. */
  readonly textFor?: (progress: Progress) => Readonly<Record<string, string>>;
}

/** What the flags want to keep of a run whose picture goes to `out`. Throws `InputError` where it cannot be written. */
export function framesOf(
  out: string,
  { snapshots, animate, restarts = 1, seed = 0 }: Pick<PictureFlags, "snapshots" | "animate" | "restarts" | "seed">,
  inputs: readonly string[],
  { steps, textFor }: FramesOptions,
): Frames {
  const format: AnimationFormat | undefined = animate === undefined ? undefined : animationFormat(animate);
  if (animate !== undefined) checkWritable(animate, inputs);
  const written: string[] = [];
  const frames: Image[] = [];
  return {
    every: snapshots ?? (animate === undefined ? undefined : Math.max(1, Math.round(steps / FRAMES))),
    see: async (progress) => {
      const { images, each, first = 0 } = progress;
      if (!images) return;
      // An animation shows one picture: the first.
      if (format && first === 0) frames.push(images[0]!);
      if (snapshots === undefined) return;
      for (const [i, image] of images.entries()) {
        const which = restarts > 1 ? `-seed${seed + first + i}` : "";
        const name = join(dirname(out), `${stem(out)}${which}-${String(each).padStart(6, "0")}.png`);
        writeOutput(name, await encodePng(image, textFor ? { text: textFor(progress) } : {}));
        written.push(name);
      }
    },
    end: async (image) => {
      if (!format || animate === undefined) return written;
      const last = frames.at(-1)?.data;
      const isThere = restarts > 1 || (last && image.data.every((x, i) => x === last[i]));
      writeOutput(animate, await encodeAnimation(isThere ? frames : [...frames, image], format));
      return [...written, animate];
    },
  };
}
