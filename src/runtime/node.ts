/** @file Backends in Node: onnxruntime-node (native), and onnxruntime-web as the fallback. */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, freemem, totalmem } from "node:os";
import { dirname, join } from "node:path";
import type { Backend, Host, OrtModule } from "./backend.ts";

const native = (): Promise<OrtModule> =>
  import("onnxruntime-node").then(
    (m) => m.default ?? m,
    (error: NodeJS.ErrnoException) => {
      throw error.code === "ERR_MODULE_NOT_FOUND" ? new Error("onnxruntime-node is not installed") : error;
    },
  );

/** Folder of the native binaries for this machine. */
function nativeFolder(): string {
  const root = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  return join(root, "bin", "napi-v6", process.platform, process.arch);
}

function cudaObstacle(): string | undefined {
  try {
    const library = join(nativeFolder(), "libonnxruntime_providers_cuda.so");
    return existsSync(library) ? undefined : "the CUDA provider of onnxruntime-node is not installed";
  } catch {
    return "onnxruntime-node is not installed";
  }
}

/** A graphics device, or a Vulkan driver that was named on purpose. Asking without one only prints driver warnings. */
function webgpuObstacle(): string | undefined {
  if (process.platform !== "linux" || process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return undefined;
  return ["/dev/dri", "/dev/nvidia0", "/dev/dxg"].some(existsSync) ? undefined : "no graphics device was found";
}

const onnxruntimeNode = (device: "cpu" | "cuda" | "webgpu", obstacle: () => string | undefined): Backend => ({
  device,
  package: "onnxruntime-node",
  obstacle,
  load: native,
  sessionOptions: (threads) => ({
    executionProviders: device === "cpu" ? ["cpu"] : [device, "cpu"],
    intraOpNumThreads: threads,
    enableMemPattern: false,
    logSeverityLevel: 4,
    // Vanishing gradients would otherwise run through slow denormal arithmetic; threads that wait busily after a run would
    // take the cores from the host and from other sessions.
    extra: { session: { set_denormal_as_zero: "1", force_spinning_stop: "1" } },
  }),
});

const onnxruntimeWeb: Backend = {
  device: "wasm",
  package: "onnxruntime-web",
  obstacle: () => undefined,
  load: async () => {
    const ort = await import("onnxruntime-web");
    ort.env.wasm.numThreads = availableParallelism();
    ort.env.logLevel = "fatal";
    return ort;
  },
  sessionOptions: () => ({ executionProviders: ["wasm"], logSeverityLevel: 4 }),
};

export const host: Host = {
  name: "node",
  backends: [
    onnxruntimeNode("cuda", cudaObstacle),
    onnxruntimeNode("webgpu", webgpuObstacle),
    onnxruntimeNode("cpu", () => undefined),
    onnxruntimeWeb,
  ],
  threads: availableParallelism(),
  freeMemory: () => {
    // A container's limit; without one it is 0 or beyond the machine's memory.
    const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY;
    // macOS counts what it could let go of at once, such as cached files, as taken.
    const free = process.platform === "darwin" ? Math.max(freemem(), totalmem() / 2) : freemem();
    return Math.min(free, Math.max(0, limit - process.memoryUsage.rss()));
  },
};
