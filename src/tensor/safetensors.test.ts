/** @file Safetensors: a file written by hand as the format says, there and back, and files that are broken. */

import { expect, test } from "vitest";
import { decodeTensors, encodeTensors } from "./safetensors.ts";
import { fromNumbers, toNumbers } from "./tensor.ts";

test("reads a file laid out as the format says", () => {
  const header = '{"__metadata__":{"fovea":"hello"},"x":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}';
  const json = new TextEncoder().encode(header.padEnd(Math.ceil(header.length / 8) * 8));
  const bytes = new Uint8Array(8 + json.length + 8);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 8);
  bytes.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), 8 + json.length);
  const { tensors, text } = decodeTensors(bytes);
  expect(text).toBe("hello");
  expect([tensors.x!.dims, toNumbers(tensors.x!)]).toEqual([
    [1, 2],
    [1.5, -2],
  ]);
});

test("writes what it reads, whatever the names", () => {
  const tensors = { "a.b/ü": fromNumbers("float32", [-0, 3e38], [2, 1]), none: fromNumbers("uint8", [], [0]) };
  const back = decodeTensors(encodeTensors({ tensors, text: "{}" }));
  expect(Object.entries(back.tensors).map(([k, t]) => [k, t.dtype, t.dims, [...t.bytes]])).toEqual(
    Object.entries(tensors).map(([k, t]) => [k, t.dtype, t.dims, [...t.bytes]]),
  );
});

test("refuses what is cut off or something else", () => {
  const bytes = encodeTensors({ tensors: { x: fromNumbers("float32", [1, 2, 3]) }, text: "" });
  for (let n = 0; n < bytes.length; n += 5) expect(() => decodeTensors(bytes.slice(0, n))).toThrow(/whole safetensors/);
  expect(() => decodeTensors(new TextEncoder().encode("something else altogether"))).toThrow(/whole safetensors/);
});
