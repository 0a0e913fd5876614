/** @file Cells of the inversion table: means over photos, and who still sees the same class. */

import { expect, it } from "vitest";
import { convNet, finish } from "../../test/fixtures/conv-nets.ts";
import type { Model } from "../model/model.ts";
import { makeImage } from "../tensor/image.ts";
import { meanInterval, wilson } from "../tensor/statistics.ts";
import { inversionCell, type MeasuredInversion, measureInversions } from "./inversion-table.ts";
import { agreement, classProbabilities } from "./measure-classes.ts";

const agrees = (yes: boolean): NonNullable<MeasuredInversion["net"]> => ({
  agrees: yes,
  target: 0,
  photo: 0.9,
  picture: 0.5,
});

it("is means with intervals over the photos that count", () => {
  const measured: MeasuredInversion[] = [
    { ijcv: 0.1, cvpr: 0.3, psnr: 20, ssim: 0.5, net: agrees(true) },
    { ijcv: 0.2, cvpr: 0.1, psnr: 22, ssim: 0.7, net: agrees(false) },
    { ijcv: 0.6, cvpr: 0.2, psnr: 30, ssim: 0.9, net: agrees(true) },
  ];
  const cell = inversionCell("layer3", 100, [...measured, undefined]);
  expect(cell).toEqual({
    layer: "layer3",
    codeWeight: 100,
    photos: 3,
    silent: 1,
    error: meanInterval([0.1, 0.2, 0.6]),
    cvpr: meanInterval([0.3, 0.1, 0.2]),
    psnr: meanInterval([20, 22, 30]),
    ssim: meanInterval([0.5, 0.7, 0.9]),
    agreement: { part: 2 / 3, interval: wilson(2, 3) },
  });
});

it("has numbers for nobody where every photo leaves the layer silent", () => {
  const cell = inversionCell("layer3", 1, [undefined, undefined]);
  expect(cell).toMatchObject({ photos: 0, silent: 2 });
  expect(cell.error.mean).toBeNaN();
  expect(cell).not.toHaveProperty("agreement");
});

it("asks net and judge whether photo and picture are one class", async () => {
  const named = (name: string): Model => ({
    ...convNet(),
    name,
    labels: { names: ["a", "b", "c", "d", "e"], source: "test" },
  });
  const [model, judge] = [named("net"), named("judge")];
  const photo = makeImage(3, 16, 16, (c, y, x) => 0.5 + 0.3 * Math.sin(0.5 * x + c) * Math.cos(0.4 * y));
  const cpu = { device: "cpu", threads: 1 } as const;
  const run = measureInversions(model, [photo], "relu", { ...cpu, size: 16, steps: 3, codeDistance: 4, judge });
  const [found] = (await finish(run)).returned;
  const [before, after] = await classProbabilities(model, [photo, found!.image], cpu);
  expect(found!.measured.net).toEqual(agreement(before!, after!));
  expect(found!.measured.judge?.target).toBe(found!.measured.net?.target);
  expect(found!.measured.cvpr).toBeGreaterThan(0);
});
