/**
 * @file Top-down nets (Lelekas et al. 2020, arXiv 2004.07629), which see a small picture first and larger ones later, with
 * their bottom-up twins and controls.
 */

import { blur } from "./blur.ts";
import { costOf, widthFor } from "./cost.ts";
import type { Channels, Family, HeadOptions } from "./family.ts";
import type { NetBuilder } from "./layers.ts";
import { plain } from "./plain.ts";
import { preactivation } from "./preactivation.ts";
import type { Shrinking } from "./pyramid.ts";

export interface TwinOptions extends HeadOptions {
  /**
   * Channels of the bottom-up twin's first convolution; all others of both twins are in proportion, rounded. As published
   * by default. Controls of matched cost take the width of the top-down net that they match.
   */
  readonly width?: number;
  /** How a top-down net makes the picture smaller; `gaussian` by default. */
  readonly shrinking?: Shrinking;
}

const families = {
  lenetfc: plain([5, 5, 3], 2, [[6], [16], [32]]),
  "nin-light": plain([5, 5, 3], 3, [
    [48, 40, 24],
    [48, 48, 48],
    [48, 48],
  ]),
  resnet32: preactivation(5, [16, 32, 64]),
  resnet18: preactivation(2, [32, 64, 128, 256]),
} satisfies Record<string, Family>;

/** Deviation in pixels of the blur in front of the blurred control: that of the pyramid's first step. */
const BLUR = 1;

type Build = (family: Family, options: TwinOptions) => NetBuilder;

const bottomUp: Build =
  (family, { width, ...options }) =>
  (g, image, random) =>
    family.bottomUp({ g, random }, image, scaled(family.channels, width), options);

/** `order` puts the channels, fine to coarse, in the order of the levels, coarse to fine. */
const topDown =
  (order: (channels: Channels) => Channels): Build =>
  (family, { width, ...options }) =>
  (g, image, random) =>
    family.topDown({ g, random }, image, order(scaled(family.channels, width)), options);

/** Wide where it is coarse, as the bottom-up net. */
const wideToNarrow = topDown((channels) => channels.toReversed());

/** The bottom-up net of the width at which it costs what the top-down net of the given width does. */
const matched =
  (measure: "parameters" | "macs"): Build =>
  (family, options) =>
  (g, image, random) => {
    const cost = (build: Build, width?: number): number =>
      costOf(build(family, { ...options, ...(width !== undefined && { width }) }), image.shape)[measure];
    const width = widthFor(
      (width) => cost(bottomUp, width),
      cost(wideToNarrow, options.width),
      family.channels[0]![0]!,
    );
    return bottomUp(family, { ...options, width })(g, image, random);
  };

const forms = {
  "bottomup-*": bottomUp,
  "blurred-*": (family, options) => (g, image, random) =>
    bottomUp(family, options)(g, blur({ g, random }, image, "blurred", BLUR, 1), random),
  "matched-params-*": matched("parameters"),
  "matched-macs-*": matched("macs"),
  "topdown-*": wideToNarrow,
  /** All stages as wide as the middle one (the finer of two). */
  "topdown-*-uni": topDown((channels) => {
    const middle = channels[(channels.length - 1) >> 1]![0]!;
    return channels.toReversed().map((widths) => widths.map(() => middle));
  }),
  /** Narrow where it is coarse. */
  "topdown-*-rev": topDown((channels) => channels),
} satisfies Record<string, Build>;

type Replace<Form extends string, Name extends string> = Form extends `${infer A}*${infer B}`
  ? `${A}${Name}${B}`
  : never;
type TwinName = { [F in keyof typeof forms]: Replace<F, keyof typeof families> }[keyof typeof forms];

/** All forms of all families by name: `bottomup-resnet18`, `topdown-lenetfc-uni` … */
export const twins = Object.fromEntries(
  Object.entries(families).flatMap(([name, family]) =>
    Object.entries(forms).map(([form, build]) => [
      form.replace("*", name),
      (options: TwinOptions) => build(family, options),
    ]),
  ),
) as Record<TwinName, (options: TwinOptions) => NetBuilder>;

/** Names of twins in short, for help texts. */
export const twinForms = { forms: Object.keys(forms), families: Object.keys(families) };

function scaled(channels: Channels, width: number | undefined): Channels {
  const factor = width === undefined ? 1 : width / channels[0]![0]!;
  return channels.map((widths) => widths.map((n) => Math.max(1, Math.round(n * factor))));
}
