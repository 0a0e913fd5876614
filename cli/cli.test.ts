import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromOnnx } from "../src/graph/from-onnx.ts";
import { withDoubleKernels } from "../src/model/doubles.ts";
import { readModel } from "../src/onnx/read.ts";
import { specialise } from "../src/passes/specialise.ts";
import { compile } from "../src/runtime/compile.ts";
import { decodeImage, encodePng } from "../src/tensor/image.node.ts";
import { writeNpy } from "../src/tensor/npy.ts";
import { readPngText } from "../src/tensor/png-text.ts";
import { tensor } from "../src/tensor/tensor.ts";
import { arrayOf, commandsIn, fovea, side, tinyNet, type Workbench, workbench } from "./testing.ts";

let bench: Workbench;
beforeAll(async () => {
  bench = await workbench();
});
afterAll(() => bench.remove());

const { run, json } = commandsIn(() => bench.folder);
const png = (name: string): Uint8Array => new Uint8Array(readFileSync(bench.path(name)));

describe("inspect", () => {
  test("tells layers with their costs as JSON", async () => {
    const found = await json("inspect", "net.onnx");
    const layers = found.layers as { address: string; shape: number[]; params: number; stride: number }[];
    expect(Object.keys(found)).toEqual(expect.arrayContaining(["inputs", "outputs", "layers", "unsupported"]));
    for (const layer of layers)
      expect(Object.keys(layer)).toEqual(
        expect.arrayContaining(["address", "op", "shape", "params", "macs", "stride", "receptiveField"]),
      );
    expect(layers.reduce((sum, layer) => sum + layer.params, 0)).toBe(6 * 3 * 9 + 8 * 6 * 9 + 4 * 8);
    expect(layers.find(({ address }) => address === "conv_2")).toMatchObject({
      shape: [1, 8, side / 2, side / 2],
      macs: 8 * 6 * 9 * (side / 2) ** 2,
      stride: 2,
      receptiveField: 5,
    });
  });

  test("prints a table on stdout, with the preprocessing said aloud", async () => {
    const { code, stdout, stderr } = await run("inspect", "net.onnx", "--mean", "0,0,0", "--std", "1,1,1");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^conv_2 +Conv +1×8×8×8 +432 +27\.6 k +2 +5$/m);
    expect(stdout).toContain("mean 0 0 0, std 1 1 1");
    expect(stdout).toContain("the command's options");
  });
});

describe("grad", () => {
  test("is what differences of the net say, whatever type the input has", async () => {
    const { activation } = await json("grad", "net.onnx", "--input", "in.npy", "--of", "logits:2", "--out", "g.npy");
    const { dims, data } = arrayOf(bench.path("g.npy"));
    expect(dims).toEqual([1, 3, side, side]);

    const { graph } = specialise(fromOnnx(readModel(tinyNet())), { float: "float64" });
    const program = await compile(withDoubleKernels(graph), { device: "cpu" });
    const x = Float64Array.from(arrayOf(bench.path("in.npy")).data);
    const at = async (h: number): Promise<number> => {
      const moved = x.map((v, i) => v + h * data[i]!);
      const { scores } = await program.run({ image: tensor("float64", [1, 3, side, side], moved) });
      return (scores!.data as Float64Array)[2]!;
    };
    const slope = ((await at(1e-5)) - (await at(-1e-5))) / 2e-5;
    expect(activation).toBeCloseTo(await at(0), 4);
    expect(slope).toBeCloseTo(
      data.reduce((sum, v) => sum + v * v, 0),
      5,
    );

    writeFileSync(bench.path("in64.npy"), writeNpy(tensor("float64", [1, 3, side, side], x)));
    await json("grad", "net.onnx", "--input", "in64.npy", "--of", "logits:2", "--out", "g64.npy");
    expect(arrayOf(bench.path("g64.npy"))).toEqual({ dims, data });
  });

  test("gradcheck passes, and says so with its exit code", async () => {
    expect(await json("gradcheck", "net.onnx", "logits:1", "conv_2:3@4,4")).toMatchObject({ passed: true });
  });
});

