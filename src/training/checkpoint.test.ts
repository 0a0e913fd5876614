/** @file Checkpoints: there and back, cut off, of another run, and on a disk that refuses. */

import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fromNumbers } from "../tensor/tensor.ts";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.node.ts";
import { decodeSnapshot, encodeSnapshot, expectSame, type Snapshot } from "./checkpoint.ts";

const snapshot: Snapshot = {
  key: "k",
  seed: 3,
  step: 12,
  epoch: 2,
  batch: 4,
  state: {
    "parameter.w": fromNumbers("float32", [1.5, -0, Number.MIN_VALUE, 3e38], [2, 2]),
    "state.m.w": fromNumbers("float32", [], [0]),
  },
};
const bytesOf = ({ state }: Snapshot) => Object.entries(state).map(([k, t]) => [k, t.dims, [...t.bytes]]);

test("comes back bit for bit", () => {
  const back = decodeSnapshot(encodeSnapshot(snapshot));
  expect({ ...back, state: 0 }).toEqual({ ...snapshot, state: 0 });
  expect(bytesOf(back)).toEqual(bytesOf(snapshot));
});

test("a file that is cut off anywhere, or another file, is refused", () => {
  const bytes = encodeSnapshot(snapshot);
  for (let n = 0; n < bytes.length; n += 7) expect(() => decodeSnapshot(bytes.slice(0, n))).toThrow("cut off");
  expect(() => decodeSnapshot(new TextEncoder().encode("not a checkpoint at all"))).toThrow("cut off");
});

test("belongs to one run", () => {
  expect(() => expectSame(snapshot, "other", 3, snapshot.state)).toThrow("another net");
  expect(() => expectSame(snapshot, "k", 4, snapshot.state)).toThrow("seed");
  expect(() => expectSame(snapshot, "k", 3, {})).toThrow("does not hold the weights");
  expectSame(snapshot, "k", 3, snapshot.state);
});

test("is replaced whole, and leaves nothing else behind", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fovea-"));
  const path = join(folder, "last.safetensors");
  expect(await readCheckpoint(path)).toBeUndefined();
  await writeCheckpoint(path, snapshot);
  await writeCheckpoint(path, { ...snapshot, step: 13 });
  expect((await readCheckpoint(path))!.step).toBe(13);
  expect(await readdir(folder)).toEqual(["last.safetensors"]);
  // What a kill in the middle of writing leaves behind does no harm.
  await writeFile(`${path}.part`, "half");
  expect((await readCheckpoint(path))!.step).toBe(13);
  await writeFile(path, (await readFile(path)).subarray(0, 50));
  await expect(readCheckpoint(path)).rejects.toThrow(/last\.safetensors: .*cut off/);
});

test("a folder that is not there is said in one sentence", async () => {
  const path = join(tmpdir(), "fovea-no-such-folder", "x");
  await expect(writeCheckpoint(path, snapshot)).rejects.toThrow(/could not be written \(its folder is not there\)/);
});
