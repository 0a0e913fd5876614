/** @file Every objective on a layer against sums written out, in each layout, and its slope against central differences. */

import { describe, expect, it } from "vitest";
import { evaluate, gradientError, uniform } from "../../test/fixtures/run.ts";
import { gradient } from "../autodiff/gradient.ts";
import { fromNumbers, type Tensor, toNumbers } from "../tensor/tensor.ts";
import type { Objective } from "./axes.ts";
import { alignment } from "./objective-batch.ts";
import { diversity, style } from "./objective-gram.ts";
import { borderActivity, l1, l2, variation } from "./objective-penalties.ts";
import { alike, direction, exaggerate, sameCode, wholeLayer } from "./objectives.ts";

const [N, C, SIDE] = [3, 4, 3] as const;
const P = SIDE * SIDE;

/** [picture][channel][position]. */
type Features = readonly (readonly (readonly number[])[])[];

interface Layout {
  readonly axis: number;
  /** Positions before the grid. */
  readonly before: number;
  readonly dims: (pictures: number) => number[];
  /** Picture, channel and position of each element. */
  readonly order: (pictures: number) => [number, number, number][];
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const channelsFirst = (n: number): [number, number, number][] =>
  range(n * C * P).map((i) => [Math.floor(i / (C * P)), Math.floor(i / P) % C, i % P]);
const channelsLast =
  (positions: number) =>
  (n: number): [number, number, number][] =>
    range(n * C * positions).map((i) => [Math.floor(i / (C * positions)), i % C, Math.floor(i / C) % positions]);

const layouts: Readonly<Record<string, Layout>> = {
  "[N,C,H,W]": { axis: 1, before: 0, dims: (n) => [n, C, SIDE, SIDE], order: channelsFirst },
  "[N,H,W,C]": { axis: 3, before: 0, dims: (n) => [n, SIDE, SIDE, C], order: channelsLast(P) },
  "[N,T,C]": { axis: 2, before: 0, dims: (n) => [n, P, C], order: channelsLast(P) },
  "[N,1+T,C]": { axis: 2, before: 1, dims: (n) => [n, P + 1, C], order: channelsLast(P + 1) },
};

const read = (t: Tensor, { order, before }: Layout): number[][][] => {
  const pictures = t.dims[0]!;
  const out = range(pictures).map(() => range(C).map(() => new Array<number>(P + before).fill(0)));
  const data = toNumbers(t);
  order(pictures).forEach(([n, c, p], i) => {
    out[n]![c]![p] = data[i]!;
  });
  return out;
};

const sum = (x: readonly number[]): number => x.reduce((s, v) => s + v, 0);
const flat = (picture: readonly (readonly number[])[]): number[] => picture.flat();
const dot = (a: readonly number[], b: readonly number[]): number => sum(a.map((x, i) => x * b[i]!));
const gram = (f: readonly (readonly number[])[]): number[] => f.flatMap((a) => f.map((b) => dot(a, b) / a.length));
const cosine = (a: readonly number[], b: readonly number[]): number => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
const each =
  (of: (picture: readonly (readonly number[])[]) => number) =>
  (pictures: Features): number[] =>
    pictures.map(of);

interface Row {
  readonly name: string;
  readonly objective: (layout: Layout, code: Tensor<"float32">) => Objective;
  readonly expected: (pictures: Features, code: readonly (readonly number[])[]) => number[];
  /** Leaves the class token out. */
  readonly grid?: boolean;
}

const vector = [0.5, -1, 2, 0.25];
/** Of [c][p], row-major in the grid. */
const at = (map: readonly number[], y: number, x: number): number => map[y * SIDE + x]!;

const rows: readonly Row[] = [
  { name: "wholeLayer", objective: () => wholeLayer, expected: each((f) => dot(flat(f), flat(f)) / flat(f).length) },
  ...[0, 1, 3].map(
    (power): Row => ({
      name: `direction, power ${power}`,
      objective: ({ axis }) => direction(vector, { axis, power }),
      expected: each((f) => {
        const terms = f[0]!.map((_, p) => {
          const a = f.map((channel) => channel[p]!);
          return dot(a, vector) * Math.max(0.1, cosine(a, vector)) ** power;
        });
        return sum(terms) / terms.length;
      }),
    }),
  ),
  { name: "l1", objective: () => l1(0.2), expected: each((f) => sum(flat(f).map((x) => Math.abs(x - 0.2)))) },
  {
    name: "l2",
    objective: () => l2(0.2),
    expected: each((f) => Math.sqrt(1e-6 + sum(flat(f).map((x) => (x - 0.2) ** 2)))),
  },
  {
    name: "variation",
    grid: true,
    objective: ({ axis }) => variation(axis),
    expected: each((f) =>
      sum(
        f.flatMap((map) =>
          range(P).map((p) => {
            const [y, x] = [Math.floor(p / SIDE), p % SIDE];
            const right = x + 1 < SIDE ? Math.abs(at(map, y, x + 1) - at(map, y, x)) : 0;
            return right + (y + 1 < SIDE ? Math.abs(at(map, y + 1, x) - at(map, y, x)) : 0);
          }),
        ),
      ),
    ),
  },
  {
    name: "borderActivity",
    grid: true,
    objective: ({ axis }) => borderActivity({ axis, value: 0.3 }),
    expected: each((f) =>
      sum(
        f.flatMap((map) =>
          range(P).map((p) => {
            const [y, x] = [Math.floor(p / SIDE), p % SIDE];
            if (y === 1 && x === 1) return 0;
            let [total, weight] = [0, 0];
            for (const v of range(SIDE))
              for (const u of range(SIDE)) {
                const w = Math.max(Math.abs(v - y), Math.abs(u - x)) === 2 ? 0.5 : 1;
                total += w * at(map, v, u);
                weight += w;
              }
            const here = at(map, y, x);
            return (total / weight - here) ** 2 + 0.8 * (here - 0.3) ** 2;
          }),
        ),
      ),
    ),
  },
  {
    name: "exaggerate",
    objective: (_, code) => exaggerate(code),
    expected: (pictures, code) => {
      const w = flat(code).map((x) => Math.max(x, 0));
      return pictures.map((f) => dot(flat(f), w) / dot(w, w));
    },
  },
  {
    name: "alike",
    objective: (_, code) => alike(code, 2),
    expected: (pictures, code) => {
      const w = flat(code);
      return pictures.map((f) => (dot(flat(f), w) / dot(w, w)) * Math.max(0.1, cosine(flat(f), w)) ** 2);
    },
  },
  {
    name: "sameCode",
    objective: (_, code) => sameCode(code, 20),
    expected: (pictures, code) =>
      pictures.map((f) => {
        const d = flat(f).map((x, i) => x - flat(code)[i]!);
        return (-20 * dot(d, d)) / dot(flat(code), flat(code));
      }),
  },
  {
    name: "style",
    grid: true,
    objective: ({ axis }, code) => style(code, axis),
    expected: (pictures, code) =>
      pictures.map((f) => {
        const target = gram(code);
        const d = gram(f).map((x, i) => x - target[i]!);
        return -dot(d, d) / dot(target, target);
      }),
  },
  {
    name: "diversity",
    grid: true,
    objective: ({ axis }) => diversity(axis),
    expected: (pictures) =>
      pictures.map((f) => {
        const others = pictures.filter((other) => other !== f);
        return 1 - sum(others.map((other) => cosine(gram(f), gram(other)))) / others.length;
      }),
  },
  {
    name: "alignment",
    objective: () => alignment(3),
    expected: (pictures) =>
      pictures.map(
        (f, i) =>
          -sum(
            pictures.map((other, j) => {
              const d = flat(f).map((x, k) => x - flat(other)[k]!);
              return i === j ? 0 : (0.5 * dot(d, d)) / d.length / 3 ** Math.abs(i - j);
            }),
          ),
      ),
  },
];

const valuesOf = async (objective: Objective, a: Tensor, views?: number): Promise<number[]> =>
  toNumbers((await evaluate({ a }, (g, v) => ({ y: objective(g, [v.a!], views) }))).y!);

const expectNear = (got: readonly number[], wanted: readonly number[]): void => {
  expect(got.length).toBe(wanted.length);
  got.forEach((x, i) => {
    expect(Math.abs(x - wanted[i]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(wanted[i]!)));
  });
};

describe.each(Object.entries(layouts))("%s", (name, layout) => {
  const a = uniform("float64", layout.dims(N), [-1, 1], 1);
  const code = uniform("float32", layout.dims(1), [-1, 1], 2);
  const gridOnly = (f: Features): Features => f.map((picture) => picture.map((map) => map.slice(layout.before)));

  it.each(rows)("$name", async ({ objective, expected, grid }) => {
    const [f, k] = [read(a, layout), read(code, layout)];
    const wanted = grid ? expected(gridOnly(f), gridOnly(k)[0]!) : expected(f, k[0]!);
    expectNear(await valuesOf(objective(layout, code), a), wanted);
  });

  if (name !== "[N,C,H,W]" && name !== "[N,1+T,C]") return;
  it.each(rows)("$name has the right slope", async ({ objective }) => {
    expect(await gradientError(a, (g, v) => objective(layout, code)(g, [v]))).toBeLessThan(1e-6);
  });
});

describe("views of a picture", () => {
  const layout = layouts["[N,C,H,W]"]!;
  const shown = uniform("float64", layout.dims(6), [-1, 1], 3);
  const views = read(shown, layout);

  it("count as more positions for diversity", async () => {
    const pictures = [0, 1, 2].map((i) => range(C).map((c) => [...views[2 * i]![c]!, ...views[2 * i + 1]![c]!]));
    const expected = rows.find((r) => r.name === "diversity")!.expected(pictures, []);
    expectNear(
      await valuesOf(diversity(), shown, 2),
      expected.flatMap((x) => [x, x]),
    );
  });

  it("are compared one by one for alignment", async () => {
    const each = [0, 1].map((view) =>
      rows
        .find((r) => r.name === "alignment")!
        .expected(
          [0, 1, 2].map((i) => views[2 * i + view]!),
          [],
        ),
    );
    const expected = [0, 1, 2].map((i) => (each[0]![i]! + each[1]![i]!) / 2);
    expectNear(
      await valuesOf(alignment(3), shown, 2),
      expected.flatMap((x) => [x, x]),
    );
  });
});

describe("a picture alone", () => {
  const alone = uniform("float64", [2, C, SIDE, SIDE]);
  it.each([
    ["diversity", diversity()],
    ["alignment", alignment()],
  ])("has nothing to be compared with: %s is 0", async (_, objective) => {
    expect(await valuesOf(objective, alone, 2)).toEqual([0, 0]);
  });
});

describe("a silent layer", () => {
  const silent = fromNumbers("float64", new Array(C * P).fill(0), [1, C, SIDE, SIDE]);

  it("gives direction a slope, 0.1 v / P with power 1", async () => {
    expect(await gradientError(silent, (g, v) => direction(vector, { power: 1 })(g, [v]))).toBeLessThan(1e-6);
  });

  it.each([
    ["l1", l1()],
    ["l2", l2()],
    ["variation", variation()],
  ])("gives %s the slope zero", async (_, objective) => {
    const { slope } = await evaluate({ a: silent }, (g, v) => ({
      slope: gradient(g, g.sum(objective(g, [v.a!]), undefined, false), [v.a!])[0]!,
    }));
    expect(toNumbers(slope!).map(Math.abs)).toEqual(new Array(C * P).fill(0));
  });
});

it.each([
  [[1, 2, 3], /has 3 numbers, but the layer has 4 channels/],
  [[0, 0, 0, 0], /zero everywhere/],
  [[0, Number.NaN, 0, 1], /not finite/],
])("direction refuses %j", async (v, message) => {
  await expect(valuesOf(direction(v), uniform("float32", [1, C, SIDE, SIDE]))).rejects.toThrow(message);
});
