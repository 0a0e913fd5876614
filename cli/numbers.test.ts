/** @file Numbers beside pictures from the command line: judge, photos, restarts, the page, and what is refused. */

import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PictureNumbers } from "../src/preimage/numbers.ts";
import { decodeImage, encodePng } from "../src/tensor/image.node.ts";
import { imageDims, makeImage } from "../src/tensor/image.ts";
import { rng } from "../src/tensor/rng.ts";
import { convNetSpec } from "../test/fixtures/conv-nets.ts";
import { netBytes } from "../test/fixtures/nets.ts";
import { commandsIn, side, tinyNet, type Workbench, workbench } from "./testing.ts";

let bench: Workbench;
beforeAll(async () => {
  bench = await workbench();
  writeFileSync(bench.path("judge.onnx"), tinyNet(8));
  writeFileSync(bench.path("judge.fovea.json"), JSON.stringify({ labels: ["lily", "tulip", "daisy", "Rose"] }));
  writeFileSync(bench.path("other.onnx"), tinyNet(9));
  writeFileSync(bench.path("other.fovea.json"), JSON.stringify({ labels: ["rose", "daisy", "tulip", "oak"] }));
  mkdirSync(bench.path("photos"));
  const random = rng(2);
  for (const name of ["rose", "daisy"]) {
    mkdirSync(bench.path(`photos/${name}`));
    for (let i = 0; i < 3; i++)
      writeFileSync(
        bench.path(`photos/${name}/${i}.png`),
        await encodePng(makeImage(3, side, side, () => random.uniform())),
      );
  }
});
afterAll(() => bench.remove());

const { run, json } = commandsIn(() => bench.folder);
const flags = ["--device", "cpu", "--steps", "4", "--labels", "labels.txt"];

