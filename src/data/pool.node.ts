/** @file Threads that make batches: jobs go to the least busy one, errors come back to who asked. */

import { Worker } from "node:worker_threads";
import { type Done, type Failed, type Job, revived, type Setup, unpackError, work } from "./job.node.ts";

export interface Pool {
  /** Resolves when the batch is made; rejects with the worker's error, or when the pool is closed before. */
  run(job: Job): Promise<Done>;
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (done: Done) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
  /** Why it takes no more jobs. */
  failed: Error | undefined;
}

// In a checkout files are TypeScript, which Node's worker threads cannot load: worker.dev.js registers tsx in the
// thread first.
const script = new URL(
  new URL(import.meta.url).pathname.endsWith(".ts") ? "./worker.dev.js" : "./worker.node.js",
  import.meta.url,
);

/** `threads` 0 does the work in this thread, when it is asked for. An idle pool does not keep the process alive. */
export function openPool(setup: Setup, threads: number): Pool {
  if (threads === 0) return { run: (job) => work(setup, job), close: async () => undefined };
  const team = Array.from({ length: threads }, () => hire(setup));
  return {
    run(job) {
      const thread = team.reduce((best, next) => (next.pending.size < best.pending.size ? next : best));
      if (thread.failed) return Promise.reject(thread.failed);
      return new Promise<Done>((resolve, reject) => {
        thread.pending.set(job.id, { resolve, reject });
        thread.worker.ref();
        thread.worker.postMessage(job);
      });
    },
    async close() {
      for (const thread of team) fail(thread, new Error("internal: loader: closed while a batch was wanted"));
      // The process must not end before the promise is kept.
      for (const { worker } of team) worker.ref();
      await Promise.all(team.map(({ worker }) => worker.terminate()));
    },
  };
}

function fail(thread: Thread, error: Error): void {
  thread.failed ??= error;
  const waiting = [...thread.pending.values()];
  thread.pending.clear();
  for (const { reject } of waiting) reject(thread.failed);
}

function hire(setup: Setup): Thread {
  const worker = new Worker(script, { workerData: setup, execArgv: [] });
  const thread: Thread = { worker, pending: new Map(), failed: undefined };
  worker.unref();
  worker.on("message", (answer: Done | Failed) => {
    // An answer that comes while the pool is closed must not let the process end before it is.
    if (thread.failed) return;
    const waiting = thread.pending.get(answer.id);
    thread.pending.delete(answer.id);
    if (thread.pending.size === 0) worker.unref();
    if ("error" in answer) waiting?.reject(unpackError(answer));
    else waiting?.resolve({ ...answer, batch: revived(answer.batch) });
  });
  worker.on("error", (error) => fail(thread, error));
  worker.on("exit", (code) => fail(thread, new Error(`a worker thread that loads pictures ended with code ${code}`)));
  return thread;
}
