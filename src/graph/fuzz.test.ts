/** @file Damaged models: whatever happens to their bytes, they are read or refused with a word, and take little memory. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { InputError } from "../error.ts";
import { readModel } from "../onnx/read.ts";
import type { ModelRecord } from "../onnx/schema.ts";
import { tensorRecord } from "../onnx/tensor.ts";
import { writeModel } from "../onnx/write.ts";
import { fromNumbers } from "../tensor/tensor.ts";
import { check } from "./check.ts";
import { fromOnnx } from "./from-onnx.ts";
import { print } from "./print.ts";

const text = (s: string): Uint8Array => new TextEncoder().encode(s);

/** A model with a bit of everything. */
const seedModel: ModelRecord = {
  ir_version: 8,
  producer_name: "fuzz",
  opset_import: [
    { domain: "", version: 13 },
    { domain: "own", version: 1 },
  ],
  metadata_props: [{ key: "k", value: "v" }],
  functions: [
    {
      name: "F",
      domain: "own",
      input: ["p"],
      output: ["q"],
      attribute: ["a"],
      node: [
        { op_type: "Elu", input: ["p"], output: ["q"], attribute: [{ name: "alpha", ref_attr_name: "a", type: 1 }] },
      ],
    },
  ],
  graph: {
    name: "g",
    input: [
      { name: "x", type: { tensor_type: { elem_type: 1, shape: { dim: [{ dim_param: "N" }, { dim_value: 4 }] } } } },
      { name: "w" },
    ],
    output: [{ name: "y" }],
    initializer: [
      tensorRecord("w", fromNumbers("float32", [1, 2, 3, 4], [4, 1])),
      { name: "f", dims: [2], data_type: 1, float_data: Float32Array.of(1, 2) },
      { name: "i", dims: [3], data_type: 7, int64_data: BigInt64Array.of(1n, -1n, 2n ** 62n) },
      { name: "s", dims: [1], data_type: 8, string_data: [text("a")] },
      { name: "e", dims: [1], data_type: 1, data_location: 1, external_data: [{ key: "location", value: "e.bin" }] },
    ],
    node: [
      { op_type: "Constant", output: ["c"], attribute: [{ name: "value_ints", ints: [1, 2, 3], type: 7 }] },
      { op_type: "MatMul", input: ["x", "w"], output: ["m"], name: "matmul" },
      { op_type: "F", domain: "own", input: ["m"], output: ["n"], attribute: [{ name: "a", f: 2, type: 1 }] },
      {
        op_type: "If",
        input: ["n", "f", "i", "s", "e", "c", ""],
        output: ["y"],
        attribute: [
          { name: "then_branch", g: { node: [{ op_type: "Relu", input: ["m"], output: ["r"] }] }, type: 5 },
          { name: "mode", s: text("linear"), type: 3 },
          { name: "floats", floats: [1, 2], type: 6 },
        ],
      },
    ],
  },
};
const whole = writeModel(seedModel);

/** Reads and prints a model; true if it was readable, false if it was refused with a word. */
function survives(bytes: Uint8Array): boolean {
  const before = process.memoryUsage().arrayBuffers;
  try {
    print(
      check(
        fromOnnx(readModel(bytes), {
          external: (_, offset, length) =>
            length > 64 ? undefined : new Uint8Array(64).subarray(offset, offset + length),
        }),
      ),
    );
    return true;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).toMatch(/^.{20,600}$/su);
    return false;
  } finally {
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16_000_000);
  }
}

const position = fc.nat({ max: whole.length - 1 });
const flip = fc.record({ at: position, byte: fc.nat({ max: 255 }) });
const numRuns = 2000;

it("reads the undamaged model", () => {
  expect(survives(whole)).toBe(true);
});

it("survives every cut", () => {
  const read = Array.from(whole, (_, length) => survives(whole.subarray(0, length)));
  expect(read.filter(Boolean).length).toBeLessThan(20);
});

it("survives changed bytes", () => {
  fc.assert(
    fc.property(fc.array(flip, { minLength: 1, maxLength: 8 }), (flips) => {
      const bytes = whole.slice();
      for (const { at, byte } of flips) bytes[at] = byte;
      survives(bytes);
    }),
    { numRuns },
  );
});

it("survives pieces that are taken out, doubled or put elsewhere", () => {
  fc.assert(
    fc.property(position, position, position, fc.nat({ max: 3 }), (from, to, at, copies) => {
      const piece = whole.subarray(Math.min(from, to), Math.max(from, to));
      const parts = [whole.subarray(0, at), ...Array<Uint8Array>(copies).fill(piece), whole.subarray(at)];
      survives(Buffer.concat(parts));
      survives(Buffer.concat([whole.subarray(0, Math.min(from, to)), whole.subarray(Math.max(from, to))]));
    }),
    { numRuns: numRuns / 2 },
  );
});

it("survives lengths and numbers of any size in place of any byte", () => {
  const forged = fc.constantFrom<number[]>(
    [0xff, 0xff, 0xff, 0xff, 0x0f],
    [0xff, 0xff, 0xff, 0xff, 0x07],
    [0x80, 0x80, 0x80, 0x80, 0x04],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  );
  fc.assert(
    fc.property(position, forged, (at, number) => {
      survives(Buffer.concat([whole.subarray(0, at), Uint8Array.from(number), whole.subarray(at + 1)]));
    }),
    { numRuns },
  );
});

it("survives records whose dimensions, offsets and counts are forged", () => {
  const size = fc.oneof(fc.integer(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
  fc.assert(
    fc.property(fc.array(size, { maxLength: 4 }), fc.nat({ max: 30 }), size, (dims, data_type, offset) => {
      const external_data = [
        { key: "location", value: "e.bin" },
        { key: "offset", value: String(offset) },
      ];
      const t = { name: "t", dims, data_type };
      for (const tensor of [t, { ...t, raw_data: new Uint8Array(8) }, { ...t, data_location: 1, external_data }])
        survives(writeModel({ ...seedModel, graph: { ...seedModel.graph, initializer: [tensor] } }));
    }),
    { numRuns: numRuns / 4 },
  );
});

it("survives bytes from nowhere", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void survives(bytes)),
    { numRuns },
  );
});
