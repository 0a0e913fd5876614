/** @file Steps on one picture of any size: its slope is taken tile by tile, in graphs of as many tiles as fit into memory. */

import { gradient } from "../autodiff/gradient.ts";
import { emptyGraph, type Graph } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { initialState, type Optimiser } from "../optimise/optimiser.ts";
import { type CompileOptions, compile, type Program } from "../runtime/compile.ts";
import { fromNumbers, type Tensor, tensor, toNumbers } from "../tensor/tensor.ts";
import type { Net, Parametrisation, Recipe } from "./axes.ts";
import { batchSize } from "./batches.ts";
import { cut, paste, type Tiling, tiling } from "./tiles.ts";

export interface OctaveSetting extends Pick<Recipe, "layers" | "objective"> {
  /** Of pictures of a tile's size. */
  readonly net: Net;
  /** Height and width of a tile. */
  readonly tile: readonly [number, number];
  /** Of the whole picture, pixel by pixel: θ is [1,C,H,W]. */
  readonly parametrisation: Parametrisation;
  readonly optimiser: Optimiser;
  readonly project: NonNullable<Recipe["project"]>;
}

/** A picture's size, ready to be stepped at. */
export interface Octave extends Pick<Program, "device" | "provider"> {
  /** A step, seen through tiles that are moved by `shift`; the mean objective of the tiles comes with it. */
  readonly step: (theta: Tensor, step: number, shift: readonly [number, number]) => Promise<Seen & { theta: Tensor }>;
  /** The mean objective of the tiles where they are. */
  readonly measure: (theta: Tensor) => Promise<number>;
  readonly dispose: () => Promise<void>;
}

interface Seen {
  readonly objective: number;
  /** Of θ. */
  readonly slope: Tensor;
}

/** Compiles what steps at one size need. */
export async function openOctave(
  setting: OctaveSetting,
  { batch, ...options }: CompileOptions & { readonly batch?: number },
): Promise<Octave> {
  const { tile, parametrisation, optimiser, project } = setting;
  const { size, shape } = parametrisation;
  const count = tiling(size, tile).corners.length;
  const together = setting.net.takesMany?.(setting.layers) ?? true;
  const views = together ? batchSize(count, batch, (n) => slopeGraph(setting, n)) : 1;
  const slopes = await compile(slopeGraph(setting, views), options);
  const updates = await compile(updateGraph(shape, optimiser, project), options);
  let state: Record<string, Tensor> = initialState(optimiser, shape);

  /** Tiles go in groups of `views`; the last group is filled up with tiles that are seen already. */
  const look = async (theta: Tensor, all: Tiling): Promise<Seen> => {
    const slope = new Float32Array(theta.size);
    let sum = 0;
    for (let i = 0; i < count; i += views) {
      const first = Math.min(i, Math.max(0, count - views));
      const group = { ...all, corners: all.corners.slice(first, first + views) };
      const out = await slopes.run({ tiles: cut(theta as Tensor<"float32">, group) });
      paste(out.slope as Tensor<"float32">, group, slope);
      for (const x of toNumbers(out.objective!).slice(i - first)) sum += x;
    }
    return { objective: sum / count, slope: tensor("float32", shape, slope) };
  };
  return {
    device: slopes.device,
    provider: slopes.provider,
    measure: async (theta) => (await look(theta, tiling(size, tile))).objective,
    step: async (theta, step, shift) => {
      const seen = await look(theta, tiling(size, tile, shift));
      const scalars = Object.entries(optimiser.scalars(step)).map(([name, x]) => [
        `scalar.${name}`,
        fromNumbers("float32", [x], []),
      ]);
      const states = Object.entries(state).map(([name, t]) => [`state.${name}`, t]);
      const out = await updates.run({ theta, slope: seen.slope, ...Object.fromEntries([...scalars, ...states]) });
      state = Object.fromEntries(optimiser.state.map((name) => [name, out[`next.${name}`]!]));
      return { ...seen, theta: out["next.theta"]! };
    },
    dispose: async () => {
      await slopes.dispose();
      await updates.dispose();
    },
  };
}

/** θ of tiles → −∂objective/∂θ of each, and their objectives. */
function slopeGraph({ net, layers, objective, tile, parametrisation }: OctaveSetting, views: number): Graph {
  const g = builderOf(emptyGraph("slope"));
  const tiles = g.input("tiles", "float32", [views, parametrisation.shape[1]!, ...tile]);
  const each = objective(g, net.emit(g, parametrisation.decode(g, tiles), layers));
  const [slope] = gradient(g, g.neg(g.sum(each, undefined, false)), [tiles]);
  g.output(slope!, "slope");
  g.output(each, "objective");
  return g.graph;
}

function updateGraph(shape: readonly number[], optimiser: Optimiser, project: NonNullable<Recipe["project"]>): Graph {
  const g = builderOf(emptyGraph("update"));
  const [theta, slope] = ["theta", "slope"].map((name) => g.input(name, "float32", shape));
  const named = (names: readonly string[], prefix: string, dims: readonly number[]) =>
    Object.fromEntries(names.map((name) => [name, g.input(`${prefix}.${name}`, "float32", dims)]));
  const state = named(optimiser.state, "state", shape);
  const scalars = named(Object.keys(optimiser.scalars(0)), "scalar", []);
  const next = optimiser.update(g, theta!, slope!, state, scalars);
  g.output(project(g, next.parameter), "next.theta");
  for (const name of optimiser.state) g.output(next.state[name]!, `next.${name}`);
  return g.graph;
}
