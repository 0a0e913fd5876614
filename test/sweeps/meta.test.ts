/** @file Every operator record is swept, listed once, and declared as the ONNX specification has it. */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { operators, recordOf } from "../../src/ops/table.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { sweeps } from "./all.ts";
import { specification } from "./specification.ts";

const folder = new URL("../../src/ops/", import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, folder), "utf8");
const families = [...read("table.ts").matchAll(/import \* as \w+ from "\.\/(.+)"/g)].map(([, file]) => file!);

/** Attributes that came after opset 21, which may be declared already. */
const later: Readonly<Record<string, readonly string[]>> = {
  Cast: ["round_mode"],
  CastLike: ["round_mode"],
  QuantizeLinear: ["precision"],
  DequantizeLinear: ["output_dtype"],
};

/** Operators that ONNX Runtime has in the default domain though the specification has not. */
const unlisted = new Set(["SimplifiedLayerNormalization"]);

describe("sweeps", () => {
  test("there is one for every record", () => {
    const swept = new Set(sweeps.map((s) => s.op));
    expect(operators().filter((op) => !swept.has(op))).toEqual([]);
  });

  test("there is a record for every one", () => {
    expect(sweeps.map((s) => s.op).filter((op) => !recordOf(op))).toEqual([]);
  });
});

describe("family files", () => {
  test("those that declare operators are in the table", () => {
    const declaring = readdirSync(folder).filter((f) => f !== "op.ts" && /^export const \w+ = op\(/m.test(read(f)));
    expect(declaring.filter((f) => !families.includes(f))).toEqual([]);
  });

  test.each(families)("%s exports records and nothing else", async (file) => {
    const records = new Set<unknown>(operators().map(recordOf));
    const exported = Object.entries((await import(new URL(file, folder).href)) as Record<string, unknown>);
    // A name that two files export is in the table only once: the other record is then missing here.
    expect(exported.filter(([, record]) => !records.has(record)).map(([name]) => name)).toEqual([]);
    expect(exported.length).toBeGreaterThan(0);
  });
});

describe("records are declared as the specification has them", () => {
  const standard = operators().filter((op) => !op.includes(".") && !unlisted.has(op));

  test.each(standard)("%s", (op) => {
    const spec = specification.get(op);
    const { inputs, attributes = {} } = recordOf(op)!;
    expect(spec, "a line in specification.ts").toBeDefined();
    expect(inputs).toEqual(spec!.inputs);
    const declared = Object.entries(attributes).filter(([name]) => !later[op]?.includes(name));
    expect(declared.map(([name]) => name).sort()).toEqual(Object.keys(spec!.attributes).sort());
    for (const [name, { kind, default: value }] of declared) {
      const { required, ...rest } = spec!.attributes[name]!;
      expect(kind).toBe(rest.kind);
      if (!required) expect(value instanceof Tensor ? `${value.dtype}[${value.dims}]` : value).toEqual(rest.default);
    }
  });
});
