/** @file What runs in the page: the test calls these by name and gets plain data back. */

import { decodeImage, encodePng } from "#image-codec";
import { host } from "#runtime-host";
import type { DeviceName } from "../../src/runtime/backend.ts";
import { findings } from "../../src/runtime/choose.ts";
import { compile } from "../../src/runtime/compile.ts";
import { makeImage, toBytes8 } from "../../src/tensor/image.ts";
import { readPngText } from "../../src/tensor/png-text.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { convnet } from "./convnet.ts";

async function gradientOn(device: DeviceName) {
  const { graph, inputs } = convnet();
  const program = await compile(graph, { device });
  const outputs = await program.run(inputs);
  await program.dispose();
  const numbers = (t: Tensor) => Array.from((t as Tensor<"float32">).data);
  return {
    provider: program.provider,
    dx: numbers(outputs.dx!),
    logProbabilities: numbers(outputs.log_probabilities!),
  };
}

/** A picture to PNG and back; values are 8-bit bytes, row-major [H, W, 3]. */
async function throughPng() {
  const picture = makeImage(3, 5, 7, (c, y, x) => ((c * 83 + y * 31 + x * 17) % 256) / 255);
  const png = await encodePng(picture, { text: { recipe: "größe: 7×5" } });
  const { image, size } = await decodeImage(png);
  return {
    sent: Array.from(toBytes8(picture)),
    png: Array.from(png),
    received: Array.from(toBytes8(image)),
    size,
    text: readPngText(png),
  };
}

const refusal = (): Promise<string> =>
  decodeImage(new TextEncoder().encode("no picture")).then(
    () => "",
    (error: Error) => `${error.name}: ${error.message}`,
  );

const environment = () => ({ host: host.name, isolated: crossOriginIsolated, threads: host.threads });

const page = { gradientOn, throughPng, refusal, environment, findings };
export type Page = typeof page;

declare global {
  var fovea: Page;
}
globalThis.fovea = page;
