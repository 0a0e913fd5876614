/** @file Attacks on few pixels, by the net's answers alone: salt and pepper, a single pixel, pointwise. */

import type { Rng } from "../../tensor/rng.ts";
import type { Attack, Finding } from "../attack.ts";
import { answerOf, type Row } from "../classifier.ts";
import { ask, askAll, type Course, look, number, type Step } from "../course.ts";
import { type Family, type LineSearchOptions, lineSearch } from "../line-search.ts";
import type { Norm } from "../norms.ts";

/** Where `rank` is below `by`, `value`; elsewhere x. */
const replaced: Step = {
  name: "replaced",
  gradient: false,
  inputs: ({ picture }) => ({ x: picture, value: picture, rank: [1, picture[1], picture[2]], by: [1, 1, 1] }),
  emit: (g, { x, value, rank, by }, net) => {
    const there = g.where(g.op("Less", [rank!, by!]), value!, x!);
    return { x: there, logits: answerOf(g, net.see(there)) };
  },
};

const saltPepperFamily: Family = {
  name: "salt-and-pepper",
  source: "as in Foolbox: Rauber, Brendel & Bethge 2017, arXiv 1707.04131",
  step: replaced,
  most: 1,
  draw: ({ net }, random) => {
    const [channels, height, width] = net.picture;
    const area = height * width;
    const rank = random.fork("rank").fillUniform(new Float32Array(area));
    const black = Uint8Array.from({ length: area }, () => random.int(0, 2));
    return { rank, value: Float32Array.from({ length: channels * area }, (_, i) => black[i % area]!) };
  },
};

/** A part s of the pixels becomes black or white. */
export const saltAndPepper = (options: LineSearchOptions): Attack => lineSearch(saltPepperFamily, options);

export interface SinglePixelOptions {
  readonly norm: Norm;
  readonly eps?: number;
  /** Pixels that are tried, in random order, black and white each; 1,000. */
  readonly pixels?: number;
}

const CHUNK = 16;

/** One pixel made black or white. */
export const singlePixel = ({ norm, eps, pixels = 1000 }: SinglePixelOptions): Attack => ({
  name: `single-pixel-${norm.name}`,
  source: "as in Foolbox: Rauber, Brendel & Bethge 2017, arXiv 1707.04131",
  norm,
  eps,
  gradients: false,
  scores: false,
  rows: CHUNK,
  *perturb({ image, net, random, fooled }): Course<Finding> {
    const [, height, width] = net.picture;
    const places = shuffled(random, height * width).slice(0, pixels);
    const rows = places.flatMap((at) =>
      [0, 1].map((v) => (): Row => {
        const rank = new Float32Array(height * width).fill(1);
        rank[at] = 0;
        return { x: image, value: new Float32Array(image.length).fill(v), rank, by: number(0.5) };
      }),
    );
    for (let i = 0; i < rows.length; i += CHUNK) {
      const answers = yield* askAll(
        replaced,
        rows.slice(i, i + CHUNK).map((row) => row()),
      );
      const found = answers.find(({ logits }) => fooled(logits!));
      if (found) return { picture: found.x! };
    }
    return { picture: image };
  },
});

export interface PointwiseOptions {
  readonly norm: Norm;
  readonly eps?: number;
  /** Salt and pepper to start from: draws; 3. */
  readonly draws?: number;
  /** Looks while putting numbers back, at most; 10,000. */
  readonly queries?: number;
}

/**
 * From salt and pepper that fools: numbers of the picture go back to what they were, in random order, as long as the net stays
 * fooled, until none can (Schott et al. 2019, arXiv 1805.09190): few numbers remain changed.
 */
export const pointwise = ({ norm, eps, draws = 3, queries = 10_000 }: PointwiseOptions): Attack => {
  const starts = saltAndPepper({ norm, draws });
  return {
    name: `pointwise-${norm.name}`,
    source: "Schott et al. 2019, arXiv 1805.09190",
    norm,
    eps,
    gradients: false,
    scores: false,
    *perturb(subject): Course<Finding> {
      const { image, random, fooled } = subject;
      const { picture } = yield* starts.perturb(subject);
      const first = yield* ask(look, { x: picture });
      if (!fooled(first.logits!)) return { picture };
      const x = picture.slice();
      let looks = 0;
      for (let round = 0, back = 1; back > 0; round++) {
        back = 0;
        for (const i of shuffled(random.fork(`round ${round}`), x.length)) {
          if (x[i] === image[i]) continue;
          if (looks++ >= queries) return { picture: x };
          const was = x[i]!;
          x[i] = image[i]!;
          const { logits } = yield* ask(look, { x: x.slice() });
          if (fooled(logits!)) back++;
          else x[i] = was;
        }
      }
      return { picture: x };
    },
  };
};

/** 0 … n − 1 in random order (Fisher & Yates). */
function shuffled(random: Rng, n: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.int(0, i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
