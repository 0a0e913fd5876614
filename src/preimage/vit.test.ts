/** @file Vision transformers: tokens as rows and columns, the class token apart, in every technique. */

import { describe, expect, it } from "vitest";
import { finish } from "../../test/fixtures/conv-nets.ts";
import { largestDifference } from "../../test/fixtures/run.ts";
import { vit } from "../../test/fixtures/vit.ts";
import { addressText, parseAddress } from "../model/address.ts";
import { inspect } from "../model/inspect.ts";
import { mainLayers } from "../model/main-layers.ts";
import { prepare } from "../model/preprocessing.ts";
import { activation, inputGradient } from "../model/unit.ts";
import { makeImage } from "../tensor/image.ts";
import { toNumbers } from "../tensor/tensor.ts";
import { caricature } from "./caricature.ts";
import { dream } from "./dream.ts";
import { invert } from "./invert.ts";
import { maximize } from "./maximize.ts";
import { netAt } from "./net.ts";
import type { TechniqueOptions } from "./technique.ts";

const model = vit();
const cpu = { device: "cpu", threads: 1 } as const;
const quick: TechniqueOptions = { ...cpu, steps: 8, seed: 1 };
const photo = makeImage(3, 16, 16, (c, y, x) => 0.5 + 0.3 * Math.sin(0.7 * x + c) * Math.cos(0.5 * y));
const input = prepare(photo, model.preprocessing, [16, 16]);
const values = async (address: string): Promise<number[]> => toNumbers(await activation(model, address, input, cpu));

describe("addresses", () => {
  it("name the class token and the places of the grid behind it", async () => {
    const all = await values("blocks.0:3");
    const tokens = await Promise.all(Array.from({ length: 17 }, (_, i) => values(`blocks.0:3@${i}`)));
    expect(await values("blocks.0:3@cls")).toEqual(tokens[0]);
    expect(await values("blocks.0:3@2,1")).toEqual(tokens[1 + 4 * 2 + 1]);
    // A channel is its grid: the class token stands apart.
    expect(all).toEqual(tokens.slice(1).flat());
    expect((await values("blocks.0")).length).toBe(17 * 8);
    expect((await values("blocks.0@cls")).length).toBe(8);
  });

  it("come back as they were typed", () => {
    for (const text of ["blocks.0:3@cls", "blocks.0@cls", "blocks.0:3@1,2"])
      expect(addressText(parseAddress(model, text))).toBe(text);
  });

  it.each([
    ["patch_embed:3@cls", /\[1,16,8\] and has no class token: leave "@cls" out/],
    ["patch_embed.proj:3@cls", /has no class token/],
    ["logits:3@cls", /has no class token/],
    ["blocks.0:3@4,0", /no position 4,0: expected 0 to 3/],
    ["blocks.0:3@17", /no position 17: expected 0 to 16/],
    ["blocks.0:3@class", /no layer "blocks.0:3@class"|no channel/],
  ])("refuse %s", async (address, message) => {
    await expect(values(address)).rejects.toThrow(message);
  });

  it("give gradients without the class token's", async () => {
    const [channel, ...tokens] = await Promise.all(
      ["blocks.0:3", ...Array.from({ length: 16 }, (_, i) => `blocks.0:3@${Math.floor(i / 4)},${i % 4}`)].map(
        async (address) => toNumbers((await inputGradient(model, address, input, cpu)).gradient),
      ),
    );
    const sum = channel!.map((_, i) => tokens.reduce((s, t) => s + t[i]!, 0));
    expect(largestDifference(channel!, sum)).toBeLessThan(1e-4);
  });
});

