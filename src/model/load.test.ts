/** @file Tests of opening models from disk: what lies beside them, and what is refused. */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { classifier, net, netBytes } from "../../test/fixtures/nets.ts";
import { InputError } from "../error.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import { writeModel } from "../onnx/write.ts";
import { attributeKind } from "../ops/serialise.ts";
import { toNumbers } from "../tensor/tensor.ts";
import { loadModel } from "./load.node.ts";
import { openModel } from "./model.ts";

const folder = mkdtempSync(join(tmpdir(), "fovea-load-"));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

describe("loadModel", () => {
  it("reads the .fovea.json and the labels beside the model", async () => {
    const path = file("flowers.onnx", netBytes(classifier()));
    file(
      "flowers.fovea.json",
      JSON.stringify({ preprocessing: { mean: [0.5, 0.5, 0.5] }, labels: ["a", "b", "c", "d", "e"], task: "flowers" }),
    );
    const model = await loadModel(path);
    expect(model).toMatchObject({ name: "flowers", task: "flowers", preprocessing: { mean: [0.5, 0.5, 0.5] } });
    expect(model.labels?.names).toHaveLength(5);
    const named = await loadModel(path, {
      labels: file("names.txt", "1\n2\n3\n4\n5\n"),
      preprocessing: { mean: [0, 0, 0] },
    });
    expect(named.labels?.names[4]).toBe("5");
    expect(named.preprocessing.mean).toEqual([0, 0, 0]);
  });

  it("reads weights from files beside the model only", async () => {
    const source = net(classifier());
    const record = toOnnx(source, { opset: source.opset, attributeKind });
    const weight = record.graph!.initializer![0]!;
    const { raw_data, ...rest } = weight;
    const moved = (location: string): Uint8Array => {
      const external = {
        ...rest,
        data_location: 1,
        external_data: [
          { key: "location", value: location },
          { key: "offset", value: "4" },
        ],
      };
      return writeModel({
        ...record,
        graph: { ...record.graph, initializer: [external, ...record.graph!.initializer!.slice(1)] },
      });
    };
    file("weights.bin", Buffer.concat([Buffer.alloc(4), raw_data!]));
    mkdirSync(join(folder, "inner"));
    symlinkSync(join(folder, "weights.bin"), join(folder, "inner", "link.bin"));

    const model = await loadModel(file("external.onnx", moved("weights.bin")));
    const [[, first]] = [...model.source.constants] as [[unknown, Parameters<typeof toNumbers>[0]]];
    expect(toNumbers(first)).toEqual(toNumbers([...source.constants.values()][0]!));
    await expect(loadModel(file("missing.onnx", moved("nowhere.bin")))).rejects.toThrow(/"nowhere.bin"/);
    await expect(loadModel(file("inner/escape.onnx", moved("../weights.bin")))).rejects.toThrow(/outside/);
    await expect(loadModel(file("inner/link.onnx", moved("link.bin")))).rejects.toThrow(/"link.bin"/);
  });

  it.each([
    ["no-such.onnx", /there is no such file/],
    [".", /is a folder/],
  ])("refuses %s", async (name, message) => {
    await expect(loadModel(join(folder, name))).rejects.toThrow(message);
    await expect(loadModel(join(folder, name))).rejects.toThrow(InputError);
  });

  it("begins its complaints with the path", async () => {
    const path = file("text.onnx", "hello, this is no model at all\n");
    await expect(loadModel(path)).rejects.toThrow(`${path}: `);
    const broken = file("broken.onnx", netBytes(classifier()));
    file("broken.fovea.json", "{");
    await expect(loadModel(broken)).rejects.toThrow(/broken.fovea.json is no valid JSON/);
  });
});

describe("openModel", () => {
  it("reads what the file says about itself", async () => {
    const metadata = {
      "fovea.preprocessing": '{"range":[0,255],"mean":[0,0,0],"std":[1,1,1]}',
      "fovea.labels": '["a","b","c","d","e"]',
      "fovea.task": '"t"',
    };
    const model = openModel(netBytes(classifier({ metadata })));
    expect(model).toMatchObject({
      task: "t",
      preprocessing: { range: [0, 255], colour: "RGB" },
      labels: { source: "the model file" },
    });
    expect(await model.hash()).toMatch(/^[0-9a-f]{64}$/);
    expect(() => openModel(netBytes(classifier({ metadata: { "fovea.labels": "[" } })))).toThrow(/"fovea.labels"/);
  });

  it("warns when labels and classes do not agree", () => {
    const model = openModel(netBytes(classifier()), { labels: { names: ["a", "b"], source: "the test" } });
    expect(model.warnings).toEqual(["the test names 2 classes, but the net has 5"]);
  });
});
