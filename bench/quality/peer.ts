/** @file PyTorch at the same work: opens `torch_quality.py` on the same net, and makes its pictures one after another. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findLayer } from "../../src/model/address.ts";
import type { Model } from "../../src/model/model.ts";
import { builderOf } from "../../src/ops/builder.ts";
import { meanColour, netAt } from "../../src/preimage/net.ts";
import type { Image } from "../../src/tensor/image.ts";
import { readNpy, writeNpy } from "../../src/tensor/npy.ts";
import { openScript } from "../peer.ts";
import { encodePeerGraph } from "../peers/torch-graph.ts";
import type { Made } from "./store.ts";

/** Pictures are named by `key` from their start to `end`. */
type QualityTask =
  | { readonly task: "net"; readonly file: string; readonly size: number }
  | (Unit & { readonly task: "maximize"; readonly key: string; readonly size: number; readonly seed: number })
  | (Inversion & {
      readonly task: "invert";
      readonly key: string;
      readonly mean: readonly number[];
      readonly photo: string;
    })
  | { readonly task: "steps"; readonly key: string; readonly most: number; readonly milliseconds?: number }
  | { readonly task: "picture"; readonly key: string; readonly out: string }
  | { readonly task: "end"; readonly key: string };

interface Unit {
  /** The layer's address. */
  readonly output: string;
  readonly channel: number;
}

interface Inversion {
  readonly output: string;
  readonly seed: number;
  /** Adam's. */
  readonly rate: number;
  /** C of the code against the total variation. */
  readonly weight: number;
}

interface Answer {
  readonly ms: number;
  readonly steps: number;
}

/** How long a run may be: so many steps, or as many as begin within a time. */
export type Length = { readonly steps: number } | { readonly milliseconds: number };

export interface QualityPeer {
  readonly about: string;
  readonly maximize: (unit: Unit & { readonly seed: number; readonly steps: number }) => Promise<Made>;
  readonly invert: (photo: Image, how: Inversion, length: Length) => Promise<Made>;
  /** A job that goes on with one picture by so many steps, and returns the milliseconds of one. */
  readonly stepping: (what: Unit | { readonly photo: Image; readonly how: Inversion }) => Promise<Stepping>;
  readonly close: () => void;
}

export type Stepping = (steps: number) => Promise<number>;

const script = fileURLToPath(new URL("../peers/torch_quality.py", import.meta.url));

/**
 * PyTorch with the net behind pictures of `size`² in 0…1, up to the logits; `undefined` where it cannot be imported.
 *
 * @param layers Addresses that will be asked for.
 */
export async function openQualityPeer(
  model: Model,
  { layers, size, threads }: { readonly layers: readonly string[]; readonly size: number; readonly threads: number },
): Promise<QualityPeer | undefined> {
  const peer = await openScript<QualityTask, Answer>(script, threads);
  if (!peer) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "fovea-quality-"));
  const file = (name: string): string => join(folder, name);
  writeFileSync(file("net.safetensors"), netFile(model, layers, size));
  await peer.send({ task: "net", file: file("net.safetensors"), size });

  let started = 0;
  const start = async (
    what: (Unit & { readonly seed: number }) | { readonly photo: Image; readonly how: Inversion },
  ): Promise<string> => {
    const key = `${started++}`;
    if ("photo" in what) {
      const photo = file(`${key}.photo.npy`);
      writeFileSync(photo, writeNpy(what.photo));
      await peer.send({ task: "invert", key, mean: meanColour(model), photo, ...what.how });
    } else
      await peer.send({ task: "maximize", key, size, output: what.output, channel: what.channel, seed: what.seed });
    return key;
  };
  const finished = async (key: string, length: Length): Promise<Made> => {
    const { ms, steps } = await peer.send(
      "steps" in length
        ? { task: "steps", key, most: length.steps }
        : { task: "steps", key, most: MOST, milliseconds: length.milliseconds },
    );
    const out = file(`${key}.npy`);
    await peer.send({ task: "picture", key, out });
    await peer.send({ task: "end", key });
    return { image: readNpy(new Uint8Array(readFileSync(out))) as Image, ms, steps };
  };
  return {
    about: peer.about,
    maximize: async ({ steps, ...unit }) => finished(await start(unit), { steps }),
    invert: async (photo, how, length) => finished(await start({ photo, how }), length),
    stepping: async (what) => {
      const key = await start("photo" in what ? what : { ...what, seed: 1 });
      return async (most) => (await peer.send({ task: "steps", key, most })).ms / most;
    },
    close: () => {
      peer.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** More steps than any time that is given takes. */
const MOST = 100_000;

/** The net as the peer reads it, preprocessing included; its outputs are the layers by address, the last one the logits. */
function netFile(model: Model, addresses: readonly string[], size: number): Uint8Array {
  const wanted = [...new Set([...addresses, model.layers.at(-1)!.address])];
  const layers = wanted.map((address) => findLayer(model, address).value);
  const g = builderOf();
  const image = g.input("image", "float32", [1, meanColour(model).length, size, size]);
  const activations = netAt(model, layers, size).emit(g, image, layers);
  for (const [i, activation] of activations.entries()) g.output(activation, wanted[i]!);
  return encodePeerGraph(g.graph);
}
