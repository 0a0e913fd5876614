/** @file Talks to a script in bench/peers/: one JSON line a request, one a reply, so that both sides take turns. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

export interface PeerTask {
  readonly task: "forward" | "gradient" | "lucid";
  readonly size: number;
  readonly batch: number;
  readonly layer?: string;
}

export interface Peer {
  /** Name and version. */
  readonly about: string;
  /** Does the work once and returns its milliseconds. */
  readonly ask: (task: PeerTask) => Promise<number>;
  /** Peak memory in MB, then the end. */
  readonly close: () => Promise<number>;
}

const script = fileURLToPath(new URL("peers/torch_peer.py", import.meta.url));

/** The reply to one line. */
interface Reply {
  readonly about?: string;
  readonly ms?: number;
  readonly peak?: number;
}

/** PyTorch under `FOVEA_PEER_PYTHON` or python3; `undefined` where it cannot be imported. */
export async function torchPeer(threads: number): Promise<Peer | undefined> {
  const python = process.env.FOVEA_PEER_PYTHON ?? "python3";
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(python, [script, String(threads)], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const receive = async (): Promise<Reply | undefined> => {
    const { value, done } = await lines.next();
    return done ? undefined : (JSON.parse(value) as Reply);
  };
  const send = async (message: PeerTask | { readonly task: "peak" }): Promise<Reply> => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    const reply = await receive();
    if (!reply) throw new Error(`${script} ended while it worked on ${JSON.stringify(message)}`);
    return reply;
  };
  const failed = new Promise<undefined>((resolve) => child.once("error", () => resolve(undefined)));
  const hello = await Promise.race([receive(), failed]);
  if (!hello?.about) return undefined;
  return {
    about: hello.about,
    ask: async (task) => (await send(task)).ms!,
    close: async () => {
      const { peak } = await send({ task: "peak" });
      child.stdin.end();
      return peak!;
    },
  };
}
