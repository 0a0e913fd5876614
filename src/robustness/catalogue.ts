/** @file All attacks by name, with what each takes, as the command line and reports call them. */

import { InputError } from "../error.ts";
import { nearest } from "../model/nearest.ts";
import type { Attack } from "./attack.ts";
import { apgdCe, apgdDlr, apgdT } from "./attacks/apgd.ts";
import { bandPgd } from "./attacks/band.ts";
import { blur } from "./attacks/blur.ts";
import { carliniWagner } from "./attacks/carlini-wagner.ts";
import { deepFool } from "./attacks/deepfool.ts";
import { fabT } from "./attacks/fab.ts";
import { hopSkipJump } from "./attacks/hop-skip-jump.ts";
import { miFgsm } from "./attacks/mi-fgsm.ts";
import { blendedNoise, contrast, gaussianNoise, randomDraws, uniformNoise } from "./attacks/noise.ts";
import { fgsm, pgd } from "./attacks/pgd.ts";
import { pointwise, saltAndPepper, singlePixel } from "./attacks/sparse.ts";
import { spatial } from "./attacks/spatial.ts";
import { square } from "./attacks/square.ts";
import type { Norm, NormName } from "./norms.ts";

/** Numbers that some attacks take; each has a default of its own. */
export interface Effort {
  /** Iterations. */
  readonly steps?: number;
  /** Tries from other random points, or draws of noise. */
  readonly restarts?: number;
  /** Looks at the net, of attacks without gradients. */
  readonly queries?: number;
  /** Classes that are aimed at in turn. */
  readonly targets?: number;
}

type Made<Eps> = Effort & { readonly norm: Norm } & Eps;

interface Facts {
  readonly about: string;
  readonly takes: readonly (keyof Effort)[];
  /** Norms that it can be had in; both by default. */
  readonly norms?: readonly NormName[];
}

export type Entry =
  /** Stays within eps. */
  | (Facts & { readonly seeks: "budget"; readonly make: (o: Made<{ readonly eps: number }>) => Attack })
  /** Seeks the smallest change, which counts if it is within eps; without eps any does. */
  | (Facts & { readonly seeks: "smallest"; readonly make: (o: Made<{ readonly eps?: number }>) => Attack })
  /** Its size is no distance between pixels: eps says nothing to it. */
  | (Facts & { readonly seeks: "any"; readonly make: (o: Made<object>) => Attack });

const noise = ({ norm, eps, restarts }: Made<{ readonly eps?: number }>) => ({ norm, eps, draws: restarts });
const banded = (band: "low" | "middle" | "high"): Entry => ({
  seeks: "budget",
  about: `PGD within ${band} frequencies`,
  takes: ["steps", "restarts"],
  make: (o) => bandPgd({ ...o, band }),
});

