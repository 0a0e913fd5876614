/** @file Talks to a script in bench/peers/: one JSON line a request, one a reply, so that both sides take turns. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** Side and number of the pictures. */
interface Pictures {
  readonly size: number;
  readonly batch: number;
}

export type PeerTask =
  | (Pictures & { readonly task: "forward" | "gradient" })
  | (Pictures & { readonly task: "lucid"; readonly layer: string })
  | (Pictures & {
      readonly task: "train";
      readonly net: string;
      readonly form: string;
      readonly classes: number;
      /** How many learnt numbers our net has; the peer refuses unless its own has as many. */
      readonly parameters: number;
    });

export interface Peer {
  /** What the table calls it. */
  readonly name: string;
  /** Package, version and threads. */
  readonly about: string;
  /** Does the work once and returns its milliseconds. */
  readonly ask: (task: PeerTask) => Promise<number>;
  /** Peak memory so far in MB. */
  readonly peak: () => Promise<number>;
  readonly close: () => void;
}

const script = fileURLToPath(new URL("peers/torch_peer.py", import.meta.url));

/** The reply to one line. */
interface Reply {
  readonly ms?: number;
  readonly peak?: number;
}

/** A Python script that answers each line of JSON with one. */
export interface Script<Request, Answer> {
  /** Package, version and threads. */
  readonly about: string;
  /** Throws what the script says went wrong. */
  readonly send: (request: Request) => Promise<Answer>;
  readonly close: () => void;
}

/** Starts a script under `FOVEA_PEER_PYTHON` or python3; `undefined` where it cannot import what it needs. */
export async function openScript<Request, Answer>(
  script: string,
  threads: number,
): Promise<Script<Request, Answer> | undefined> {
  const python = process.env.FOVEA_PEER_PYTHON ?? "python3";
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(python, ["-B", script, String(threads)], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const receive = async (): Promise<Record<string, unknown> | undefined> => {
    const { value, done } = await lines.next();
    return done ? undefined : JSON.parse(value);
  };
  const failed = new Promise<undefined>((resolve) => child.once("error", () => resolve(undefined)));
  const hello = await Promise.race([receive(), failed]);
  if (typeof hello?.about !== "string") return undefined;
  return {
    about: hello.about,
    send: async (request) => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const reply = await receive();
      if (!reply) throw new Error(`${script} ended while it worked on ${JSON.stringify(request)}`);
      if (reply.error) throw new Error(`${script}: ${reply.error}`);
      return reply as Answer;
    },
    close: () => child.stdin.end(),
  };
}

/** A process of PyTorch; `undefined` where it cannot be imported. */
export async function torchPeer(name: string, threads: number): Promise<Peer | undefined> {
  const peer = await openScript<PeerTask | { readonly task: "peak" }, Reply>(script, threads);
  if (!peer) return undefined;
  return {
    name,
    about: peer.about,
    ask: async (task) => (await peer.send(task)).ms!,
    peak: async () => (await peer.send({ task: "peak" })).peak!,
    close: peer.close,
  };
}
