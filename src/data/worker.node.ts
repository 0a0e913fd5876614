/** @file The loader's worker thread: makes one batch after another as it is asked to. */

import { parentPort, workerData } from "node:worker_threads";
import sharp from "sharp";
import { type Job, packError, type Setup, work } from "./job.node.ts";

const port = parentPort;
if (!port) throw new Error("internal: data/worker.node.ts was started outside a worker thread");
const setup = workerData as Setup;

// Threads run side by side already; one picture needs no more than one.
sharp.concurrency(1);

port.on("message", async (job: Job) => {
  try {
    const done = await work(setup, job);
    port.postMessage(done, [done.batch.images.bytes.buffer as ArrayBuffer]);
  } catch (error) {
    port.postMessage(packError(job.id, error));
  }
});
