/** @file Serves files from memory on a free loopback port, cross-origin isolated so that WebAssembly may use threads. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Bundle, mediaType } from "./bundle.ts";

export interface Served {
  /** `http://127.0.0.1:<port>/`, a page that loads `entry`. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

export async function serve(files: Bundle["files"], entry: string): Promise<Served> {
  const html = `<!doctype html><title>fovea</title><script type="module" src="${entry}"></script>`;
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    const body = path === "/" ? html : files.get(path);
    response.writeHead(body === undefined ? 404 : 200, {
      "content-type": path === "/" ? "text/html" : mediaType(path),
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    });
    response.end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
