/** @file Norms, losses and the net as attacks see it, against direct computation on the host. */

import { describe, expect, it } from "vitest";
import { shapesTest } from "../../test/fixtures/shapes.ts";
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { openModel } from "../model/model.ts";
import { conv, globalMean, linear, type NetBuilder, relu } from "../nets/layers.ts";
import { netSource, sourceBytes } from "../nets/net.ts";
import { builderOf } from "../ops/builder.ts";
import { compile } from "../runtime/compile.ts";
import { rng } from "../tensor/rng.ts";
import { fromNumbers, type Tensor, tensor, toNumbers } from "../tensor/tensor.ts";
import type { Picture } from "./attack.ts";
import { pgd } from "./attacks/pgd.ts";
import { classifierOf } from "./classifier.ts";
import { look } from "./course.ts";
import { crossEntropy, dlr, type Loss, margin, targetedCrossEntropy, targetedDlr, targetedMargin } from "./losses.ts";
import { expectEps, intoBall, normOf, norms } from "./norms.ts";
import { picturesOf } from "./pictures.ts";
import { graphOf } from "./rows.ts";
import { attackAll } from "./run.ts";

const options = { device: "cpu", threads: 1 } as const;

async function compute(
  inputs: Record<string, Tensor>,
  build: (g: Builder, v: Record<string, Value>) => Value,
): Promise<number[]> {
  const g = builderOf();
  const values = Object.fromEntries(Object.entries(inputs).map(([name, t]) => [name, g.input(name, t.dtype, t.dims)]));
  g.output(build(g, values), "out");
  const program = await compile(g.graph, options);
  const { out } = await program.run(inputs);
  await program.dispose();
  return toNumbers(out!);
}

describe.each(["linf", "l2"] as const)("%s", (name) => {
  const norm = norms[name];
  const [n, shape] = [6, [6, 2, 3, 3]];
  const d = 18;
  const random = rng(5).fork(name);
  const origin = random.fillUniform(new Float32Array(n * d));
  const x = random.fillUniform(new Float32Array(n * d), -0.5, 1.5);
  const eps = Float32Array.from({ length: n }, (_, i) => 0.1 * i);
  const t = (v: Float32Array, s: readonly number[] = shape) => tensor("float32", s, v);
  const row = (v: ArrayLike<number>, i: number) => Float32Array.from({ length: d }, (_, j) => v[i * d + j]!);

  it("brings points into the ball and into 0…1, and moves none that is there", async () => {
    const into = (from: Float32Array) =>
      compute({ x: t(from), origin: t(origin), eps: t(eps, [n, 1, 1, 1]) }, (g, v) =>
        intoBall(g, norm, v.x!, v.origin!, v.eps!),
      );
    const once = Float32Array.from(await into(x));
    for (let i = 0; i < n; i++) expect(norm.distance(row(once, i), row(origin, i))).toBeLessThanOrEqual(eps[i]! + 1e-6);
    expect(once.every((v) => v >= 0 && v <= 1)).toBe(true);
    (await into(once)).forEach((v, i) => {
      expect(v).toBeCloseTo(once[i]!, 6);
    });
  });

  it("steps steepest: ⟨slope, u⟩ is the dual norm, u of size 1; no slope, no step, and tiny slopes do", async () => {
    for (const scale of [1, 1e-30]) {
      const slope = x.map((v, i) => (i < d ? 0 : v * scale));
      const u = await compute({ s: t(slope) }, (g, { s }) => norm.steepest(g, s!));
      const dual = await compute({ s: t(slope) }, (g, { s }) => norm.dual(g, s!));
      const size = await compute({ s: t(Float32Array.from(u)) }, (g, { s }) => norm.size(g, s!));
      expect(u.slice(0, d).every((v) => v === 0)).toBe(true);
      for (let i = 1; i < n; i++) {
        const along = row(u, i).reduce((s, v, j) => s + v * slope[i * d + j]!, 0);
        expect(along / dual[i]!).toBeCloseTo(1, 4);
        expect(size[i]).toBeCloseTo(1, 5);
      }
    }
  });

  it("draws points of the ball and of its rim", () => {
    const zero = new Float32Array(d);
    for (let i = 0; i < 50; i++) {
      expect(norm.distance(norm.ball(random.fork(i), d), zero)).toBeLessThanOrEqual(1 + 1e-6);
      expect(norm.distance(norm.sphere(random.fork(i), d), zero)).toBeCloseTo(1, 5);
    }
  });
});

