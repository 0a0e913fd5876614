/** @file For the tests of the command line: runs it as users do, on a net of a few hundred weights. */

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { builderOf } from "../src/ops/builder.ts";
import { serialise } from "../src/ops/serialise.ts";
import { encodePng } from "../src/tensor/image.node.ts";
import { makeImage } from "../src/tensor/image.ts";
import { readNpy, writeNpy } from "../src/tensor/npy.ts";
import { readPngText } from "../src/tensor/png-text.ts";
import { rng } from "../src/tensor/rng.ts";
import { tensor } from "../src/tensor/tensor.ts";

const entry = fileURLToPath(new URL("../bin/fovea.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `fovea` in `folder` until it ends. `watch` sees stderr as it grows and may send signals. */
export function fovea(
  folder: string,
  args: readonly string[],
  watch: (stderr: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const { FOVEA_DEBUG: _, ...env } = process.env;
    const child = spawn(process.execPath, [entry, ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (part) => {
      stdout += part;
    });
    child.stderr.on("data", (part) => {
      stderr += part;
      watch(stderr, (signal) => child.kill(signal));
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

export interface Commands {
  readonly run: (...args: string[]) => Promise<Ended>;
  /** Runs with `--json`, expects success, and returns what was printed. */
  readonly json: <T = Record<string, unknown>>(...args: string[]) => Promise<T>;
}

/** Runs `fovea` in a folder that may be made later, always with `flags` behind what is given. */
export function commandsIn(folder: () => string, ...flags: string[]): Commands {
  const run = (...args: string[]): Promise<Ended> => fovea(folder(), [...args, ...flags]);
  return {
    run,
    json: async <T>(...args: string[]): Promise<T> => {
      const { code, stdout, stderr } = await run(...args, "--json");
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout) as T;
    },
  };
}

/** Side of the tiny net's input. */
export const side = 16;

/** conv 3×3 → relu → conv 3×3, stride 2 → relu → mean → 4 logits; random weights, the same for the same seed. */
export function tinyNet(seed = 7): Uint8Array {
  const random = rng(seed);
  const g = builderOf();
  const weights = (dims: readonly number[]) => {
    const fanIn = dims.slice(1).reduce((n, d) => n * d, 1);
    const data = random.fillNormal(new Float32Array(dims.reduce((n, d) => n * d, 1)), 0, Math.sqrt(2 / fanIn));
    return g.constant(tensor("float32", dims, data));
  };
  let x = g.input("image", "float32", [1, 3, side, side]);
  x = g.op("Conv", [x, weights([6, 3, 3, 3])], { pads: [1, 1, 1, 1] });
  x = g.op("Relu", [x]);
  x = g.op("Conv", [x, weights([8, 6, 3, 3])], { pads: [1, 1, 1, 1], strides: [2, 2] });
  x = g.op("Relu", [x]);
  x = g.reshape(g.mean(x, [2, 3]), [1, 8]);
  g.output(g.op("Gemm", [x, weights([4, 8])], { transB: 1 }), "scores");
  return serialise(g.graph);
}

export interface Workbench {
  readonly folder: string;
  readonly path: (name: string) => string;
  readonly remove: () => void;
}

/** A temporary folder with `net.onnx`, `photo.png`, `labels.txt` and `in.npy`. */
export async function workbench(): Promise<Workbench> {
  const folder = mkdtempSync(join(tmpdir(), "fovea-cli-"));
  const path = (name: string): string => join(folder, name);
  const photo = makeImage(3, 40, 48, (c, y, x) => 0.5 + 0.4 * Math.sin(0.3 * x + 0.2 * y + c));
  const input = rng(3).fillNormal(new Float32Array(3 * side * side));
  writeFileSync(path("net.onnx"), tinyNet());
  writeFileSync(path("photo.png"), await encodePng(photo));
  writeFileSync(path("labels.txt"), "rose\ndaisy\ntulip\nlily\n");
  writeFileSync(path("in.npy"), writeNpy(tensor("float32", [1, 3, side, side], input)));
  return { folder, path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The recipe in a PNG file. */
export const recipeIn = (path: string): Record<string, unknown> =>
  JSON.parse(readPngText(new Uint8Array(readFileSync(path))).fovea!) as Record<string, unknown>;

/** The float32 array in a .npy file. */
export const arrayOf = (path: string): { readonly dims: readonly number[]; readonly data: Float32Array } => {
  const t = readNpy(new Uint8Array(readFileSync(path)));
  if (t.dtype !== "float32") throw new Error(`expected float32, got ${t.dtype}`);
  return { dims: t.dims, data: t.data as Float32Array };
};
