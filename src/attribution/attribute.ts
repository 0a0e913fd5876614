/** @file Runs an attribution method: pictures in, maps out, several pictures and looks at once. */

import { expect } from "../error.ts";
import { emptyGraph, type Graph, type Value } from "../graph/graph.ts";
import { builderOf } from "../ops/builder.ts";
import { batchSize } from "../preimage/batches.ts";
import type { DeviceName } from "../runtime/backend.ts";
import { type CompileOptions, compile } from "../runtime/compile.ts";
import type { Image } from "../tensor/image.ts";
import { type Rng, rng } from "../tensor/rng.ts";
import { type Shape, sizeOf, type Tensor, tensor, zeros } from "../tensor/tensor.ts";
import type { Explained } from "./explained.ts";
import type { Method } from "./method.ts";
import { repeated, targets } from "./rows.ts";

/** A picture and the class that is asked about. */
export interface Question {
  /** [C, H, W] in 0…1. */
  readonly image: Float32Array;
  readonly class: number;
  /** Number of the picture in its data: names its random numbers; 0 by default. */
  readonly item?: number;
}

export interface AttributeOptions extends CompileOptions {
  /** Rows (a picture at one look) in one graph; as many as half of the free memory takes by default, at most 8. */
  readonly batch?: number | undefined;
  /** Pictures that there will be at once; 1 by default. */
  readonly pictures?: number | undefined;
  /** Of the methods that draw random numbers; 0 by default. */
  readonly seed?: number | undefined;
}

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told how many looks are done. */
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

/** A method, ready to be asked. */
export interface Attribution {
  readonly method: Method;
  readonly device: DeviceName;
  readonly provider: string;
  /** Pictures that are answered at once. */
  readonly pictures: number;
  /**
   * One map [1, h, w] for each picture: larger where more speaks for the class. Maps of layers have the layer's rows and
   * columns, all others the picture's.
   */
  readonly of: (questions: readonly Question[], options?: AskOptions) => Promise<Image[]>;
  readonly dispose: () => Promise<void>;
}

/**
 * Compiles a method for a net. Dispose of it when it is no longer asked.
 *
 * Throws an `InputError` for class activation maps of a net whose head is not linear, and a batch that does not fit.
 */
export async function openAttribution(
  net: Explained,
  method: Method,
  options: AttributeOptions = {},
): Promise<Attribution> {
  const { pictures: expected = 1, batch: asked, seed = 0, ...compiling } = options;
  expect(
    !method.ofLayer || net.layer,
    () => `${method.name}: no main layer of ${net.name} has rows and columns: name a layer that does, or take gradient`,
  );
  expect(
    !method.needsLinearHead || net.linearHead,
    () =>
      `${method.name}: ${net.layer?.address} of ${net.name} is not followed by global average pooling and a linear layer alone: take grad-cam`,
  );
  const shape = sumShape(net, method);
  const most = Math.min(asked ?? Number.POSITIVE_INFINITY, net.most ?? Number.POSITIVE_INFINITY);
  const rows = batchSize(
    expected * method.looks,
    Number.isFinite(most) ? most : undefined,
    (n) => graphOf(net, method, shape, 1, n).graph,
  );
  const looks = Math.min(rows, method.looks);
  const pictures = Math.max(1, Math.floor(rows / looks));
  const { graph, numbers } = graphOf(net, method, shape, pictures, looks);
  const program = await compile(graph, compiling);

  const several = async (questions: readonly Question[], { signal, progress }: AskOptions): Promise<Image[]> => {
    const image = stacked(
      questions.map((q) => q.image),
      [pictures, ...net.picture],
    );
    const target = targets(
      questions.map((q) => q.class),
      [pictures, net.classes],
    );
    const streams = questions.map((q) =>
      rng(seed)
        .fork("attribution")
        .fork(q.item ?? 0),
    );
    let sum = zeros("float32", [pictures, ...shape]);
    let map: Tensor | undefined;
    for (let first = 0; first < method.looks; first += looks) {
      signal?.throwIfAborted();
      const drawn = numbersOf(net, method, numbers, streams, first, [pictures, looks]);
      const out = await program.run({ image, target, sum, ...drawn });
      sum = out.next as Tensor<"float32">;
      map = out.map;
      progress?.(Math.min(method.looks, first + looks), method.looks);
    }
    const [, ...one] = map!.dims;
    return questions.map((_, i) => {
      const size = sizeOf(one);
      return tensor("float32", one, (map!.data as Float32Array).slice(i * size, (i + 1) * size));
    });
  };
  return {
    method,
    device: program.device,
    provider: program.provider,
    pictures,
    of: async (questions, asking = {}) => {
      const maps: Image[] = [];
      for (let i = 0; i < questions.length; i += pictures)
        maps.push(...(await several(questions.slice(i, i + pictures), asking)));
      return maps;
    },
    dispose: () => program.dispose(),
  };
}