it("norms and budgets that are none are refused", () => {
  expect(normOf("Linf")).toBe(norms.linf);
  expect(normOf("L∞")).toBe(norms.linf);
  expect(() => normOf("l3")).toThrow('norm: expected linf or l2, got "l3"');
  expect(() => expectEps(norms.linf, 8, 100)).toThrow("8/255");
  expect(() => expectEps(norms.linf, Number.NaN, 100)).toThrow("eps: expected a number from 0 to 1");
  expect(() => expectEps(norms.l2, 128, 3072)).toThrow("128/255");
  expect(() => expectEps(norms.l2, 3, 3072)).not.toThrow();
});

describe("losses", () => {
  const [n, k] = [20, 5];
  const random = rng(8).fork("logits");
  const z = random.fillNormal(new Float32Array(n * k), 0, 3);
  const labels = Array.from({ length: n }, () => random.int(0, k));
  const targets = labels.map((y) => (y + random.int(1, k)) % k);
  const hot = (c: readonly number[]) =>
    fromNumbers(
      "float32",
      c.flatMap((at) => Array.from({ length: k }, (_, i) => Number(i === at))),
      [n, 1, k],
    );
  const expected: Record<string, (z: number[], y: number, t: number) => number> = {
    ce: (z, y) => Math.log(z.reduce((s, v) => s + Math.exp(v), 0)) - z[y]!,
    "ce-targeted": (z, _, t) => z[t]! - Math.log(z.reduce((s, v) => s + Math.exp(v), 0)),
    margin: (z, y) => Math.max(...z.filter((_, i) => i !== y)) - z[y]!,
    "margin-targeted": (z, _, t) => z[t]! - Math.max(...z.filter((_, i) => i !== t)),
    dlr: (z, y) => {
      const s = z.toSorted((a, b) => b - a);
      return -(z[y]! - Math.max(...z.filter((_, i) => i !== y))) / (s[0]! - s[2]!);
    },
    "dlr-targeted": (z, y, t) => {
      const s = z.toSorted((a, b) => b - a);
      return -(z[y]! - z[t]!) / (s[0]! - (s[2]! + s[3]!) / 2);
    },
  };

  it.each([crossEntropy, targetedCrossEntropy, margin, targetedMargin, dlr, targetedDlr])(
    "$name is as published",
    async (loss: Loss) => {
      const out = await compute(
        { z: tensor("float32", [n, 1, k], z), label: hot(labels), target: hot(targets) },
        (g, v) => loss.of(g, v.z!, { label: v.label!, target: v.target! }),
      );
      out.forEach((v, i) => {
        const own = Array.from(z.subarray(i * k, (i + 1) * k));
        expect(v).toBeCloseTo(expected[loss.name]!(own, labels[i]!, targets[i]!), 3);
      });
    },
  );
});

