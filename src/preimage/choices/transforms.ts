/** @file Transforms by name, one after another: each is made for what the ones before it leave of the picture. */

import { expect } from "../../error.ts";
import { linear } from "../../optimise/schedule.ts";
import type { Transform } from "../axes.ts";
import { crops } from "../crops.ts";
import { type Argument, readList, type Table } from "../named.ts";
import { blur, flip, noise } from "../perturb.ts";
import { roll } from "../roll.ts";
import { crop, padded, rotate } from "../transforms.ts";

/** What a transform gets to see, and how it goes on behind it. */
interface Stage {
  /** Of the pictures that come in. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** Views of each picture that come in. */
  readonly views: number;
  /** Height and width of what the net sees. */
  readonly size: readonly [number, number];
  readonly steps: number;
}

type Made = { readonly transform: Transform; readonly views?: number; readonly windowed?: boolean };
type Step = ((stage: Stage) => Made) | { readonly pad: number; readonly value: number };

/** `count` numbers from one end to the other. */
const evenly = ([from, to]: Argument, count: number): number[] =>
  from === to ? [from] : Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

const whole = (name: string, x: number, least: number): number => {
  expect(
    Number.isInteger(x) && x >= least,
    () => `transforms: ${name}: expected a whole number from ${least} up, got ${x}`,
  );
  return x;
};

export const transforms: Table<Step> = {
  pad: {
    arguments: { pixels: 12, grey: 0.5 },
    what: "grey pixels around the picture, for all transforms behind it",
    make: ({ pixels, grey }) => ({ pad: whole("pad", pixels![0], 0), value: grey![0] }),
  },
  jitter: {
    arguments: { pixels: 8 },
    what: "a shift by so many pixels in all, what falls off is lost",
    make:
      ({ pixels }) =>
      ({ size, views }) => ({
        transform: crop({ size, jitter: [whole("jitter", pixels![0], 0)], views }),
        windowed: true,
      }),
  },
  scale: {
    arguments: { factor: [0.9, 1.1] },
    what: "a zoom by a factor out of eleven in a range",
    make: ({ factor }) => {
      expect(Math.min(...factor!) > 0, () => `transforms: scale: expected factors above 0, got ${factor!.join("-")}`);
      return ({ size, views }) => ({
        transform: crop({ size, jitter: [0], scales: evenly(factor!, 11), views }),
        windowed: true,
      });
    },
  },
  rotate: {
    arguments: { degrees: 10 },
    what: "a turn by whole degrees either way, at most so many",
    make: ({ degrees }) => {
      const most = whole("rotate", degrees![0], 0);
      return ({ views }) => ({ transform: rotate({ degrees: evenly([-most, most], 2 * most + 1), views }) });
    },
  },
  roll: {
    arguments: { pixels: 32 },
    what: "a shift by at most so many pixels, what falls off comes back on the other side",
    make:
      ({ pixels }) =>
      ({ views }) => ({ transform: roll({ most: whole("roll", pixels![0], 0), views }) }),
  },
  crops: {
    arguments: { views: 16, box: [0.5, 0.05] },
    what: "so many boxes at once, of a part of the picture's side that goes from one end of a range to the other (MaCo)",
    make: ({ views, box }) => {
      const count = whole("crops", views![0], 1);
      return (stage) => {
        expect(stage.views === 1, () => "transforms: crops can only stand there once");
        const [from, to] = box!;
        const side = linear({ from, to, steps: stage.steps });
        return { transform: crops({ size: stage.size, views: count, box: side }), views: count, windowed: true };
      };
    },
  },
  noise: {
    arguments: { sigma: 0.08 },
    what: "normal noise of a standard deviation, in units of 0…1",
    make:
      ({ sigma }) =>
      ({ shape, views }) => ({ transform: noise({ shape, sigma: sigma![0], views }) }),
  },
  blur: {
    arguments: { sigma: [0, 2] },
    what: "a Gaussian blur of a standard deviation in pixels, out of five in a range",
    make:
      ({ sigma }) =>
      ({ views }) => ({ transform: blur({ sigmas: evenly(sigma!, 5), views }) }),
  },
  flip: {
    arguments: { probability: 0.5 },
    what: "a mirror image, left and right exchanged",
    make:
      ({ probability }) =>
      ({ views }) => ({ transform: flip({ probability: probability![0], views }) }),
  },
};

/** The transforms of a list, which end in a window of the size that the net sees. */
export function transformsOf(text: string, stage: Omit<Stage, "views">): Transform[] {
  return built(readList("transforms", text, transforms), { ...stage, views: 1 });
}

function built(list: readonly Step[], stage: Stage): Transform[] {
  const [first, ...rest] = list;
  const { shape, size, views } = stage;
  if (first === undefined) {
    const fits = shape[1] === size[0] && shape[2] === size[1];
    return fits ? [] : [crop({ size, jitter: [0], views })];
  }
  if (typeof first !== "function") {
    const [channels, h, w] = shape;
    const widened = [channels, h + 2 * first.pad, w + 2 * first.pad] as const;
    return [padded(built(rest, { ...stage, shape: widened }), first)];
  }
  const made = first(stage);
  const next: Stage = {
    ...stage,
    views: views * (made.views ?? 1),
    shape: made.windowed ? [shape[0], ...size] : shape,
  };
  return [made.transform, ...built(rest, next)];
}
