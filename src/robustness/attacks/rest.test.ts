/** @file Noise, sparse, blurred, turned and band-limited changes, random views and transfer, against what the host computes. */

import { describe, expect, it } from "vitest";
import { classifierFrom, distances, linearNet, rightPictures } from "../../../test/fixtures/classifiers.ts";
import { builderOf } from "../../ops/builder.ts";
import { crop } from "../../preimage/transforms.ts";
import { compile } from "../../runtime/compile.ts";
import { rng } from "../../tensor/rng.ts";
import { rfft2 } from "../../tensor/spectrum.ts";
import { tensor } from "../../tensor/tensor.ts";
import { eot } from "../eot.ts";
import { norms } from "../norms.ts";
import { attackAll } from "../run.ts";
import { transferOf } from "../transfer.ts";
import { type Band, bandPgd, inBand } from "./band.ts";
import { blur, blurMatrix } from "./blur.ts";
import { blendedNoise, contrast, gaussianNoise, randomDraws, uniformNoise } from "./noise.ts";
import { pgd } from "./pgd.ts";
import { pointwise, saltAndPepper, singlePixel } from "./sparse.ts";
import { spatial } from "./spatial.ts";

const options = { device: "cpu", threads: 1 } as const;
const net = linearNet(3, [3, 4, 4]);
const pictures = rightPictures(net, 3);
const { l2, linf } = norms;

describe("changes along a line", () => {
  it("come to where the answer flips", async () => {
    for (const method of [
      gaussianNoise({ norm: l2, draws: 4 }),
      uniformNoise({ norm: l2, draws: 4 }),
      blendedNoise({ norm: l2, draws: 4 }),
    ])
      for (const o of await attackAll(net, method, pictures, options)) {
        expect(o.success).toBe(true);
        const [picture] = [pictures[o.item]!];
        expect(o.distance).toBeGreaterThan(distances(net, picture).l2 * 0.999);
        // A little less of the same change does not fool.
        const less = picture.image.map((x, i) => x + 0.98 * (o.picture[i]! - x));
        const z = net.answer(less);
        expect(z.indexOf(Math.max(...z))).toBe(o.label);
      }
  });

  it("contrast fools nets that live by it, at the strength where they flip", async () => {
    // z = mean(x) − 0.4 against 0: below mid-grey's 0.5 only dark pictures are class 1.
    const dark = classifierFrom(2, [1, 2, 2], (g, x) => {
      const mean = g.mean(x, [1, 2, 3]);
      return g.concat([g.sub(mean, 0.4), g.mul(mean, 0)], 1);
    });
    const picture = { item: 0, image: new Float32Array(4).fill(0.2), label: 1 };
    const [o] = await attackAll(dark, contrast({ norm: linf }), [picture], options);
    expect(o!.success).toBe(true);
    for (const x of o!.picture) expect(x).toBeCloseTo(0.4, 4);
  });

  it("random draws stay in the budget and are counted", async () => {
    const eps = distances(net, pictures[0]!).linf * 0.9;
    const [o] = await attackAll(net, randomDraws({ norm: linf, eps, draws: 40 }), pictures.slice(0, 1), options);
    expect(o).toMatchObject({ success: false, queries: 41, gradients: 0 });
  });
});

describe("changes of few pixels", () => {
  // One pixel decides.
  const spot = classifierFrom(2, [3, 4, 4], (g, x) => {
    const pixel = g.reshape(g.slice(x, [1, 2, 3], [1, 2, 1], [2, 3, 2]), [x.shape[0]!, 1]);
    return g.concat([g.sub(0.7, pixel), g.sub(pixel, 0.7)], 1);
  });
  const grey = { item: 5, image: new Float32Array(48).fill(0.5), label: 0 };

  it("find the pixel that decides", async () => {
    const [one] = await attackAll(spot, singlePixel({ norm: linf }), [grey], options);
    expect(one).toMatchObject({ success: true, pixels: 1 });
    const [few] = await attackAll(spot, pointwise({ norm: linf }), [grey], options);
    expect(few).toMatchObject({ success: true, pixels: 1 });
    const [more] = await attackAll(spot, saltAndPepper({ norm: linf, draws: 3 }), [grey], options);
    expect(more!.success).toBe(true);
    expect(more!.pixels).toBeGreaterThanOrEqual(1);
    expect(more!.picture.every((x) => x === 0.5 || x === 0 || x === 1)).toBe(true);
  });
});

describe("blur", () => {
  it("keeps the sum of each row and an even picture as it is", () => {
    for (const sigma of [0, 0.5, 3]) {
      const m = blurMatrix(5, sigma);
      for (let i = 0; i < 5; i++) expect(m.subarray(5 * i, 5 * i + 5).reduce((s, x) => s + x, 0)).toBeCloseTo(1, 6);
    }
  });
  it("fools a net that counts on an edge", async () => {
    const edge = classifierFrom(2, [1, 2, 8], (g, x) => {
      const step = g.sub(g.slice(x, [2, 3], [0, 4], [1, 5]), g.slice(x, [2, 3], [0, 3], [1, 4]));
      const z = g.reshape(step, [x.shape[0]!, 1]);
      return g.concat([z, g.sub(0.5, z)], 1);
    });
    const image = Float32Array.from({ length: 16 }, (_, i) => (i % 8 < 4 ? 0 : 1));
    const [o] = await attackAll(edge, blur({ norm: l2 }), [{ item: 0, image, label: 0 }], options);
    expect(o!.success).toBe(true);
    expect(o!.picture[4]! - o!.picture[3]!).toBeCloseTo(0.25, 2);
  });
});

