/** @file Compiles a graph into a Program: a cached ONNX Runtime session with named tensors in and out. */

import type { InferenceSession } from "onnxruntime-common";
import { host } from "#runtime-host";
import { InputError } from "../error.ts";
import type { Graph } from "../graph/graph.ts";
import { serialise } from "../ops/serialise.ts";
import { absorbScale } from "../passes/absorb-scale.ts";
import { blockedLayout, hasBlockedForm } from "../passes/blocked-layout.ts";
import { lower } from "../passes/lower.ts";
import { prune } from "../passes/needed.ts";
import { renameOutputs } from "../passes/rename-outputs.ts";
import { type DType, type Tensor, tensor } from "../tensor/tensor.ts";
import type { Device, DeviceName, OrtModule } from "./backend.ts";
import { blockSize } from "./block-size.ts";
import { type Choice, chooseBackend } from "./choose.ts";

export interface CompileOptions {
  /** `auto` by default: the first backend that really runs a small probe. */
  readonly device?: Device;
  /** Threads within an operator; all cores by default. */
  readonly threads?: number;
  /** Only operators of the ONNX standard, none of the provider's own that are faster; default false. */
  readonly standard?: boolean;
}

/** A graph ready to run. */
export interface Program {
  readonly device: DeviceName;
  /** Package and version that runs it. */
  readonly provider: string;
  /** Tensors by input name in, by output name out. Inputs are not kept; outputs belong to the caller. */
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  /** Frees the session once nobody else uses it. The program cannot run afterwards. */
  dispose(): Promise<void>;
}

interface Entry {
  readonly session: Promise<InferenceSession>;
  users: number;
}

/** Sessions without users are kept, in order of last use, up to this many. */
const IDLE_LIMIT = 2;
const sessions = new Map<string, Entry>();

/**
 * Compiles `graph` for a device. Equal graphs share one session.
 *
 * Throws `InputError` when the device cannot work here, or when ONNX Runtime refuses the graph.
 */
export async function compile(graph: Graph, options: CompileOptions = {}): Promise<Program> {
  const choice = await chooseBackend(options.device ?? "auto");
  const { backend, ort, provider } = choice;
  const threads = options.threads ?? host.threads;
  const bytes = serialise(await prepared(graph, choice, options));
  const key = `${backend.device}/${threads}/${await contentHash(bytes)}`;
  const entry: Entry = sessions.get(key) ?? {
    session: ort.InferenceSession.create(bytes, backend.sessionOptions(threads)),
    users: 0,
  };
  entry.users++;
  sessions.delete(key);
  sessions.set(key, entry);
  let session: InferenceSession;
  try {
    session = await entry.session;
  } catch (error) {
    sessions.delete(key);
    throw new InputError(`ONNX Runtime (${backend.device}) refuses the graph: ${firstLine(error)}`);
  }
  let disposed = false;
  return {
    device: backend.device,
    provider,
    run: (inputs) => {
      if (disposed) throw new Error("internal: the program was disposed of");
      return runSession(ort, session, inputs);
    },
    dispose: async () => {
      if (disposed) return;
      disposed = true;
      entry.users--;
      await evict();
    },
  };
}

/** The graph as the backend gets it. */
async function prepared(graph: Graph, choice: Choice, { standard = false }: CompileOptions): Promise<Graph> {
  const plain = absorbScale(lower(prune(graph)));
  const smallest = 8;
  const size = standard || !hasBlockedForm(plain, smallest) ? undefined : await blockSize(choice);
  return renameOutputs(size === undefined ? plain : blockedLayout(plain, size));
}

async function runSession(
  ort: OrtModule,
  session: InferenceSession,
  inputs: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Tensor>> {
  const feeds = Object.fromEntries(
    session.inputNames.map((name) => {
      const t = inputs[name];
      if (!t) throw new Error(`internal: run: input '${name}' is missing`);
      return [name, new ort.Tensor(t.dtype as "float32", t.data as Float32Array, t.dims)];
    }),
  );
  const fetched = await session.run(feeds);
  const out: Record<string, Tensor> = {};
  for (const [name, t] of Object.entries(fetched)) {
    const data = (await t.getData()) as Float32Array;
    out[name] = tensor(t.type as DType & "float32", t.dims, data);
  }
  return out;
}

async function evict(): Promise<void> {
  const idle = [...sessions].filter(([, entry]) => entry.users === 0);
  for (const [key, entry] of idle.slice(0, Math.max(0, idle.length - IDLE_LIMIT))) {
    sessions.delete(key);
    await (await entry.session).release();
  }
}

/** SHA-256 of bytes, in hexadecimal. */
export async function contentHash(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(hash), (b) => b.toString(16).padStart(2, "0")).join("");
}

const firstLine = (error: unknown): string => String(error instanceof Error ? error.message : error).split("\n")[0]!;
