import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readModel } from "../src/onnx/read.ts";
import type { GraphRecord, ModelRecord, NodeRecord, TensorRecord } from "../src/onnx/schema.ts";
import { writeModel } from "../src/onnx/write.ts";
import { writeNpy } from "../src/tensor/npy.ts";
import { zeros } from "../src/tensor/tensor.ts";
import { fovea, side, tinyNet, type Workbench, workbench } from "./testing.ts";

const net = readModel(tinyNet());
const withGraph = (change: (graph: GraphRecord) => Partial<GraphRecord>): Uint8Array => {
  const graph: GraphRecord = net.graph ?? {};
  const model: ModelRecord = { ...net, graph: { ...graph, ...change(graph) } };
  return writeModel(model);
};
const withNode = (
  at: number,
  change: (node: NodeRecord, all: readonly NodeRecord[]) => Partial<NodeRecord>,
): Uint8Array =>
  withGraph(({ node = [] }) => ({ node: node.map((n, i) => (i === at ? { ...n, ...change(n, node) } : n)) }));
const withWeights = (change: (t: TensorRecord) => TensorRecord): Uint8Array =>
  withGraph(({ initializer = [] }) => ({ initializer: initializer.map((t, i) => (i === 0 ? change(t) : t)) }));
const axis = (d: number | string) => (typeof d === "number" ? { dim_value: d } : { dim_param: d });
/** Any height and width, and convolutions that shrink the picture. */
const openSize = (): Uint8Array =>
  withGraph(({ node = [] }) => ({
    input: [{ name: "image", type: { tensor_type: { elem_type: 1, shape: { dim: [1, 3, "h", "w"].map(axis) } } } }],
    node: node.map((n) => (n.op_type === "Conv" ? { ...n, attribute: [] } : n)),
  }));

/** Bad files by name. */
const files: Record<string, () => Uint8Array | Promise<Uint8Array>> = {
  "cut.onnx": () => tinyNet().slice(0, 900),
  "noise.onnx": () => Uint8Array.from({ length: 500 }, (_, i) => (i * 197 + 61) % 256),
  "empty.onnx": () => new Uint8Array(),
  "zip.onnx": () => new TextEncoder().encode("PK\x03\x04 and so on"),
  "text.onnx": () => new TextEncoder().encode("these are not the bytes of a model\n"),
  "external.onnx": () =>
    withWeights(({ raw_data: _, ...t }) => ({
      ...t,
      data_location: 1,
      external_data: [{ key: "location", value: "weights.bin" }],
    })),
  "cycle.onnx": () => withNode(0, (_, all) => ({ input: [all[1]!.output![0]!, ...all[0]!.input!.slice(1)] })),
  "unknown.onnx": () => withNode(1, () => ({ op_type: "Frobnicate" })),
  "rank.onnx": () => withWeights((t) => ({ ...t, dims: [6, 27] })),
  "nan.onnx": () => withWeights((t) => ({ ...t, raw_data: new Uint8Array(t.raw_data!.length).fill(255) })),
  "open.onnx": () => openSize(),
  "text.png": () => new TextEncoder().encode("no picture"),
  "cut.png": () => new Uint8Array(readFileSync(bench.path("photo.png"))).slice(0, 300),
  "dot.png": () =>
    sharp({ create: { width: 1, height: 1, channels: 3, background: "red" } })
      .png()
      .toBuffer(),
  "shape.npy": () => writeNpy(zeros("float32", [1, 3, 8, 8])),
  "rank.npy": () => writeNpy(zeros("float32", [3, side, side])),
  "text.npy": () => new TextEncoder().encode("1 2 3"),
};

let bench: Workbench;
beforeAll(async () => {
  bench = await workbench();
  for (const [name, bytes] of Object.entries(files)) writeFileSync(bench.path(name), await bytes());
  mkdirSync(bench.path("folder.png"));
});
afterAll(() => bench.remove());

const grad = (model: string): string[] => ["grad", model, "--input", "in.npy", "--of", "logits:1", "--out", "out.npy"];
const maximize = (...args: string[]): string[] => ["maximize", ...args, "--steps", "2", "--out", "out.png"];
const invert = (photo: string): string[] => [
  "invert",
  "net.onnx",
  photo,
  "--layer",
  "relu",
  "--steps",
  "2",
  "--out",
  "out.png",
];

