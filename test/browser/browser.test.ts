/** @file The package in a real browser: it bundles, reads and writes pictures, and computes what Node computes. */

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page as Tab } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../src/runtime/compile.ts";
import { decodeImage } from "../../src/tensor/image.node.ts";
import { toBytes8 } from "../../src/tensor/image.ts";
import { toNumbers } from "../../src/tensor/tensor.ts";
import { bundle } from "./bundle.ts";
import { startChromium } from "./chromium.ts";
import { convnet } from "./convnet.ts";
import { serve } from "./serve.ts";

const source = fileURLToPath(new URL("../../src", import.meta.url));
const isForNode = (file: string): boolean => file.endsWith(".node.ts") || file === "runtime/node.ts";
const sources = (readdirSync(source, { recursive: true }) as string[])
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !isForNode(file))
  .map((file) => `src/${file}`);

test("all of src/ bundles for the browser and needs nothing of Node", async () => {
  const { modules, nodeImports } = await bundle(sources);
  expect(nodeImports).toEqual([]);
  expect(modules).toContain("src/runtime/browser.ts");
  expect(modules).toContain("src/tensor/image.browser.ts");
  expect(modules.filter((m) => /node_modules\/(sharp|onnxruntime-node)\//.test(m) || m.endsWith(".node.ts"))).toEqual(
    [],
  );
});

/** Largest difference, in parts of the largest expected value. */
function relativeError(got: readonly number[], expected: readonly number[]): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  const scale = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((e, i) => Math.abs(e - got[i]!))) / scale;
}

describe("in headless Chromium", () => {
  const closing: (() => Promise<void>)[] = [];
  const errors: string[] = [];
  let tab: Tab;

  beforeAll(async () => {
    const { files } = await bundle(["test/browser/page.ts"]);
    const server = await serve(files, "/page.js");
    closing.push(server.close);
    const chromium = await startChromium();
    closing.push(chromium.close);
    tab = await chromium.browser.newPage();
    tab.on("pageerror", (error) => errors.push(String(error)));
    await tab.goto(server.url);
    await tab.waitForFunction(() => "fovea" in globalThis, undefined, { timeout: 20_000 });
  }, 60_000);

  afterAll(async () => {
    for (const close of closing.reverse()) await close();
    expect(errors).toEqual([]);
  }, 30_000);

  test("the browser side of the switch is in place, with threads", async () => {
    const { host, isolated, threads } = await tab.evaluate(() => fovea.environment());
    expect({ host, isolated }).toEqual({ host: "browser", isolated: true });
    expect(threads).toBeGreaterThanOrEqual(1);
  });

  // Kernels add in different orders, so results differ by some float32 roundings (6e-8 each, of hundreds of terms). An
  // input within that of a ReLU's or a pool's kink would differ more: with the fixed seed none is.
  const tolerance = 1e-5;

  test.for(["wasm", "webgpu"] as const)("a gradient on %s is Node's", { timeout: 40_000 }, async (device, { skip }) => {
    const found = (await tab.evaluate(() => fovea.findings())).find((f) => f.device === device);
    if (device === "webgpu" && !found?.works) skip(`no WebGPU in this browser: ${found?.reason}`);
    expect(found).toMatchObject({ works: true, package: "onnxruntime-web" });
    const got = await tab.evaluate((name) => fovea.gradientOn(name), device);
    const { graph, inputs } = convnet();
    const program = await compile(graph, { device: "cpu" });
    const expected = await program.run(inputs);
    await program.dispose();
    expect(relativeError(got.logProbabilities, toNumbers(expected.log_probabilities!))).toBeLessThan(tolerance);
    expect(relativeError(got.dx, toNumbers(expected.dx!))).toBeLessThan(tolerance);
  });

  test("a picture goes through PNG unchanged, and Node reads the same pixels", async () => {
    const { sent, received, size, text, png } = await tab.evaluate(() => fovea.throughPng());
    expect(size).toEqual([5, 7]);
    expect(received).toEqual(sent);
    expect(text).toEqual({ recipe: "größe: 7×5" });
    const { image } = await decodeImage(Uint8Array.from(png));
    expect(Array.from(toBytes8(image))).toEqual(sent);
  });

  test("what is no picture is refused in one sentence", async () => {
    expect(await tab.evaluate(() => fovea.refusal())).toMatch(/^InputError: image: cannot be decoded/);
  });
});