describe("turns and shifts", () => {
  it("find a shift that moves a spot from one place to another", async () => {
    const left = classifierFrom(2, [1, 5, 5], (g, x) => {
      const at = (column: number) => g.reshape(g.slice(x, [2, 3], [2, column], [3, column + 1]), [x.shape[0]!, 1]);
      return g.concat([g.add(at(2), 0.01), at(3)], 1);
    });
    const image = new Float32Array(25);
    image[12] = 1;
    const [o] = await attackAll(
      left,
      spatial({ norm: l2, degrees: 10, shift: 0.2, angles: 3, shifts: 3 }),
      [{ item: 0, image, label: 0 }],
      options,
    );
    expect(o).toMatchObject({ success: true, answer: 1 });
    expect(o!.picture.reduce((s, x) => s + x, 0)).toBeCloseTo(1, 2);
  });
});

describe("bands", () => {
  it("part a picture, and hold the frequencies of their own", async () => {
    const [h, w] = [16, 12];
    const image = rng(3).fillNormal(new Float32Array(h * w));
    const g = builderOf();
    const v = g.input("v", "float32", [1, 1, h, w]);
    for (const band of ["low", "middle", "high"] as const) g.output(inBand(g, v, band), band);
    const program = await compile(g.graph, options);
    const out = await program.run({ v: tensor("float32", [1, 1, h, w], image) });
    await program.dispose();
    const part = (band: Band) => out[band]!.data as Float32Array;
    image.forEach((x, i) => {
      expect(part("low")[i]! + part("middle")[i]! + part("high")[i]!).toBeCloseTo(x, 4);
    });
    const k = w / 2 + 1;
    for (const [band, [above, upTo]] of Object.entries({
      low: [-1, 1 / 12],
      middle: [1 / 12, 1 / 4],
      high: [1 / 4, 1],
    } as const)) {
      const spectrum = rfft2(Float64Array.from(part(band as Band)), h, w);
      for (let y = 0; y < h; y++)
        for (let x = 0; x < k; x++) {
          const f = Math.max(Math.min(y, h - y) / h, x / w);
          const size = Math.hypot(spectrum[y * 2 * k + x]!, spectrum[y * 2 * k + k + x]!);
          if (f <= above || f > upTo) expect(size).toBeLessThan(1e-3);
        }
    }
  });
  it("find what a net listens to", async () => {
    // A checkerboard decides: the highest frequency there is.
    const board = classifierFrom(2, [1, 8, 8], (g, x) => {
      const signs = Float32Array.from({ length: 64 }, (_, i) => ((i + (i >> 3)) % 2 ? -1 : 1) / 64);
      const z = g.sum(g.mul(x, g.numbers(signs, [1, 1, 8, 8], "float32")), [1, 2, 3], false);
      return g.concat([g.reshape(g.add(z, 0.02), [x.shape[0]!, 1]), g.reshape(g.neg(z), [x.shape[0]!, 1])], 1);
    });
    const picture = { item: 0, image: rng(1).fillUniform(new Float32Array(64), 0.499, 0.501), label: 0 };
    const run = async (band: Band) =>
      (await attackAll(board, bandPgd({ norm: linf, eps: 0.05, steps: 5, band }), [picture], options))[0]!;
    expect((await run("high")).success).toBe(true);
    expect((await run("low")).success).toBe(false);
    expect((await run("middle")).success).toBe(false);
  });
});

describe("random views", () => {
  const shifts = crop({ size: [4, 4], jitter: [2] });

  it("count each view, average the gradient, and depend on the picture's number alone", async () => {
    const many = eot(net, [shifts], 4);
    const method = pgd({ norm: linf, eps: 0.2, steps: 3 });
    const all = await attackAll(many, method, pictures, { ...options, batch: 2 });
    const alone = await attackAll(many, method, pictures.slice(1, 3), { ...options, batch: 2 });
    expect(alone).toEqual(all.slice(1, 3));
    for (const o of all) expect(o.queries % 4).toBe(0);
    expect(all.some((o) => o.gradients > 0)).toBe(true);
  });
  it("of no change are the net itself", async () => {
    const still = eot(net, [crop({ size: [4, 4], jitter: [] })], 2);
    const method = pgd({ norm: linf, eps: 0.01, steps: 3, randomStart: false });
    const [a, b] = [await attackAll(still, method, pictures, options), await attackAll(net, method, pictures, options)];
    a.forEach((o, i) => {
      o.picture.forEach((x, j) => {
        expect(x).toBeCloseTo(b[i]!.picture[j]!, 5);
      });
    });
  });
});

describe("transfer", () => {
  it("shows one net's adversarial pictures to another", async () => {
    const eps = Math.max(...pictures.map((p) => distances(net, p).linf)) * 1.5;
    const method = pgd({ norm: linf, eps, steps: 10 });
    const made = await attackAll(net, method, pictures, options);
    const again = await attackAll(net, transferOf(made, method), pictures, options);
    expect(again.map((o) => o.success)).toEqual(made.map((o) => o.success));
    expect(again.every((o) => o.attack === "transfer-pgd-linf" && o.gradients === 0)).toBe(true);
    const deaf = classifierFrom(3, net.picture, (g, x) =>
      g.add(g.mul(net.logits(g, x, {}), 0), g.numbers([1, 0, 0], [3], "float32")),
    );
    const shown = await attackAll(
      deaf,
      transferOf(made, method),
      pictures.map((p) => ({ ...p, label: 0 })),
      options,
    );
    expect(shown.some((o) => o.success)).toBe(false);
  });
});