describe("a picture has its numbers", { timeout: 300_000 }, () => {
  test("of a class: on the net, on a judge, among photos, along the net, and on a page", async () => {
    const asked = ["--judge", "judge.onnx", "--photos", "photos", "--report"];
    const { code, stdout, stderr } = await run(
      "maximize",
      "net.onnx",
      "logits:rose",
      ...flags,
      ...asked,
      "--out",
      "c.png",
      "--json",
    );
    expect(code, stderr).toBe(0);
    const made = JSON.parse(stdout) as { numbers: PictureNumbers; activation: { end: number }; also: string[] };
    const { reached, classes, path } = made.numbers;
    expect(reached).toMatchObject({
      objective: "logits:0",
      plain: { activation: made.activation.end },
      photos: { n: 6 },
    });
    expect(reached!.transformed!.draws).toBe(8);
    expect(classes!.net.target).toMatchObject({ label: "rose", class: 0 });
    expect(classes!.judge).toMatchObject({ net: "judge", target: { label: "rose" } });
    expect(path!.map(({ address }) => address)).toContain("logits");
    expect(stderr).toMatch(/more active than [\d.]+ % of 6 photos.*rose [\d.]+ on net; rose [\d.]+ on judge/);
    expect(made.also).toEqual(["c.html"]);
    const page = readFileSync(bench.path("c.html"), "utf8");
    expect(page).toContain("<dt>rose, says the judge judge</dt>");
    expect(page).toContain("fovea repro c.png");
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
  });

  test("of an inversion from several seeds, with the strip of where they differ", async () => {
    const one = await json(
      "invert",
      "net.onnx",
      "photo.png",
      "--layer",
      "relu",
      "--restarts",
      "3",
      ...flags,
      "--out",
      "i.png",
    );
    const numbers = one.numbers as PictureNumbers;
    expect(one.also).toEqual(["i-spread.png"]);
    expect(numbers.inversion).toMatchObject({ error: one.error, psnr: one.psnr, ssim: one.ssim });
    expect(numbers.restarts).toMatchObject({ n: 3 });
    expect(numbers.restarts!.pixels).toBeGreaterThan(0);
    expect(numbers.classes!.net.photo).toBeDefined();
    expect(await json("repro", "i.png")).toMatchObject({ identical: true });
  });

  test("of a faithful inversion, made again to the last bit", async () => {
    await json(
      "invert",
      "net.onnx",
      "photo.png",
      "--layer",
      "relu",
      "--preset",
      "faithful",
      ...flags,
      "--out",
      "f.png",
    );
    expect(await json("repro", "f.png")).toMatchObject({ identical: true });
  });

  test("of a large picture say that photos were left out", async () => {
    writeFileSync(bench.path("open.onnx"), netBytes(convNetSpec({})));
    const large = ["invert", "open.onnx", "photo.png", "--layer", "relu", "--size", "520", "--steps", "1"];
    const flags = ["--photos", "photos", "--device", "cpu", "--out", "large.png"];
    const { numbers } = await json<{ numbers: PictureNumbers }>(...large, ...flags);
    expect(numbers.reached?.photos).toBeUndefined();
    expect(numbers.notes).toContainEqual(expect.stringMatching(/over 512 pixels a side, photos are not run/));
  });

  test("of every layer, rows for seeds and for where they differ", async () => {
    const every = ["invert", "net.onnx", "photo.png", "--every-layer", "3", ...flags, "--photos", "photos"];
    const once = await json(...every, "--out", "once.png");
    const thrice = await json(...every, "--restarts", "3", "--report", "page.html", "--out", "rows.png");
    const layers = thrice.layers as { layer: string; error: { cvpr?: number }; image?: unknown; restarts: object[] }[];
    const numbers = thrice.numbers as PictureNumbers[];
    expect(numbers).toHaveLength(layers.length);
    expect(numbers.every(({ restarts }) => restarts!.n === 3)).toBe(true);
    expect(layers.every(({ error, image }) => error.cvpr! > 0 && image === undefined)).toBe(true);
    const size = async (name: string) =>
      imageDims((await decodeImage(new Uint8Array(readFileSync(bench.path(name))))).image);
    const [[, low, width], [, high, same]] = [await size("once.png"), await size("rows.png")];
    expect(same).toBe(width);
    // Photo and best, two other seeds, the spread: four rows, each with a margin below and one above all.
    expect(high - 4).toBe(4 * (low - 4));
    expect(thrice.also).toEqual(["page.html"]);
    expect((once.numbers as PictureNumbers[])[0]!.restarts).toBeUndefined();
    expect(await json("repro", "rows.png")).toMatchObject({ identical: true });
  });

  test("of caricatures and dreams", async () => {
    const from = ["net.onnx", "photo.png", "--layer", "relu", "--device", "cpu", "--photos", "photos"];
    const caricature = await json("caricature", ...from, "--steps", "3", "--out", "k.png");
    expect(caricature.numbers).toMatchObject({ reached: { photos: { n: 6 } }, classes: { net: { photo: {} } } });
    const dream = await json("dream", ...from, "--steps", "1", "--out", "d.png");
    expect(dream.numbers).toMatchObject({ reached: { objective: "relu", photos: { n: 6 } } });
  });
});

describe("is refused before the work", { timeout: 300_000 }, () => {
  test("a judge with other labels, a page of another name, a folder without photos", async () => {
    mkdirSync(bench.path("empty"));
    copyFileSync(bench.path("net.onnx"), bench.path("empty/net.onnx"));
    const bad = ["maximize", "net.onnx", "logits:rose", ...flags, "--out", "bad.png"];
    const cases: [string[], RegExp][] = [
      [["--judge", "other.onnx"], /^fovea: other cannot judge net: it does not know "lily", and it has "oak" besides/],
      [["--judge", "missing.onnx"], /missing\.onnx.*there is no such file/],
      [["--report", "page.txt"], /--report 'page\.txt': expected a name that ends in \.html/],
      [["--photos", "empty", "--report"], /empty holds no photos/],
    ];
    for (const [args, words] of cases) {
      const { code, stderr } = await run(...bad, ...args);
      expect(stderr).toMatch(words);
      expect(code).toBe(2);
    }
    expect(existsSync(bench.path("bad.png"))).toBe(false);
  });
});
