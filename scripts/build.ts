/** @file `npm run build`: compiles src/ and cli/ into dist/, a folder that is the package as it is published. */

import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const path = (name: string): string => `${root}/${name}`;

rmSync(path("dist"), { recursive: true, force: true });
const tsc = spawnSync(process.execPath, [path("node_modules/typescript/bin/tsc"), "-p", path("tsconfig.build.json")], {
  stdio: "inherit",
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

/** `./src/a.ts` → `./src/a.js`, in whatever holds it. */
const compiled = (value: unknown): unknown =>
  typeof value === "string"
    ? value.replace(/\.ts$/, ".js")
    : Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, compiled(inner)]));

const {
  private: _,
  scripts: __,
  devDependencies: ___,
  ...manifest
} = JSON.parse(readFileSync(path("package.json"), "utf8"));
const published = {
  ...manifest,
  bin: { fovea: "cli/main.js" },
  exports: compiled(manifest.exports),
  imports: compiled(manifest.imports),
};
writeFileSync(path("dist/package.json"), `${JSON.stringify(published, null, 2)}\n`);
for (const name of ["README.md", "CHANGELOG.md"])
  if (existsSync(path(name))) copyFileSync(path(name), path(`dist/${name}`));
cpSync(path("models"), path("dist/models"), { recursive: true });

const main = path("dist/cli/main.js");
writeFileSync(main, `#!/usr/bin/env node\n${readFileSync(main, "utf8")}`);
chmodSync(main, 0o755);