const entries = {
  fgsm: { seeks: "budget", about: "one step along the gradient", takes: [], make: fgsm },
  pgd: { seeks: "budget", about: "projected gradient ascent", takes: ["steps", "restarts"], make: pgd },
  "mi-fgsm": { seeks: "budget", about: "steps with momentum", takes: ["steps"], make: miFgsm },
  "apgd-ce": { seeks: "budget", about: "Auto-PGD, cross-entropy", takes: ["steps", "restarts"], make: apgdCe },
  "apgd-dlr": {
    seeks: "budget",
    about: "Auto-PGD, ratio of logits (3 classes)",
    takes: ["steps", "restarts"],
    make: apgdDlr,
  },
  "apgd-t": {
    seeks: "budget",
    about: "Auto-PGD, one class after another (4 classes)",
    takes: ["steps", "restarts", "targets"],
    make: apgdT,
  },
  "fab-t": {
    seeks: "smallest",
    about: "fast adaptive boundary",
    takes: ["steps", "restarts", "targets"],
    make: fabT,
  },
  square: { seeks: "budget", about: "random squares, by scores", takes: ["queries"], make: square },
  deepfool: { seeks: "smallest", about: "nearest linearised boundary", takes: ["steps", "targets"], make: deepFool },
  cw: { seeks: "smallest", about: "Carlini & Wagner, L2", takes: ["steps"], norms: ["l2"], make: carliniWagner },
  "hop-skip-jump": { seeks: "smallest", about: "along the boundary, by answers", takes: ["steps"], make: hopSkipJump },
  "gaussian-noise": {
    seeks: "smallest",
    about: "normal noise",
    takes: ["restarts"],
    make: (o) => gaussianNoise(noise(o)),
  },
  "uniform-noise": {
    seeks: "smallest",
    about: "uniform noise",
    takes: ["restarts"],
    make: (o) => uniformNoise(noise(o)),
  },
  "blended-noise": {
    seeks: "smallest",
    about: "a mix with noise",
    takes: ["restarts"],
    make: (o) => blendedNoise(noise(o)),
  },
  "salt-and-pepper": {
    seeks: "smallest",
    about: "black and white pixels",
    takes: ["restarts"],
    make: (o) => saltAndPepper(noise(o)),
  },
  "single-pixel": {
    seeks: "smallest",
    about: "one pixel",
    takes: ["queries"],
    make: ({ queries, ...o }) => singlePixel({ ...o, ...(queries !== undefined && { pixels: queries }) }),
  },
  pointwise: { seeks: "smallest", about: "as few numbers as will do", takes: ["queries"], make: pointwise },
  blur: { seeks: "smallest", about: "Gaussian blur", takes: [], make: ({ norm, eps }) => blur({ norm, eps }) },
  contrast: { seeks: "smallest", about: "towards grey", takes: [], make: ({ norm, eps }) => contrast({ norm, eps }) },
  spatial: {
    seeks: "any",
    about: "rotation and shift, whatever eps",
    takes: [],
    make: ({ norm }) => spatial({ norm }),
  },
  "pgd-low": banded("low"),
  "pgd-middle": banded("middle"),
  "pgd-high": banded("high"),
  "random-draws": {
    seeks: "budget",
    about: "random points of the ball",
    takes: ["queries"],
    make: ({ queries, ...o }) => randomDraws({ ...o, ...(queries !== undefined && { draws: queries }) }),
  },
} as const satisfies Readonly<Record<string, Entry>>;

export type AttackName = keyof typeof entries;

/** In the order in which they are listed. */
export const catalogue: Readonly<Record<AttackName, Entry>> = entries;

export const attackNames = Object.keys(entries) as AttackName[];

/**
 * `pgd, fgsm` → their names, each once. Throws an `InputError` that suggests the nearest for others, and for attacks that are
 * not to be had in the norm.
 */
export function readAttacks(text: string, norm: Norm): AttackName[] {
  const names = text
    .split(",")
    .map((part) => part.trim().toLowerCase().replaceAll("_", "-"))
    .filter(Boolean);
  if (names.length === 0) throw new InputError(`attack: expected names such as pgd,fgsm, got "${text}"`);
  for (const name of names) {
    if (!Object.hasOwn(catalogue, name))
      throw new InputError(`attack: there is no "${name}": did you mean ${nearest(name, attackNames).join(", ")}?`);
    const { norms } = catalogue[name as AttackName];
    if (norms && !norms.includes(norm.name))
      throw new InputError(
        `attack: ${name} works in ${norms.join(", ")}, not in ${norm.name}: leave it out or change the norm`,
      );
  }
  return [...new Set(names)] as AttackName[];
}

/** The attack of that name in a budget, or without one. Throws an `InputError` where it needs one. */
export function attackNamed(name: AttackName, o: Made<{ readonly eps?: number }>): Attack {
  const entry = catalogue[name];
  if (entry.seeks !== "budget") return entry.make(o);
  const { eps } = o;
  if (eps === undefined) throw new InputError(`${name} needs an eps`);
  return entry.make({ ...o, eps });
}

/** `apgd-ce-linf` → `apgd-ce`: the name without its norm. */
export const plainName = (attack: string): string => attack.replace(/-(?:linf|l2)$/, "");
