/** @file The lock of a run's folder: one holder, and none that is dead. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { lock } from "./train-lock.ts";

const folder = mkdtempSync(join(tmpdir(), "fovea-lock-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "lock");
const held = (holder: unknown): void =>
  writeFileSync(path, typeof holder === "string" ? holder : JSON.stringify(holder));

test("is held once, and can be taken again when it was given back", () => {
  const unlock = lock(path);
  expect(() => lock(path)).toThrow(`another run (process ${process.pid}) is training in this folder`);
  unlock();
  expect(existsSync(path)).toBe(false);
  lock(path)();
});

test.each([
  ["of a process that ended", () => ({ pid: spawnSync(process.execPath, ["-e", ""]).pid, host: hostname() })],
  ["that a crash cut off", () => '{"pid": 1'],
])("one %s is taken over", (_, holder) => {
  held(holder());
  lock(path)();
  expect(existsSync(path)).toBe(false);
});

test.skipIf(process.platform !== "linux")("one of a dead process whose number another one has is taken over", () => {
  held({ pid: process.pid, host: hostname(), started: "1" });
  lock(path)();
  expect(existsSync(path)).toBe(false);
});

test("one of another machine is left alone, as nobody knows", () => {
  held({ pid: 1, host: "elsewhere" });
  expect(() => lock(path)).toThrow(/'elsewhere'.*if it is over, remove '/);
  rmSync(path);
});