/** One map. */
export async function attribute(
  net: Explained,
  method: Method,
  question: Question,
  options: AttributeOptions & AskOptions = {},
): Promise<Image> {
  const { signal, progress, ...opening } = options;
  const opened = await openAttribution(net, method, opening);
  try {
    const [map] = await opened.of([question], { signal, progress });
    return map!;
  } finally {
    await opened.dispose();
  }
}

/** What the looks at one picture add up to. */
function sumShape(net: Explained, method: Method): Shape {
  const g = builderOf();
  const [, ...shape] = lookAt(g, net, method, 1, 1).added.shape;
  return shape;
}

type Numbers = Readonly<Record<string, Shape>>;

function lookAt(g: ReturnType<typeof builderOf>, net: Explained, method: Method, pictures: number, looks: number) {
  const rows = pictures * looks;
  const image = g.input("image", "float32", [pictures, ...net.picture]);
  const target = repeated(g, g.input("target", "float32", [pictures, net.classes]), looks);
  const shapes = { ...method.numbers?.(net), counts: [] as Shape } as Numbers;
  const numbers: Record<string, Value> = {};
  for (const [name, shape] of Object.entries(shapes))
    numbers[name] = g.input(`look.${name}`, "float32", [rows, ...shape]);
  const added = method.look(g, {
    images: repeated(g, image, looks),
    numbers,
    net,
    see: (images) => net.see(g, images, target),
  });
  // Looks that fill up the last row count for nothing.
  const counted = g.mul(added, g.reshape(numbers.counts!, [rows, ...added.shape.slice(1).map(() => 1)]));
  return { image, shapes, added: counted };
}

function graphOf(
  net: Explained,
  method: Method,
  shape: Shape,
  pictures: number,
  looks: number,
): { readonly graph: Graph; readonly numbers: Numbers } {
  const g = builderOf(emptyGraph(method.name));
  const { image, shapes, added } = lookAt(g, net, method, pictures, looks);
  const sum = g.input("sum", "float32", [pictures, ...shape]);
  const next = g.add(sum, g.sum(g.reshape(added, [pictures, looks, ...shape]), [1], false));
  g.output(next, "next");
  g.output(method.finish?.(g, next, image, net) ?? next, "map");
  return { graph: g.graph, numbers: shapes };
}

/** The numbers of looks from `first` on, for each picture; zeros for looks that there are not. */
function numbersOf(
  net: Explained,
  method: Method,
  shapes: Numbers,
  streams: readonly Rng[],
  first: number,
  [pictures, looks]: readonly [number, number],
): Record<string, Tensor<"float32">> {
  const out = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, zeros("float32", [pictures * looks, ...shape])]),
  );
  for (const [p, random] of streams.entries())
    for (let k = 0; k < looks && first + k < method.looks; k++) {
      const row = p * looks + k;
      const drawn = { ...method.draw?.(first + k, random, net), counts: Float32Array.of(1) };
      for (const [name, data] of Object.entries(drawn)) out[name]!.data.set(data, row * data.length);
    }
  return Object.fromEntries(Object.entries(out).map(([name, t]) => [`look.${name}`, t]));
}

/** Pictures one behind the other; zeros where there are fewer. */
export function stacked(images: readonly Float32Array[], dims: Shape): Tensor<"float32"> {
  const out = zeros("float32", dims);
  for (const [i, image] of images.entries()) out.data.set(image, i * image.length);
  return out;
}
