/** @file A sheet whose memory shrinks while it is made: finished in smaller graphs, and made again in the same ones. */

import { existsSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { host } from "#runtime-host";
import { fromRgb8, toRgb8 } from "../src/data/rgb8.ts";
import { decodeImage } from "../src/tensor/image.node.ts";
import { readModelFile } from "./input.ts";
import { isLook, readRecipe } from "./recipe.ts";
import { makeSheet } from "./sheet.ts";
import { isSheet, type SheetRecipe } from "./sheet-recipe.ts";
import { remakeSheet } from "./sheet-repro.ts";
import { type Workbench, workbench } from "./testing.ts";

let bench: Workbench;
beforeAll(async () => {
  bench = await workbench();
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => bench.remove());

function recipeIn(file: string): SheetRecipe {
  const recipe = readRecipe(readFileSync(file), file);
  if (isLook(recipe) || !isSheet(recipe)) throw new Error(`${file} is of no sheet`);
  return recipe;
}

const pixels = async (file: string) => (await decodeImage(readFileSync(file))).image;

test("each picture, and the whole, come out the same again", { timeout: 60_000 }, async () => {
  const flags = { device: "cpu", steps: 4, size: 16, batch: 4, keep: true, quiet: true, judge: "none" } as const;
  const model = await readModelFile(bench.path("net.onnx"), { quiet: true });
  const [out, parts] = [bench.path("sheet.png"), bench.path("sheet.parts")];
  const enough = host.freeMemory();
  // From the moment on when the pictures are begun, there is room for one.
  vi.spyOn(host, "freeMemory").mockImplementation(() => (existsSync(parts) ? 1 : enough));
  await makeSheet(model, ["logits:0-3"], { ...flags, out });
  vi.restoreAllMocks();

  const part = `${parts}/0002-logits_2.png`;
  const [whole, single] = [recipeIn(out), recipeIn(part)];
  expect(whole).toMatchObject({ batch: 4, sheet: { fewer: { "logits:0": 1 } } });
  expect(single).toMatchObject({ batch: 4, sheet: { fewer: { "logits:0": 1 }, unit: "logits:2" } });
  for (const [file, recipe] of [
    [out, whole],
    [part, single],
  ] as const) {
    const again = await remakeSheet(recipe, { model }, file, { quiet: true });
    expect(fromRgb8(toRgb8(again)).data).toEqual((await pixels(file)).data);
  }
});
