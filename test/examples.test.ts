/** @file Every example runs, and none is longer than fifty lines. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const folder = fileURLToPath(new URL("../examples", import.meta.url));
const tsx = import.meta.resolve("tsx");

describe("examples", () => {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    test(name, () => {
      expect(readFileSync(file, "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(50);
      const cwd = mkdtempSync(join(tmpdir(), "fovea-example-"));
      const { status, stderr, stdout } = spawnSync(process.execPath, ["--import", tsx, file], {
        cwd,
        encoding: "utf8",
      });
      rmSync(cwd, { recursive: true, force: true });
      expect(stderr).toBe("");
      expect(status).toBe(0);
      expect(stdout).not.toBe("");
    });
  }
});
