/** @file Axes that the user chooses by name, in the place of a preset's. */

import { expect, InputError } from "../error.ts";
import { scaledSteps } from "../optimise/scaled-steps.ts";
import { scheduleNamed } from "../optimise/schedule.ts";
import type { Recipe } from "./axes.ts";
import { optimisers, usualOptimiser } from "./choices/optimisers.ts";
import { kindOf, type ParametrisationName, parametrised } from "./choices/parametrisations.ts";
import { regularisers } from "./choices/regularisers.ts";
import { transformsOf } from "./choices/transforms.ts";
import { readList, readNamed } from "./named.ts";
import { seenThrough } from "./parametrisations/alpha.ts";
import type { Setting } from "./presets/preset.ts";
import { clampRange } from "./regularisers.ts";

/** Names with numbers behind them, as `named.ts` reads them; what is left out is the preset's. */
export interface Choices {
  /** `pixels`, `fourier:decay`, `laplacian:levels` or `maco:spread:contrast`; with `,alpha:fade` behind it for opacity. */
  readonly parametrisation?: string;
  /** `pad:12,jitter:8,scale:0.9-1.1,rotate:10`, or `none`. */
  readonly transforms?: string;
  /** `range:1:6,tv:1:2`, or `none`. */
  readonly regularisers?: string;
  /** `adam:0.05`. */
  readonly optimiser?: string;
  /** What becomes of the steps' length: `constant`, `step`, `cosine` or `one-cycle`. */
  readonly schedule?: string;
  /** Whether pictures get opacity from where the objective pulled at them. */
  readonly transparent?: boolean;
}

/**
 * The recipe of a preset with some axes exchanged. Another parametrisation brings its own optimiser, and ends what held pixels
 * in place; other transforms end the preset's larger canvas.
 *
 * Throws `InputError` for names that are none, and choices that do not go together.
 *
 * @param own The parametrisation that the preset has.
 */
export function chosen(
  choices: Choices,
  setting: Setting,
  own: ParametrisationName,
  preset: (setting: Setting) => Recipe,
): Recipe {
  const { parametrisation, transforms, regularisers: restraints, optimiser, schedule, transparent = false } = choices;
  const kind = parametrisation === undefined ? own : kindOf(parametrisation, own);
  const moved = kind !== own;
  // A stride of one pixel has no jitter, and so a canvas of the window's size.
  const base = preset(transforms === undefined ? setting : { ...setting, stride: 1 });
  const size = base.parametrisation.size;
  const { mean, steps } = setting;

  const decoded = parametrisation === undefined ? undefined : parametrised(parametrisation, own, { ...setting, size });
  const fade = decoded?.fade;
  const held =
    restraints === undefined ? undefined : readList("regularisers", restraints, regularisers).map((r) => r(setting));
  const projects = held?.flatMap((r) => ("project" in r ? [r.project] : []));
  if (projects && projects.length > 0 && kind !== "pixels")
    throw new InputError(
      `regularisers: norm and clamp hold pixels in place, which ${kind} does not have: leave them out`,
    );
  const usual = kind === "pixels" ? clampRange(mean) : undefined;
  const project = projects ? (projects.length > 0 ? inTurn(projects) : usual) : moved ? usual : base.project;
  const rule = optimiser ?? (moved ? usualOptimiser[kind] : undefined);
  const plain = rule ? readNamed("optimiser", rule, optimisers)({ parametrisation: kind, size }) : base.optimiser;
  const { project: _, ...rest } = base;
  const recipe: Recipe = {
    ...rest,
    ...(decoded && { parametrisation: decoded.parametrisation }),
    ...(project && { project }),
    ...(transforms !== undefined && {
      transforms: transformsOf(transforms, { shape: [mean.length, ...size], size: setting.size, steps }),
    }),
    ...(held && {
      regularisers: held.flatMap((r) => ("penalty" in r ? [r.penalty] : [])),
      penalties: held.flatMap((r) => ("activations" in r ? [r.activations] : [])),
    }),
    optimiser: schedule === undefined ? plain : scaledSteps(plain, scheduleNamed(schedule, { rate: 1, steps })),
    ...(transparent && { transparent }),
  };
  if (fade === undefined) return recipe;
  expect(!transparent, () => "pictures with alpha have opacity of their own: leave out --transparent, or alpha");
  expect(!recipe.anchor, () => "a picture that stays like a photo has its opacity, which is none: leave out alpha");
  return { ...seenThrough(recipe, mean.length), fade };
}

/** One projection after another. */
const inTurn =
  (projects: readonly NonNullable<Recipe["project"]>[]): NonNullable<Recipe["project"]> =>
  (g, theta) =>
    projects.reduce((v, project) => project(g, v), theta);