describe("the net as attacks see it", () => {
  const build =
    (end: (g: Builder, z: Value) => Value): NetBuilder =>
    (g, image, random) => {
      const net = { g, random };
      const x = relu(net, conv(net, image, "conv1", 4, { bias: true }), "relu1");
      return end(g, linear(net, globalMean(net, x, "mean"), "fc", 3));
    };
  const logits = build((_, z) => z);
  const open = (builder: NetBuilder, preprocessing = {}, output = "logits") => {
    const source = netSource(builder, { picture: [3, 16, 16], seed: 1 });
    const [last] = source.outputs;
    const renamed = { ...last!, name: output };
    const nodes = source.nodes.map((n) => ({ ...n, outputs: n.outputs.map((v) => (v === last ? renamed : v)) }));
    return openModel(sourceBytes({ ...source, outputs: [renamed], nodes }), { preprocessing });
  };

  const answers = async (model: ReturnType<typeof open>, images: Float32Array) => {
    const net = await classifierOf(model, options);
    const program = await compile(graphOf(net, look, 2), options);
    const out = await program.run({ x: tensor("float32", [2, 3, 16, 16], images) });
    await program.dispose();
    return { net, z: toNumbers(Object.values(out)[0]!) };
  };
  const images = rng(4).fillUniform(new Float32Array(2 * 768));
  const close = (a: number[], b: number[]) =>
    a.forEach((v, i) => {
      expect(v).toBeCloseTo(b[i]!, 3);
    });

  it("takes pictures in 0…1 whatever the preprocessing", async () => {
    const plain = { range: [0, 1], mean: [0, 0, 0], std: [1, 1, 1] } as const;
    const { z } = await answers(open(logits, plain), images);
    const bytes = { range: [0, 255], mean: [0, 0, 0], std: [255, 255, 255] } as const;
    close((await answers(open(logits, bytes), images)).z, z);
  });

  it("takes what stands before a softmax, and the logarithm of other probabilities, and says so", async () => {
    const preprocessing = { range: [0, 1], mean: [0, 0, 0], std: [1, 1, 1] } as const;
    const plain = await answers(open(logits, preprocessing), images);
    expect(plain.net.notes).toEqual([]);
    const softmax = build((g, z) => g.op("Softmax", [z], { axis: 1 }));
    const soft = await answers(open(softmax, preprocessing, "p"), images);
    expect(soft.net.notes).toEqual(["the net ends in Softmax: what stands before it is taken"]);
    close(soft.z, plain.z);
    const own = build((g, z) => {
      const e = g.exp(z);
      return g.div(e, g.sum(e, [1]));
    });
    // The second calls its probabilities by the name of what it has not.
    for (const model of [open(own, preprocessing, "p"), open(softmax, preprocessing)]) {
      const { net, z } = await answers(model, images);
      expect(net.notes).toEqual(["the net's output is probabilities, not logits: their logarithm is used"]);
      // The same but for a constant each.
      close(
        [0, 1, 2].map((i) => z[i]! - z[0]!),
        [0, 1, 2].map((i) => plain.z[i]! - plain.z[0]!),
      );
    }
  });

  it("refuses nets of one class", async () => {
    const one = build((g, z) => g.slice(z, [1], [0], [1]));
    await expect(classifierOf(open(one), options)).rejects.toThrow("two or more classes");
  });

  it("is attacked on a data set's pictures", async () => {
    const net = await classifierOf(open(logits), options);
    const pictures: Picture[] = [];
    for await (const p of picturesOf(net, shapesTest(3, 2), 4)) pictures.push(p);
    expect(pictures.map((p) => p.item)).toEqual([0, 1, 2, 3]);
    expect(pictures.every(({ image }) => image.every((x) => x >= 0 && x <= 1))).toBe(true);
    const outcomes = await attackAll(net, pgd({ norm: norms.linf, eps: 0.5, steps: 5 }), pictures, {
      ...options,
      batch: 2,
    });
    expect(outcomes.map((o) => o.item)).toEqual([0, 1, 2, 3]);
    const small = { name: "small", picture: [3, 8, 8] } as const;
    await expect(picturesOf(small, shapesTest(3, 1)).next()).rejects.toThrow(
      "the pictures are 16×16, and small takes 8×8",
    );
    const unlabelled = (async function* () {
      for await (const b of shapesTest(3, 1)) yield { ...b, labels: b.labels.map(() => -1) };
    })();
    await expect(picturesOf(net, unlabelled).next()).rejects.toThrow("none of the pictures has a label");
  });
});
