/** @file Rotations and shifts, all of a grid (Engstrom et al., ICML 2019, arXiv 1712.02779). */

import { crop, rotate } from "../../preimage/transforms.ts";
import type { Attack, Finding } from "../attack.ts";
import { answerOf } from "../classifier.ts";
import { askAll, type Course, number, type Step } from "../course.ts";
import type { Norm } from "../norms.ts";

export interface SpatialOptions {
  /** In which the change is reported; nothing limits it. */
  readonly norm: Norm;
  /** Largest rotation, in degrees; 30. */
  readonly degrees?: number;
  /** Largest shift, as a part of the side; 0.1. */
  readonly shift?: number;
  /** Angles and shifts along each axis, evenly spaced, none among them; 31 and 5. */
  readonly angles?: number;
  readonly shifts?: number;
}

/** A turn by `angle` about the middle, then a shift by whole or broken pixels; black comes in. */
const turned: Step = {
  name: "turned",
  gradient: false,
  inputs: ({ picture }) => ({ x: picture, angle: [], dy: [], dx: [] }),
  emit: (g, { x, angle, dy, dx }, net) => {
    const [n, , h, w] = x!.shape as [number, number, number, number];
    const scale = g.expand(g.scalar(1, x!.dtype), [n]);
    const rotated = rotate({ degrees: [0] }).apply(g, x!, { angle: angle! });
    const there = crop({ size: [h, w], jitter: [] }).apply(g, rotated, { scale, dy: dy!, dx: dx! });
    return { x: there, logits: answerOf(g, net.see(there)) };
  },
};

const CHUNK = 16;

/** Every point of the grid, the smallest changes first, until one fools. */
export function spatial(options: SpatialOptions): Attack {
  const { norm, degrees = 30, shift = 0.1, angles = 31, shifts = 5 } = options;
  return {
    name: "spatial",
    source: "Engstrom et al. 2019, arXiv 1712.02779",
    norm,
    gradients: false,
    scores: false,
    rows: CHUNK,
    *perturb({ image, net, fooled }): Course<Finding> {
      const [, height, width] = net.picture;
      const grid = spaced(angles).flatMap((a) =>
        spaced(shifts).flatMap((y) => spaced(shifts).map((x) => ({ a, y, x, size: Math.hypot(a, y, x) }))),
      );
      grid.sort((p, q) => p.size - q.size);
      for (let i = 0; i < grid.length; i += CHUNK) {
        const rows = grid.slice(i, i + CHUNK).map(({ a, y, x }) => ({
          x: image,
          angle: number((a * degrees * Math.PI) / 180),
          dy: number(y * shift * height),
          dx: number(x * shift * width),
        }));
        const found = (yield* askAll(turned, rows)).find(({ logits }) => fooled(logits!));
        if (found) return { picture: found.x!.map((v) => Math.min(1, Math.max(0, v))) };
      }
      return { picture: image };
    },
  };
}

/** Numbers evenly from −1 to 1; 0 alone for one. */
const spaced = (n: number): number[] => (n < 2 ? [0] : Array.from({ length: n }, (_, i) => (2 * i) / (n - 1) - 1));
