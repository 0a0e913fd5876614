/** @file Models that are whole, and a plain word about each file that is not. */

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { InputError } from "../error.ts";
import { opsetOf, readModel } from "./read.ts";
import type { ModelRecord } from "./schema.ts";
import { writeModel } from "./write.ts";

const models = "../shared/models";
const nets = ["mnist_onnxjs", "mobilenetv2-fp32-int8fc-rebuilt", "resnet20-cifar10-rebuilt", "squeezenet1.1-rebuilt"];

describe.skipIf(!existsSync(models))("a net that others made", () => {
  it.each(nets)("%s comes back byte for byte", (net) => {
    const file = readFileSync(`${models}/${net}.onnx`);
    const model = readModel(file);
    for (const { raw_data } of model.graph?.initializer ?? []) if (raw_data) expect(raw_data.buffer).toBe(file.buffer);
    expect(Buffer.compare(writeModel(model), file)).toBe(0);
  });

  it.each(nets)("%s cut anywhere is called cut off", (net) => {
    const file = readFileSync(`${models}/${net}.onnx`);
    for (const part of [0.2, 0.5, 0.9])
      expect(() => readModel(file.subarray(0, Math.floor(file.length * part)))).toThrow(
        /cut off after \d+ bytes in graph/,
      );
  });
});

const model = (opset: number): ModelRecord => ({
  ir_version: 8,
  graph: { name: "g" },
  opset_import: [
    { domain: "ai.onnx.ml", version: 3 },
    { domain: "", version: opset },
  ],
});

describe("opsets", () => {
  it.each([7, 13, 22, 23])("%i is read", (opset) => {
    expect(opsetOf(readModel(writeModel(model(opset))))).toBe(opset);
  });
  it("6 is refused, with its number", () => {
    expect(() => readModel(writeModel(model(6)))).toThrow(/opset 6.*opset 7/);
  });
  it("none is refused", () => {
    expect(() => readModel(writeModel({ ir_version: 8, graph: {} }))).toThrow(/does not say which version/);
  });
});

describe("a file that is something else", () => {
  const text = (s: string) => new TextEncoder().encode(s);
  const bytes = (...values: number[]) => Uint8Array.from([...values, 0, 1, 2, 3, 4, 5, 6, 7]);
  it.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(0), /empty/],
    ["zip", bytes(0x50, 0x4b, 3, 4), /zip archive.*PyTorch/],
    ["gzip", bytes(0x1f, 0x8b), /gzip/],
    ["pickle", bytes(0x80, 0x02, 0x7d), /pickle/],
    ["HDF5", bytes(0x89, 0x48, 0x44, 0x46), /HDF5/],
    ["ort", bytes(8, 0, 0, 0, 0x4f, 0x52, 0x54, 0x4d), /\.ort/],
    ["tflite", bytes(0x1c, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33), /TensorFlow Lite/],
    ["png", bytes(0x89, 0x50, 0x4e, 0x47), /PNG/],
    ["lfs", text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"), /Git LFS pointer/],
    ["html", text("<!DOCTYPE html>\n<html><body>404</body></html>"), /web page/],
    ["json", text('{"error": "not found"}'), /JSON/],
    ["prose", text("This is just a note.\n"), /text file/],
    ["a word", text("hi\n"), /text file/],
    ["zeros", new Uint8Array(100), /no ONNX model/],
    ["ones", new Uint8Array(100).fill(255), /no ONNX model/],
    ["a model without a graph", writeModel({ ir_version: 8, producer_name: "p" }), /no graph/],
  ])("%s", (_, file, message) => {
    expect(() => readModel(file)).toThrow(InputError);
    expect(() => readModel(file)).toThrow(message);
  });
});