it("inspect tells tokens, and channels within heads", async () => {
  const { layers } = await inspect(model);
  const of = (address: string) => layers.find((l) => l.address === address)!;
  expect(of("blocks.0")).toMatchObject({ shape: [1, 17, 8], channelAxis: 2, tokens: { side: 4, before: 1 } });
  expect(of("patch_embed")).toMatchObject({ shape: [1, 16, 8], channelAxis: 2, tokens: { side: 4, before: 0 } });
  expect(of("patch_embed.proj")).toMatchObject({ channelAxis: 1, tokens: null, stride: 4, receptiveField: 4 });
  expect(of("logits").tokens).toBeNull();
  expect(of("blocks.0.attn.reshape_0")).toMatchObject({ shape: [1, 17, 2, 4], channelAxis: 3 });
  expect(of("blocks.0.attn.transpose_1")).toMatchObject({ shape: [1, 2, 4, 17], channelAxis: 2 });
  expect(of("blocks.0.attn.matmul_1")).toMatchObject({ shape: [1, 2, 17, 4], channelAxis: 3 });
});

it("main layers are the sums between blocks; a token sees all, a patch apart", () => {
  expect(mainLayers(model).map(({ address }) => address)).toEqual(
    expect.arrayContaining(["blocks.0", "blocks.1", "logits"]),
  );
  const { value } = parseAddress(model, "blocks.0").layer;
  expect(netAt(model, [value]).layers[0]).toMatchObject({ stride: 4, receptiveField: 16 });
});

describe("techniques", () => {
  it.each([
    ["lucid", "blocks.0:3"],
    ["lucid", "blocks.1:2@1,2"],
    ["lucid", "blocks.0:3@cls"],
    ["natural", "blocks.0:3"],
    ["maco", "logits:1"],
    ["dream", "blocks.1"],
    ["lucid", "tv(blocks.0:2) + direction(blocks.1@cls, [1, 0, 0, 0, 0, -1, 0, 0])"],
  ] as const)("%s maximizes %s", async (preset, address) => {
    const { returned } = await finish(maximize(model, address, { ...quick, steps: 24, preset, restarts: 2 }));
    expect(returned.activation.end).toBeGreaterThan(returned.activation.start);
    expect(returned).toMatchObject({ batch: 2, notes: [] });
  });

  it("measure a channel's mean over the grid", async () => {
    const { returned } = await finish(maximize(model, "blocks.0:3", quick));
    const seen = toNumbers(
      await activation(model, "blocks.0:3", prepare(returned.image, model.preprocessing, [16, 16]), cpu),
    );
    expect(seen.length).toBe(16);
    expect(returned.activation.end).toBeCloseTo(seen.reduce((a, b) => a + b, 0) / 16, 4);
  });

  it("wake units whose rectifier is off, the class token's too", async () => {
    for (const place of ["@cls", "@2,1"]) {
      const address = `blocks.1.mlp.act:1${place}`;
      const { returned } = await finish(maximize(model, address, { ...quick, steps: 64 }));
      expect(returned.activation.end).toBeGreaterThan(0);
      const isOff = returned.activation.start === 0;
      expect(returned.notes).toEqual(
        isOff ? [expect.stringContaining(`blocks.1.mlp.fc1:1${place}, is maximised`)] : [],
      );
      if (place === "@cls") expect(isOff).toBe(true);
    }
  });

  it("invert, caricature and dream", async () => {
    const inverted = (await finish(invert(model, photo, "blocks.0", { ...quick, steps: 40 }))).returned;
    expect(inverted.error.ijcv).toBeLessThan(0.9);
    const exaggerated = (await finish(caricature(model, photo, "blocks.0", quick))).returned;
    expect(exaggerated.activation.end).toBeGreaterThan(1);
    const dreamt = (await finish(dream(model, photo, "blocks.0:3", { ...quick, steps: 3 }))).returned;
    expect(dreamt.activation.end).toBeGreaterThan(dreamt.activation.start);
  });

  it("invert a window of the grid, a half of the channels, or the class token alone", async () => {
    for (const objective of [
      "code(blocks.0, p, window=2)",
      "code(blocks.0, p, channels=first)",
      "code(blocks.0@cls, p)",
      "code(blocks.0:3, p)",
      "style(blocks.0, p)",
    ]) {
      const run = maximize(model, objective, { ...quick, steps: 12, photos: { p: photo } });
      const { activation } = (await finish(run)).returned;
      expect(activation.end).toBeGreaterThan(activation.start);
    }
  });
});
