/** @file Ctrl-C: the first one stops cleanly and keeps what is there, the second one kills. */

import { say } from "./say.ts";

let controller: AbortController | undefined;

/** The signal that the first Ctrl-C aborts. From the first call on, Ctrl-C no longer kills at once. */
export function stopSignal(): AbortSignal {
  if (!controller) {
    const stop = new AbortController();
    controller = stop;
    process.on("SIGINT", () => {
      if (stop.signal.aborted) process.exit(130);
      stop.abort();
      say("\nStopping after this step; Ctrl-C again ends at once.");
    });
  }
  return controller.signal;
}
