/** @file Protobuf in and out: views, lists in both forms, unknown fields, and bytes that lie about their lengths. */

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "vitest";
import { decode, WireError } from "./decode.ts";
import { encode } from "./encode.ts";
import type { ModelRecord, TensorRecord } from "./schema.ts";

const roundTrip = (t: TensorRecord): TensorRecord => decode("TensorProto", encode("TensorProto", t));

describe("decode and encode", () => {
  it("agree on every kind of scalar", () => {
    const model: ModelRecord = {
      ir_version: 10,
      producer_name: "ünïcode ☂",
      model_version: -(2n ** 63n),
      graph: {
        node: [
          {
            input: ["x", "", "w"],
            output: ["y"],
            op_type: "Foo",
            attribute: [
              { name: "a", f: 0.5, type: 1 },
              { name: "b", i: 2n ** 63n - 1n, type: 2 },
              { name: "c", s: Uint8Array.of(255, 0), type: 3 },
              { name: "d", ints: [-1, 0, 2 ** 40, -(2n ** 60n)], type: 7 },
              { name: "e", floats: [1.5, Number.POSITIVE_INFINITY], type: 6 },
              { name: "f", g: { name: "inner", node: [{ op_type: "Bar" }] }, type: 5 },
            ],
          },
        ],
      },
    };
    expect(decode("ModelProto", encode("ModelProto", model))).toEqual(model);
  });

  it("keep packed fields as typed arrays", () => {
    const t: TensorRecord = {
      float_data: Float32Array.of(1.5, -2, Number.NEGATIVE_INFINITY),
      int32_data: Int32Array.of(-1, 0, 2 ** 31 - 1, -(2 ** 31)),
      int64_data: BigInt64Array.of(-1n, 2n ** 63n - 1n, 300n),
      double_data: Float64Array.of(Math.PI, 1e-300),
      uint64_data: BigUint64Array.of(2n ** 64n - 1n, 0n),
    };
    expect(roundTrip(t)).toEqual(t);
  });

  it("read lists that are not packed, packed, or both in turn", () => {
    const w = new BinaryWriter();
    const both = (number: number) => {
      w.tag(number, WireType.Varint).int64(-7);
      w.tag(number, WireType.LengthDelimited).fork().int64(8).int64(900).join();
      w.tag(number, WireType.Varint).int64(10);
    };
    both(1);
    both(7);
    w.tag(4, WireType.LengthDelimited).fork().float(1).float(2).join();
    w.tag(4, WireType.Bit32).float(3);
    expect(decode("TensorProto", w.finish())).toEqual({
      dims: [-7, 8, 900, 10],
      int64_data: BigInt64Array.of(-7n, 8n, 900n, 10n),
      float_data: Float32Array.of(1, 2, 3),
    });
  });

  it("keep fields that the table does not know, and known ones of another wire type", () => {
    const w = new BinaryWriter();
    w.tag(1, WireType.Varint).int64(9);
    w.tag(7, WireType.Varint).int64(5);
    w.tag(999, WireType.LengthDelimited).bytes(Uint8Array.of(1, 2, 3));
    w.tag(998, WireType.StartGroup).tag(1, WireType.Varint).int32(4).tag(998, WireType.EndGroup);
    const bytes = w.finish();
    const model = decode("ModelProto", bytes);
    expect(model.ir_version).toBe(9);
    expect(model.graph).toBeUndefined();
    expect(encode("ModelProto", model)).toEqual(bytes);
  });

  it("merge a message that comes in two parts", () => {
    const part = (graph: ModelRecord["graph"] & object) => encode("ModelProto", { graph });
    const bytes = Buffer.concat([
      part({ name: "a", node: [{ name: "n" }] }),
      part({ name: "b", node: [{ name: "m" }] }),
    ]);
    expect(decode("ModelProto", bytes).graph).toEqual({ name: "b", node: [{ name: "n" }, { name: "m" }] });
  });

  it("make views, not copies, of a 100 MB model", () => {
    const weights = new Uint8Array(25_000_000);
    weights[24_999_999] = 42;
    const initializer = ["a", "b", "c", "d"].map((name) => ({ name, raw_data: weights }));
    const file = encode("ModelProto", { graph: { initializer } });
    expect(file.byteLength).toBeGreaterThan(100_000_000);
    const before = process.memoryUsage().arrayBuffers;
    const tensors = decode("ModelProto", file).graph?.initializer ?? [];
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
    expect(tensors).toHaveLength(4);
    for (const { raw_data } of tensors) {
      expect(raw_data?.buffer).toBe(file.buffer);
      expect(raw_data?.byteLength).toBe(25_000_000);
      expect(raw_data?.[24_999_999]).toBe(42);
    }
  });

  it("read a view on a larger buffer, a Node Buffer among them", () => {
    const t = encode("TensorProto", { name: "t", raw_data: Uint8Array.of(1, 2, 3) });
    const pool = Buffer.concat([Buffer.from("xyz"), t, Buffer.from("xyz")]);
    const { raw_data } = decode("TensorProto", pool.subarray(3, 3 + t.length));
    expect(raw_data).toEqual(Uint8Array.of(1, 2, 3));
    expect(raw_data?.buffer).toBe(pool.buffer);
  });
});

describe("bytes that lie", () => {
  const errorOf = (bytes: Uint8Array): WireError => {
    try {
      decode("ModelProto", bytes);
    } catch (error) {
      if (error instanceof WireError) return error;
      throw error;
    }
    throw new Error("was read");
  };
  const graph = (bytes: Uint8Array, announced = bytes.length): Uint8Array => {
    const w = new BinaryWriter().tag(7, WireType.LengthDelimited).uint32(announced).raw(bytes);
    return w.finish();
  };

  it("say where a length reaches beyond the file", () => {
    const node = new BinaryWriter().tag(1, WireType.LengthDelimited).uint32(0xffff_ffff).finish();
    const error = errorOf(graph(node));
    expect(error.path).toBe("graph.node[0]");
    expect(error.cut).toBe(true);
    expect(errorOf(graph(node, 0xffff_fff0)).path).toBe("graph");
  });

  it("refuse a field that is longer than the message around it", () => {
    const name = new BinaryWriter().tag(2, WireType.LengthDelimited).uint32(3).finish();
    const error = errorOf(Buffer.concat([graph(name), Buffer.from([8, 1, 8, 1])]));
    expect(error.path).toBe("graph.name");
    expect(error.cut).toBe(false);
  });

  it("refuse packed floats that are no whole number of floats, and numbers that do not end", () => {
    const broken = (number: number, run: number[]) =>
      new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(Uint8Array.from(run)).finish();
    expect(() => decode("TensorProto", broken(4, [1, 2, 3]))).toThrow(WireError);
    expect(() => decode("TensorProto", broken(7, [1, 0x80]))).toThrow(WireError);
    expect(() => decode("TensorProto", broken(1, [1, 0x80]))).toThrow(WireError);
    expect(() => decode("TensorProto", Uint8Array.from([8, ...Array(12).fill(0xff)]))).toThrow(WireError);
  });

  it("refuse messages nested without end", () => {
    let bytes: Uint8Array = new Uint8Array(0);
    for (let i = 0; i < 2000; i++) {
      const attribute = new BinaryWriter().tag(6, WireType.LengthDelimited).bytes(bytes).finish();
      const node = new BinaryWriter().tag(5, WireType.LengthDelimited).bytes(attribute).finish();
      bytes = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(node).finish();
    }
    expect(errorOf(graph(bytes)).message).toContain("nested");
  });
});