describe("pictures", () => {
  const daisy = [
    "maximize",
    "net.onnx",
    "logits:daisy",
    "--labels",
    "labels.txt",
    "--steps",
    "30",
    "--seed",
    "1",
    "--device",
    "cpu",
  ];

  test("maximize makes the same file from the same seed, with its recipe in it", async () => {
    const made = await json(...daisy, "--preset", "lucid", "--size", "16", "--out", "a.png");
    expect(made).toMatchObject({
      out: "a.png",
      address: "logits:1",
      steps: 30,
      device: "cpu",
      seed: 1,
      preset: "lucid",
    });
    const { objective, activation, ms } = made as unknown as Record<
      "objective" | "activation",
      { start: number; end: number }
    > & { ms: number };
    expect(objective.end).toBeGreaterThan(objective.start);
    expect(activation.end).toBeGreaterThan(activation.start);
    expect(ms).toBeGreaterThan(0);
    expect((await decodeImage(png("a.png"))).size).toEqual([16, 16]);
    expect(JSON.parse(readPngText(png("a.png")).fovea!)).toMatchObject({
      job: { verb: "maximize", address: "logits:1" },
      model: { name: "net.onnx", path: "net.onnx" },
      steps: 30,
      seed: 1,
    });

    await json(...daisy, "--size", "16", "--out", "b.png");
    expect(png("b.png")).toEqual(png("a.png"));
    await json(...daisy, "--size", "16", "--seed", "2", "--out", "b.png");
    expect(png("b.png")).not.toEqual(png("a.png"));
  });

  test("repro finds equal pixels equal, and others not", async () => {
    await json(...daisy, "--size", "16", "--out", "r.png");
    expect(await json("repro", "r.png")).toMatchObject({ identical: true, maxDifference: 0 });

    const { image } = await decodeImage(png("r.png"));
    image.data[0] = image.data[0]! > 0.5 ? image.data[0]! - 3 / 255 : image.data[0]! + 3 / 255;
    writeFileSync(bench.path("touched.png"), await encodePng(image, { text: readPngText(png("r.png")) }));
    const touched = await run("repro", "touched.png", "--json");
    expect(touched.code).toBe(1);
    expect(JSON.parse(touched.stdout)).toMatchObject({ identical: false, maxDifference: 3, share: 1 / (3 * 16 * 16) });

    writeFileSync(bench.path("other.onnx"), tinyNet(8));
    const wrong = await run("repro", "r.png", "--model", "other.onnx");
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toContain("is not the model");

    mkdirSync(bench.path("elsewhere"));
    copyFileSync(bench.path("r.png"), bench.path("elsewhere/r.png"));
    const lost = await fovea(bench.path("elsewhere"), ["repro", "r.png"]);
    expect(lost).toMatchObject({ code: 2, stdout: "" });
    expect(lost.stderr).toContain("say where it is with --model");
  });

  test("several addresses give several files", async () => {
    mkdirSync(bench.path("many"));
    const made = await json("maximize", "net.onnx", "logits:0", "conv_2:3@1,1", "--steps", "3", "--out", "many");
    expect(made).toMatchObject([{ address: "logits:0" }, { address: "conv_2:3@1,1" }]);
    expect(readdirSync(bench.path("many")).sort()).toEqual([
      "net-maximize-conv_2_3@1,1.png",
      "net-maximize-logits_0.png",
    ]);
  });

  test("caricatures come from a photo or from noise", async () => {
    const made = await json("caricature", "net.onnx", "photo.png", "--layer", "relu", "--steps", "5", "--out", "c.png");
    expect(made).toMatchObject({ layer: "relu", steps: 5 });
    expect(await json("repro", "c.png")).toMatchObject({ identical: true });
    const unit = await json("caricature", "net.onnx", "--unit", "conv_2:3", "--steps", "5", "--out", "u.png");
    expect(unit).toMatchObject({ unit: "conv_2:3", steps: 5 });
  });

  test("invert tells its errors, for one layer or for all in a strip", async () => {
    const made = await json("invert", "net.onnx", "photo.png", "--layer", "relu", "--steps", "40", "--out", "i.png");
    const { error, psnr, ssim, photo } = made as unknown as {
      error: { ijcv: number };
      psnr: number;
      ssim: number;
      photo?: unknown;
    };
    expect(error.ijcv).toBeGreaterThan(0);
    expect(error.ijcv).toBeLessThan(0.9);
    expect([psnr, ssim].every(Number.isFinite)).toBe(true);
    expect(photo).toBeUndefined();

    const strip = await json("invert", "net.onnx", "photo.png", "--every-layer", "2", "--steps", "5", "--out", "s.png");
    expect(strip).toMatchObject({ steps: 10, layers: [{ layer: "relu" }, { layer: "logits" }] });
    const [, width] = (await decodeImage(png("s.png"))).size;
    expect(width).toBeGreaterThan(3 * side);
    expect(await json("repro", "s.png")).toMatchObject({ identical: true });
  });

  test("Ctrl-C keeps what there is, and it can be made again", async () => {
    let sent = false;
    const args = ["maximize", "net.onnx", "logits:1", "--steps", "1000000", "--out", "stopped.png", "--json"];
    const { code, stdout, stderr } = await fovea(bench.folder, args, (text, kill) => {
      if (!sent && text.includes("/1000000")) kill("SIGINT");
      sent ||= text.includes("/1000000");
    });
    expect(code).toBe(130);
    expect(stderr).toContain("what there was is kept");
    const { steps } = JSON.parse(stdout) as { steps: number };
    expect(steps).toBeGreaterThan(0);
    expect(steps).toBeLessThan(1_000_000);
    expect(existsSync(bench.path("stopped.png"))).toBe(true);
    expect(await json("repro", "stopped.png")).toMatchObject({ identical: true });
  });

  test("--quiet says nothing", async () => {
    const { code, stdout, stderr } = await run(
      "maximize",
      "net.onnx",
      "relu:0",
      "--steps",
      "2",
      "--out",
      "q.png",
      "--quiet",
    );
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});

describe("the program", () => {
  test("doctor names a device that works", async () => {
    const found = await json("doctor");
    const devices = found.devices as { device: string; works: boolean; gflops?: number }[];
    expect(found).toMatchObject({ versions: { node: process.versions.node } });
    expect(devices.map(({ device }) => device)).toEqual(["cuda", "webgpu", "cpu", "wasm"]);
    expect(devices.find(({ device }) => device === "cpu")).toMatchObject({ works: true });
    expect(devices.find(({ device }) => device === found.auto)?.gflops).toBeGreaterThan(0);
  });

  test("every verb has help with examples", async () => {
    const { stdout } = await run("--help");
    const verbs = [...stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map((m) => m[1]!);
    expect([...verbs].sort()).toEqual([
      "attack",
      "attribute",
      "caricature",
      "data",
      "doctor",
      "dream",
      "evaluate",
      "grad",
      "gradcheck",
      "inspect",
      "invert",
      "levels",
      "maximize",
      "report",
      "repro",
      "train",
    ]);
    for (const verb of verbs) {
      const help = await run(verb, "--help");
      expect(help.code).toBe(0);
      expect(help.stdout).toMatch(/Examples?:\n {2}fovea /);
    }
  });
});
