/** @file Backends in a browser: onnxruntime-web on WebGPU and on WebAssembly. */

import type { Backend, Host } from "./backend.ts";

/*
 * Both packages find their .wasm file by `new URL("ort-wasm-….wasm", import.meta.url)`. Bundlers that know this form (vite,
 * webpack, rollup, parcel) emit the file and put its address there; with others (esbuild), copy
 * node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded{,.asyncify}.wasm beside the bundle.
 */

/** More than one thread needs a page that is cross-origin isolated (COOP and COEP headers). */
const threads = globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1;

const onnxruntimeWeb = (
  device: "webgpu" | "wasm",
  obstacle: () => string | undefined,
  load: () => Promise<typeof import("onnxruntime-web")>,
): Backend => ({
  device,
  package: "onnxruntime-web",
  obstacle,
  load: async () => {
    const ort = await load();
    ort.env.wasm.numThreads = threads;
    return ort;
  },
  sessionOptions: () => ({
    executionProviders: device === "webgpu" ? ["webgpu", "wasm"] : ["wasm"],
    logSeverityLevel: 4,
  }),
});

export const host: Host = {
  name: "browser",
  backends: [
    onnxruntimeWeb(
      "webgpu",
      () => ("gpu" in navigator ? undefined : "this browser has no WebGPU"),
      () => import("onnxruntime-web/webgpu"),
    ),
    onnxruntimeWeb(
      "wasm",
      () => undefined,
      () => import("onnxruntime-web/wasm"),
    ),
  ],
  threads,
  // A page is told nothing; WebAssembly ends at 4 GiB.
  freeMemory: () => 2 ** 31,
};
