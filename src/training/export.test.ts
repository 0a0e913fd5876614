/** @file Exported nets: folded, in 16 bits, describing themselves, and open to fine-tuning for other classes. */

import { describe, expect, it } from "vitest";
import { classifier, net as netOf } from "../../test/fixtures/nets.ts";
import { SIDE, shapesBatch } from "../../test/fixtures/shapes.ts";
import { tinyNet } from "../../test/fixtures/tiny-net.ts";
import type { SourceGraph } from "../graph/graph.ts";
import { openModel } from "../model/model.ts";
import { chooseBackend } from "../runtime/choose.ts";
import { compile } from "../runtime/compile.ts";
import { rng } from "../tensor/rng.ts";
import { fromNumbers, isFloat, toNumbers } from "../tensor/tensor.ts";
import { logitsGraph } from "./evaluate.ts";
import { exportNet } from "./export.ts";
import { withClasses } from "./head.ts";
import type { ClassifierNet } from "./net.ts";
import { trainable } from "./parameters.ts";
import { readyToTrain } from "./ready.ts";

const labels = ["red square", "green disc", "blue cross"];
const { images } = shapesBatch(4, 0, 5);

async function logits(net: ClassifierNet): Promise<number[]> {
  const program = await compile(logitsGraph(net, images.dims), { device: "cpu", threads: 1 });
  try {
    return toNumbers((await program.run({ images })).logits!);
  } finally {
    await program.dispose();
  }
}

/** As if trained: every parameter moved at random, variances kept positive. */
function moved(source: SourceGraph): Map<string, ReturnType<typeof fromNumbers>> {
  const random = rng(3);
  return new Map(
    trainable(source).map(({ name, start, kind }) => [
      name,
      fromNumbers(
        "float32",
        toNumbers(start).map((x) => (kind === "weight" ? x : x + 0.3 * random.uniform())),
        start.dims,
      ),
    ]),
  );
}

const net = tinyNet();
const weights = moved(net.source);
const trained: ClassifierNet = {
  ...net,
  source: {
    ...net.source,
    constants: new Map(Array.from(net.source.constants, ([v, t]) => [v, weights.get(v.name) ?? t])),
  },
};

describe("an exported net", () => {
  it("gives the same logits without its normalisations", async () => {
    const model = openModel(exportNet(net, { weights, labels }));
    expect(model.source.nodes.map((n) => n.op)).not.toContain("BatchNormalization");
    const [a, b] = [await logits(trained), await logits(model)];
    a.forEach((x, i) => {
      expect(b[i]).toBeCloseTo(x, 4);
    });
    expect(await logits(net)).not.toEqual(a);
  });

  it("says what it wants and what its classes are called", () => {
    const model = openModel(exportNet(net, { weights, labels, training: { epochs: 3 } }));
    expect(model.preprocessing).toEqual(net.preprocessing);
    expect(model.preprocessingSource).toBe("the model file");
    expect(model.labels?.names).toEqual(labels);
    expect(model.training).toEqual({ epochs: 3 });
    expect(model.task).toBe("classification");
  });

  it("with weights in 16 bits is a file that ONNX Runtime itself runs, half as large, with nearly the same logits", async () => {
    const wide = exportNet(net, { weights, labels });
    const half = exportNet(net, { weights, labels, half: true });
    expect(half.length).toBeLessThan(0.75 * wide.length);
    const { ort } = await chooseBackend("cpu");
    await (await ort.InferenceSession.create(half)).release();
    const [a, b] = [await logits(openModel(wide)), await logits(openModel(half))];
    const size = Math.max(...a.map(Math.abs));
    a.forEach((x, i) => {
      expect(Math.abs(b[i]! - x)).toBeLessThan(5e-3 * size);
    });
    const source = readyToTrain(openModel(half).source);
    expect(source.nodes.map((n) => n.op)).not.toContain("Cast");
    expect(trainable(source).map((p) => p.name)).toContain("layer3.0.conv2.weight");
    for (const t of source.constants.values()) if (isFloat(t.dtype)) expect(t.dtype).toBe("float32");
  });
});

describe("for other classes", () => {
  it("only the last layer is new", async () => {
    const model = openModel(exportNet(net, { weights, labels }));
    const other = withClasses(model.source, 7, rng(1));
    expect(other.outputs[0]!.shape).toEqual(["N", 7]);
    expect(other.metadata["fovea.labels"]).toBeUndefined();
    expect(other.metadata["fovea.preprocessing"]).toBeDefined();
    expect(await logits({ ...model, source: other, input: other.inputs[0]! })).toHaveLength(5 * 7);
    const byName = (s: SourceGraph) => new Map(Array.from(s.constants, ([v, t]) => [v.name, t]));
    const [before, after] = [byName(model.source), byName(other)];
    expect(after.get("fc.weight")!.dims).toEqual([7, 16]);
    expect(new Set(toNumbers(after.get("fc.bias")!))).toEqual(new Set([0]));
    for (const [name, t] of before) if (!name.startsWith("fc.")) expect(after.get(name)).toBe(t);
  });

  it("a convolution at the end and the shapes behind it follow", async () => {
    const spec = classifier();
    const source = netOf({
      ...spec,
      input: ["N", 3, SIDE, SIDE],
      constants: {
        ...spec.constants,
        head: fromNumbers("float32", Array(5 * 4).fill(0.1), [5, 4, 1, 1]),
        shape: fromNumbers("int64", [-1, 5]),
      },
      nodes: [
        ...spec.nodes.slice(0, 2),
        ["Conv", "head", "/features/act/Tanh_output_0 head fc.bias", "maps"],
        ["GlobalAveragePool", "pool", "maps", "means"],
        ["Reshape", "flat", "means shape", "scores"],
        ["Softmax", "softmax", "scores", "out", { axis: 1 }],
      ],
    });
    const other = withClasses(source, 3, rng(1));
    const model: ClassifierNet = { ...net, source: other, input: other.inputs[0]! };
    expect(await logits(model)).toHaveLength(5 * 3);
  });
});
