/** @file Bundles files for the browser with vite, in memory. */

import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Bundle {
  /** Files by path below the server's root. */
  readonly files: ReadonlyMap<string, Uint8Array | string>;
  /** Modules that went in, by path below the repository's root. */
  readonly modules: readonly string[];
  /** Imports that only Node can answer, as `importer → specifier`. */
  readonly nodeImports: readonly string[];
}

/** `entries` are paths below the repository's root; each becomes `<its name>.js`. */
export async function bundle(entries: readonly string[]): Promise<Bundle> {
  const nodeImports: string[] = [];
  const modules: string[] = [];
  const watch: Plugin = {
    name: "node-imports",
    enforce: "pre",
    resolveId(specifier, importer = "") {
      if (specifier.startsWith("node:")) nodeImports.push(`${importer.replace(root, "")} → ${specifier}`);
      return null;
    },
    moduleParsed: ({ id }) => {
      modules.push(id.replace(root, ""));
    },
  };
  const built = await build({
    root,
    configFile: false,
    logLevel: "error",
    plugins: [watch],
    build: {
      write: false,
      minify: false,
      modulePreload: false,
      target: "es2023",
      rolldownOptions: {
        input: entries.map((entry) => `${root}${entry}`),
        preserveEntrySignatures: "strict",
        output: { entryFileNames: "[name].js" },
      },
    },
  });
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((b) => ("output" in b ? b.output : []));
  const files = new Map(outputs.map((o) => [`/${o.fileName}`, o.type === "chunk" ? o.code : o.source] as const));
  return { files, modules, nodeImports };
}

/** Media type of a bundled file. */
export const mediaType = (path: string): string =>
  ({ ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" })[
    extname(path)
  ] ?? "application/octet-stream";
