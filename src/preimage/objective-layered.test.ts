/** @file The algebra of objectives over several layers: its laws, and which layers the results read. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { convNet } from "../../test/fixtures/conv-nets.ts";
import { evaluate, uniform } from "../../test/fixtures/run.ts";
import { gradient } from "../autodiff/gradient.ts";
import type { SourceValue, Value } from "../graph/graph.ts";
import { parseAddress } from "../model/address.ts";
import { type Tensor, toNumbers } from "../tensor/tensor.ts";
import { diversity } from "./objective-gram.ts";
import {
  add,
  at,
  interpolate,
  type LayeredObjective,
  mul,
  neg,
  sub,
  type Term,
  unitObjective,
} from "./objective-layered.ts";
import { wholeLayer } from "./objectives.ts";

const model = convNet();
const seed = 20240607;
const shapes: Readonly<Record<string, number[]>> = { conv: [3, 4, 3, 3], pool: [3, 4, 2, 2], logits: [3, 5] };
const layerOf = (name: string): SourceValue => parseAddress(model, name).layer.value;
const activations = new Map<SourceValue, Tensor>(
  Object.entries(shapes).map(([name, dims], i) => [layerOf(name), uniform("float64", dims, [-1, 1], i + 1)]),
);

const unit = (address: string): LayeredObjective => unitObjective(parseAddress(model, address));

const onePicture = (value: Value): { value: Value; channelAxis: number } => ({
  value: { ...value, shape: value.shape.with(0, 1) },
  channelAxis: 1,
});

/** The objective for three pictures, whose activations stand above. */
async function valuesOf({ layers, on }: LayeredObjective): Promise<number[]> {
  const inputs = Object.fromEntries(layers.map((v, i) => [`a${i}`, activations.get(v)!]));
  const { y } = await evaluate(inputs, (g, v) => {
    const values = layers.map((_, i) => v[`a${i}`]!);
    return { y: on(values.map(onePicture))(g, values) };
  });
  return toNumbers(y!);
}

const names = ["conv:1", "conv:3@1,2", "pool:0", "pool", "conv@0,1", "logits:4", "logits:2"];
const leaf = fc.constantFrom(...names).map(unit);
const weight = fc.integer({ min: -8, max: 8 }).map((x) => x / 4);
const term = (depth: number): fc.Arbitrary<LayeredObjective> =>
  depth === 0
    ? leaf
    : fc.oneof(
        leaf,
        fc
          .tuple(fc.constantFrom(add, sub, mul), term(depth - 1), fc.oneof(weight, term(depth - 1)))
          .map(([f, a, b]: [typeof add, LayeredObjective, Term]) => f(a, b)),
      );
const any = term(2);

const laws: readonly (readonly [
  string,
  (a: LayeredObjective, b: LayeredObjective, c: LayeredObjective, k: number) => [LayeredObjective, LayeredObjective],
])[] = [
  ["a + b = b + a", (a, b) => [add(a, b), add(b, a)]],
  ["(a + b) + c = a + (b + c)", (a, b, c) => [add(add(a, b), c), add(a, add(b, c))]],
  ["a b = b a", (a, b) => [mul(a, b), mul(b, a)]],
  ["(a b) c = a (b c)", (a, b, c) => [mul(mul(a, b), c), mul(a, mul(b, c))]],
  ["a (b + c) = a b + a c", (a, b, c) => [mul(a, add(b, c)), add(mul(a, b), mul(a, c))]],
  ["k (a + b) = k a + k b", (a, b, _, k) => [mul(k, add(a, b)), add(mul(k, a), mul(k, b))]],
  ["a − b = a + (−b)", (a, b) => [sub(a, b), add(a, neg(b))]],
  ["−(a − b) = b − a", (a, b) => [neg(sub(a, b)), sub(b, a)]],
  ["a + k = k + a", (a, _b, _c, k) => [add(a, k), add(k, a)]],
  ["k − a = −(a − k)", (a, _b, _c, k) => [sub(k, a), neg(sub(a, k))]],
  ["a = a + b − b", (a, b) => [a, sub(add(a, b), b)]],
];