/** Arguments, and what the one sentence must speak of. */
const cases: readonly (readonly [name: string, args: readonly string[], words: RegExp])[] = [
  ["a truncated model", grad("cut.onnx"), /cut\.onnx.*cut off/],
  ["a corrupt model", grad("noise.onnx"), /noise\.onnx.*no ONNX model|damaged/],
  ["an empty model", grad("empty.onnx"), /empty/],
  ["a zip named .onnx", ["inspect", "zip.onnx"], /zip archive/],
  ["text named .onnx", ["inspect", "text.onnx"], /text file/],
  ["a model that is missing", ["inspect", "missing.onnx"], /missing\.onnx.*no such file/],
  ["missing external data", ["inspect", "external.onnx"], /weights\.bin/],
  ["a cyclic graph", ["inspect", "cycle.onnx"], /wait for each other|circle|cycl/],
  ["an unknown operator", grad("unknown.onnx"), /Frobnicate/],
  ["a wrong rank", grad("rank.onnx"), /Conv/],
  ["NaN weights", grad("nan.onnx"), /NaN/],
  ["a size too small", ["gradcheck", "open.onnx", "--quiet", "--size", "4"], /4×4.*224×224 works/],
  ["no size", [...maximize("net.onnx", "logits:1"), "--size", "0"], /--size.* from 1 to 8192/],
  ["a size beyond all memory", [...maximize("net.onnx", "logits:1"), "--size", "1000000000"], /10{9}×.* fits/],
  ["a dream beyond all memory", ["dream", "net.onnx", "photo.png", "--layer", "relu", "--size", "1000000000"], /fits/],
  ["an unknown layer", maximize("net.onnx", "logitz:1"), /did you mean logits/],
  ["a channel that is not there", maximize("net.onnx", "logits:9"), /expected 0 to 3/],
  ["an unknown label", [...maximize("net.onnx", "logits:rise"), "--labels", "labels.txt"], /did you mean rose/],
  ["labels that are missing", [...maximize("net.onnx", "logits:rose"), "--labels", "no.txt"], /no\.txt/],
  ["no address", ["maximize", "net.onnx"], /no address/],
  ["no photo", ["invert", "net.onnx", "--layer", "relu"], /no photo/],
  ["a photo that is missing", invert("missing.png"), /missing\.png.*no such file/],
  ["a photo that is text", invert("text.png"), /text\.png/],
  ["a truncated photo", invert("cut.png"), /cut\.png/],
  ["a photo of one pixel", invert("dot.png"), /1×1/],
  ["an output that is a folder", ["maximize", "net.onnx", "logits:1", "--out", "folder.png"], /it is a folder/],
  ["an output in no folder", ["maximize", "net.onnx", "logits:1", "--out", "no/x.png"], /there is no folder/],
  [
    "an output that is the input",
    ["grad", "net.onnx", "--input", "in.npy", "--of", "logits:1", "--out", "in.npy"],
    /one of the inputs/,
  ],
  [
    "an array of the wrong size",
    ["grad", "net.onnx", "--input", "shape.npy", "--of", "logits:1"],
    /\[1,3,8,8\].*\[1,3,16,16\]/,
  ],
  [
    "an array of the wrong rank",
    ["grad", "net.onnx", "--input", "rank.npy", "--of", "logits:1"],
    /\[3,16,16\].*\[1,3,16,16\]/,
  ],
  ["an input that is no array", ["grad", "net.onnx", "--input", "text.npy", "--of", "logits:1"], /text\.npy/],
  ["a picture without a recipe", ["repro", "photo.png"], /carries no recipe/],
  ["an unknown option", ["inspect", "net.onnx", "--jsn"], /unknown option '--jsn'.*--json/],
  ["an unknown verb", ["inspekt", "net.onnx"], /unknown command 'inspekt'.*inspect/],
  ["an unknown device", [...grad("net.onnx"), "--device", "gpu"], /webgpu/],
  ["a device that is not there", [...grad("net.onnx"), "--device", "cuda"], /cuda/],
  ["a seed that is no number", [...maximize("net.onnx", "logits:1"), "--seed", "-1"], /whole number/],
  ["a mean that is no number", ["inspect", "net.onnx", "--mean", "a,b"], /0\.5,0\.5,0\.5/],
];

describe.concurrent("bad input ends with one sentence, exit code 2 and no file", () => {
  test.each(cases)("%s", { timeout: 60_000 }, async (_, args, words) => {
    const { code, stdout, stderr } = await fovea(bench.folder, args);
    expect(stderr).toMatch(words);
    expect(stderr).toMatch(/^fovea: [^\n]{20,600}\n$/);
    expect(stderr).not.toMatch(/\n\s+at |internal|fault of fovea/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});

test("nothing half-written is left", () => {
  const known = [...Object.keys(files), "folder.png", "net.onnx", "photo.png", "labels.txt", "in.npy"];
  expect(readdirSync(bench.folder).filter((name) => !known.includes(name))).toEqual([]);
});
