/** @file What a host (Node or browser) offers to run graphs with: backends, best first. */

import type { InferenceSession, TensorConstructor } from "onnxruntime-common";

/** Where a graph runs. `wasm` is ONNX Runtime's portable build; `cpu` its native one. */
export type DeviceName = "cpu" | "cuda" | "webgpu" | "wasm";
export type Device = DeviceName | "auto";

/** The part of ONNX Runtime's JavaScript API that fovea uses. */
export interface OrtModule {
  readonly InferenceSession: {
    create(bytes: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: TensorConstructor;
}

export interface Backend {
  readonly device: DeviceName;
  /** npm package that carries it. */
  readonly package: string;
  /** Why it cannot work here, as far as that shows without trying; `undefined` if it may. */
  readonly obstacle: () => string | undefined;
  /** Loads the package; fails when it is not installed. */
  readonly load: () => Promise<OrtModule>;
  readonly sessionOptions: (threads: number) => InferenceSession.SessionOptions;
}

export interface Host {
  readonly name: "node" | "browser";
  /** In the order in which `auto` tries them. */
  readonly backends: readonly Backend[];
  /** Threads that a session takes unless told otherwise. */
  readonly threads: number;
  /** Bytes of memory that may still be taken, as far as the host tells. */
  readonly freeMemory: () => number;
}