describe("sums, differences and products", () => {
  it.each(laws)(`%s (seed ${seed})`, async (_, law) => {
    await fc.assert(
      fc.asyncProperty(any, any, any, weight, async (a, b, c, k) => {
        const [left, right] = law(a, b, c, k);
        const [x, y] = [await valuesOf(left), await valuesOf(right)];
        x.forEach((v, i) => {
          expect(Math.abs(v - y[i]!)).toBeLessThan(1e-9 * Math.max(1, Math.abs(v)));
        });
      }),
      { seed, numRuns: 8 },
    );
  });

  it("are what the host computes of the parts", async () => {
    const [a, b, c] = [await valuesOf(unit("conv:1")), await valuesOf(unit("pool")), await valuesOf(unit("logits:4"))];
    const got = await valuesOf(add(mul(unit("conv:1"), unit("pool")), mul(-0.5, unit("logits:4"))));
    got.forEach((x, i) => {
      expect(x).toBeCloseTo(a[i]! * b[i]! - 0.5 * c[i]!, 12);
    });
  });

  it("read each layer once", () => {
    const e = add(mul(unit("conv:1"), unit("pool:0")), sub(unit("conv:2"), mul(2, unit("pool:0"))));
    expect(e.layers).toEqual([layerOf("conv"), layerOf("pool")]);
  });

  it("pass slopes by the product rule", async () => {
    const [a, b] = [unit("conv:0@0,0"), unit("logits:1")];
    const product = mul(a, b);
    const inputs = Object.fromEntries(product.layers.map((v, i) => [`a${i}`, activations.get(v)!]));
    const { slope } = await evaluate(inputs, (g, v) => {
      const values = product.layers.map((_, i) => v[`a${i}`]!);
      const y = product.on(values.map(onePicture))(g, values);
      return { slope: gradient(g, g.sum(y, undefined, false), [v.a0!])[0]! };
    });
    const other = await valuesOf(b);
    toNumbers(slope!).forEach((d, i) => {
      expect(d).toBeCloseTo(i % 36 === 0 ? other[i / 36]! : 0, 12);
    });
  });

  it("of numbers alone are refused", () => {
    expect(() => add(1, 2)).toThrow(/expected an objective that reads a layer, got 1 and 2/);
  });
});

describe("interpolate", () => {
  it("goes from the first objective to the second along the batch", async () => {
    const [a, b] = [await valuesOf(unit("conv:1")), await valuesOf(unit("logits:2"))];
    const got = await valuesOf(interpolate(unit("conv:1"), unit("logits:2")));
    [0, 0.5, 1].forEach((share, i) => {
      expect(got[i]).toBeCloseTo((1 - share) * a[i]! + share * b[i]!, 12);
    });
  });

  it("gives the views of a picture the same share", async () => {
    const e = interpolate(unit("logits:0"), unit("logits:1"));
    const a = uniform("float64", [4, 5], [-1, 1], 4);
    const { y } = await evaluate({ a }, (g, v) => {
      return { y: e.on([onePicture(v.a!)])(g, [v.a!], 2) };
    });
    expect(toNumbers(y!)).toEqual([a.data[0], a.data[5], a.data[11], a.data[16]]);
  });
});

describe("comparesPictures", () => {
  const whole = parseAddress(model, "conv");
  const diverse = at(whole, ({ axis }) => diversity(axis), { comparesPictures: true });
  it.each([
    ["a unit", unit("conv:1"), false],
    ["diversity", diverse, true],
    ["a sum with diversity", add(unit("conv:1"), mul(2, diverse)), true],
    ["interpolate", interpolate(unit("conv:1"), unit("conv:2")), true],
    ["a product of units", mul(unit("conv:1"), unit("logits:2")), false],
  ])("of %s", (_, { comparesPictures }, expected) => {
    expect(comparesPictures).toBe(expected);
  });
});

describe("at", () => {
  const sized = { value: { name: "a", dtype: "float32", shape: [1, 4, 3, 3] }, channelAxis: 1 } as const;
  const seen = (address: string): readonly number[] => {
    let shape: readonly number[] = [];
    at(parseAddress(model, address), (place) => {
      shape = place.shape;
      return wholeLayer;
    }).on([sized]);
    return shape;
  };

  it.each([
    ["conv", [1, 4, 3, 3]],
    ["conv:2", [1, 1, 3, 3]],
    ["conv@1,2", [1, 4, 1, 1]],
    ["conv:2@1,2", [1, 1, 1, 1]],
  ])("sees of %s a part of shape %j", (address, shape) => {
    expect(seen(address)).toEqual(shape);
  });

  it("cuts a code as it cuts activations", () => {
    const code = uniform("float32", [1, 4, 3, 3]);
    let part: number[] = [];
    at(parseAddress(model, "conv@1,2"), (place) => {
      part = toNumbers(place.cut(code));
      expect(() => place.cut(uniform("float32", [1, 4, 2, 2]))).toThrow(/code of shape \[1,4,3,3\], got \[1,4,2,2\]/);
      return wholeLayer;
    }).on([sized]);
    expect(part).toEqual([0, 1, 2, 3].map((c) => code.data[9 * c + 5]));
  });

  it.each([
    ["conv:4", /no channel 4: expected 0 to 3/],
    ["conv:1@3,0", /no position 3,0: expected 0 to 2/],
  ])("refuses %s", (address, message) => {
    expect(() => seen(address)).toThrow(message);
  });

  it("refuses a single number", () => {
    const scalar = { value: { ...sized.value, shape: [] }, channelAxis: undefined };
    expect(() => at(parseAddress(model, "conv"), () => wholeLayer).on([scalar])).toThrow(/single number/);
  });
});
