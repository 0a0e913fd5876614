/** @file Talks to torch_attacks.py: one JSON line an attack, one line which pictures stand. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../peers/torch_attacks.py", import.meta.url));

export interface PeerRequest {
  readonly name: string;
  readonly norm: string;
  readonly eps: number;
  readonly steps: number;
  readonly restarts: number;
  readonly queries: number;
  readonly targets: number;
  readonly classes: number;
  readonly seed: number;
}

export interface PeerAnswer {
  /** For each picture, whether it stands. */
  readonly stands: readonly boolean[];
  /** For each picture, how far it was changed until the net was wrong, whatever eps; null where it was not. */
  readonly sizes: readonly (number | null)[];
  readonly ms: number;
}

interface Reply extends Partial<PeerAnswer> {
  readonly about?: string;
  readonly right?: readonly boolean[];
  readonly error?: string;
}

export interface AttackPeer {
  /** Packages and versions. */
  readonly about: string;
  /** For each picture, whether the net is right about it. */
  readonly right: readonly boolean[];
  /** What came of an attack; or why there is no such attack. */
  readonly ask: (request: PeerRequest) => Promise<PeerAnswer | string>;
  readonly close: () => void;
}

/** A process under `FOVEA_PEER_PYTHON` or python3. Throws where it has no torch, or neither torchattacks nor Foolbox. */
export async function attackPeer(net: string, pictures: string, threads: number): Promise<AttackPeer> {
  const python = process.env.FOVEA_PEER_PYTHON ?? "python3";
  const child = spawn(python, ["-B", script, net, pictures, String(threads)], { stdio: ["pipe", "pipe", "pipe"] });
  let words = "";
  child.stderr.on("data", (part) => {
    words = `${words}${part}`.slice(-2000);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const gone = new Promise<never>((_, reject) =>
    child.once("error", (error) => reject(new Error(`${python}: ${error.message}`))),
  );
  gone.catch(() => {});
  const receive = async (): Promise<Reply> => {
    const { value, done } = await Promise.race([lines.next(), gone]);
    if (done) throw new Error(`${script} ended: ${words.trim().split("\n").at(-1)}`);
    return JSON.parse(value) as Reply;
  };
  const { about, right, error } = await receive();
  if (!about || !right) throw new Error(`${python}: ${error}`);
  return {
    about,
    right,
    ask: async (request) => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { stands, sizes = [], ms = 0, error: why = "" } = await receive();
      return stands ? { stands, sizes, ms } : why;
    },
    close: () => child.stdin.end(),
  };
}
