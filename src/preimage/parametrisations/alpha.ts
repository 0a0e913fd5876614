/** @file Pictures with transparency: a channel of opacity beside the colours (Mordvintsev et al., Distill 2018; Lucid). */

import type { Builder } from "../../graph/builder.ts";
import type { Value } from "../../graph/graph.ts";
import type { Image } from "../../tensor/image.ts";
import { type Tensor, tensor, zeros } from "../../tensor/tensor.ts";
import type { Net, Parametrisation, Recipe, Transform } from "../axes.ts";
import { fourier } from "../fourier.ts";
import { clampRange } from "../regularisers.ts";
import { placed } from "./start.ts";

/**
 * Colours and, as one more channel behind them, opacity; both of one kind. Pictures are [N, C + 1, H, W]; to be shown to a net
 * by `overBackground`, and by `seenOverGrey` where no transform is applied.
 */
export function withAlpha(colour: Parametrisation, alpha: Parametrisation): Parametrisation {
  const channels = colour.shape[1]!;
  return {
    shape: [1, channels + 1, ...colour.shape.slice(2)],
    size: colour.size,
    init: (random) => joined(colour.init(random.fork("colour")), alpha.init(random.fork("alpha"))),
    decode: (g, theta) =>
      g.concat(
        [
          colour.decode(g, g.slice(theta, [1], [0], [channels])),
          alpha.decode(g, g.slice(theta, [1], [channels], [channels + 1])),
        ],
        1,
      ),
  };
}

/** Two tensors [1, C, …] along the second axis. */
function joined(a: Tensor, b: Tensor): Tensor {
  const [data, more] = [a.data as Float32Array, b.data as Float32Array];
  const both = new Float32Array(data.length + more.length);
  both.set(data);
  both.set(more, data.length);
  return tensor("float32", [1, a.dims[1]! + b.dims[1]!, ...a.dims.slice(2)], both);
}

/** α · colour + (1 − α) · background, for pictures [N, C + 1, H, W]; the background may be a number. */
export function composite(g: Builder, image: Value, background: Value | number): Value {
  const channels = image.shape[1]! - 1;
  const colour = g.slice(image, [1], [0], [channels]);
  const alpha = g.slice(image, [1], [channels], [channels + 1]);
  return g.add(g.mul(alpha, colour), g.mul(g.sub(1, alpha), background));
}

export interface BackgroundOptions {
  readonly size: readonly [number, number];
  /** Colours, without opacity. */
  readonly channels: number;
  /** Standard deviation of the random background's Fourier coefficients; 0.5 in Lucid. */
  readonly deviation?: number;
  /** One background for all steps in place of random ones. */
  readonly background?: Image;
}

/**
 * Shows pictures with transparency over a background, and so makes them opaque: another one at each step, of random Fourier
 * coefficients, so that nothing but opacity keeps it out; or a given one.
 */
export function overBackground(options: BackgroundOptions): Transform {
  const { size, channels, deviation = 0.5, background } = options;
  if (background) {
    const given = placed(background, size, channels);
    return {
      draws: {},
      draw: () => ({}),
      neutral: () => ({}),
      apply: (g, image) => composite(g, image, g.numbers(given.data, [1, ...given.dims], image.dtype)),
    };
  }
  const { shape, init, decode } = fourier({ size, channels, deviation });
  return {
    draws: { background: shape },
    draw: (random) => ({ background: init(random) }),
    // Coefficients of 0 are mid-grey.
    neutral: () => ({ background: zeros("float32", shape) }),
    apply: (g, image, drawn) => composite(g, image, decode(g, drawn.background!)),
  };
}

/** The net, seeing pictures of `channels` + 1 channels over mid-grey, and others as they are. */
export const seenOverGrey = <N extends Net>(net: N, channels: number): N => ({
  ...net,
  emit: (g, image, layers) => net.emit(g, image.shape[1] === channels + 1 ? composite(g, image, 0.5) : image, layers),
});

/**
 * The recipe with all of it fit for pictures of `channels` colours and opacity: the net and its transforms see them over
 * random backgrounds, regularisers over mid-grey, and what holds pixels holds the colours, and opacity within 0…1.
 */
export function seenThrough(recipe: Recipe, channels: number): Recipe {
  const { net, parametrisation, transforms, regularisers, project } = recipe;
  return {
    ...recipe,
    net: seenOverGrey(net, channels),
    transforms: [overBackground({ size: parametrisation.size, channels }), ...transforms],
    regularisers: regularisers.map((r) => (g, image) => r(g, composite(g, image, 0.5))),
    ...(project && {
      project: (g, theta) =>
        g.concat(
          [
            project(g, g.slice(theta, [1], [0], [channels])),
            clampRange([0.5])(g, g.slice(theta, [1], [channels], [channels + 1])),
          ],
          1,
        ),
    }),
  };
}
