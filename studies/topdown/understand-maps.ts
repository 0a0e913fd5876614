/** @file Maps of both twins on the same pictures: deletion, insertion and, where the flower's place is known, pointing. */

import { decisionOf, openAnswers } from "../../src/attribution/answers.ts";
import { type EachMeasured, measure, type Subject } from "../../src/attribution/measure.ts";
import type { Method } from "../../src/attribution/method.ts";
import { type MethodName, methods } from "../../src/attribution/methods.ts";
import { flowerPlace } from "../../src/attribution/pointing.ts";
import { type Piece, piece, polled } from "../../src/preimage/report-pieces.ts";
import type { Pair, Twin } from "./understand-pair.ts";

/** The method with its maps averaged down to fewer rows and columns, of which they are multiples: is it their number that counts? */
export const coarser = (method: Method, size: readonly [number, number]): Method => ({
  ...method,
  name: `${method.name} at ${size.join("×")}`,
  finish: (g, sum, images, net) => {
    const map = method.finish?.(g, sum, images, net) ?? sum;
    const [n, , height, width] = map.shape as [number, number, number, number];
    const blocks = g.reshape(map, [n, 1, size[0], height / size[0], size[1], width / size[1]]);
    return g.mean(blocks, [3, 5], false);
  },
});

/** The right class's probability on both nets, picture by picture, and whether it is the answer. */
export interface Answered {
  readonly right: readonly boolean[];
  readonly probability: readonly number[];
}

export interface MapsOptions {
  readonly methods: readonly MethodName[];
  /** Places of the curves. */
  readonly steps: number;
  readonly signal?: AbortSignal | undefined;
}

/** Pictures in one piece. */
const TOGETHER = 40;

/** Methods that both nets allow; for the top-down net also class activation maps at the twin's size. */
export function methodsOf({ twins }: Pair, names: readonly MethodName[]): readonly [Method[], Method[]] {
  const [a, b] = twins;
  const linear = a.net.linearHead && b.net.linearHead;
  const kept = [...new Set(names)].filter((name) => linear || name !== "cam").map((name): Method => methods[name]);
  const [small, large] = [a.net.layer?.size, b.net.layer?.size];
  const coarse = small && large && isMultiple(large, small) && kept.includes(methods.cam);
  return [kept, [...kept, ...(coarse ? [coarser(methods.cam, small)] : [])]];
}

const isMultiple = (large: readonly number[], small: readonly number[]): boolean =>
  large.every((n, i) => n % small[i]! === 0) && large[0]! > small[0]!;

export interface MapsResult {
  readonly answers: readonly [Answered, Answered];
  /** By method, of the pictures that both nets answer right; controls that know nothing of the net among them. */
  readonly maps: readonly [Record<string, EachMeasured>, Record<string, EachMeasured>];
}

export function mapPieces(pair: Pair, { methods: names, steps, signal }: MapsOptions) {
  const { twins, size, pictures, run, key } = pair;
  const chosen = methodsOf(pair, [...names, "random", "centre"]);
  let answers: readonly [Answered, Answered] | undefined;
  const maps: [Record<string, EachMeasured>, Record<string, EachMeasured>] = [{}, {}];

  const asked = piece<readonly [Answered, Answered]>({
    title: "answers",
    work: 1,
    key: { ...key, part: "answers" },
    take: (found) => {
      answers = found;
    },
    make: () =>
      polled(async () => {
        const both = await openAnswers([twins[0].net, twins[1].net], { ...run, pictures: pictures.length });
        const found = await both.of(pictures.map(({ image }) => image));
        await both.dispose();
        const answered = (own: readonly Float32Array[]): Answered => ({
          right: own.map((p, i) => decisionOf(p) === pictures[i]!.label),
          probability: own.map((p, i) => p[pictures[i]!.label]!),
        });
        return [answered(found[0]!), answered(found[1]!)];
      }),
  });

  const chunk = (which: 0 | 1, first: number): Piece => {
    const { name, net }: Twin = twins[which];
    async function* subjects(): AsyncGenerator<Subject> {
      for (const [i, { item, number, image, label }] of pictures.slice(first, first + TOGETHER).entries())
        if (answers!.every(({ right }) => right[first + i]))
          yield { item: number, image, class: label, object: flowerPlace(item, size) };
    }
    const end = Math.min(pictures.length, first + TOGETHER);
    return piece<Record<string, EachMeasured>>({
      title: `maps of ${name}, picture ${first + 1} to ${end}`,
      work: (end - first) * chosen[which].length * steps,
      key: { ...key, part: "maps", net: which, first, methods: chosen[which].map(({ name }) => name), steps },
      take: (each) => {
        for (const [name, more] of Object.entries(each)) maps[which][name] = joined(maps[which][name], more);
      },
      make: () =>
        polled(async (tell) => {
          const progress = (n: number): void => tell(n / (end - first));
          return (await measure(net, chosen[which], subjects(), { ...run, steps, signal, progress })).each;
        }),
    });
  };
  const starts = Array.from({ length: Math.ceil(pictures.length / TOGETHER) }, (_, i) => i * TOGETHER);
  return {
    pieces: [asked, ...starts.flatMap((first) => [chunk(0, first), chunk(1, first)])],
    result: (): MapsResult => ({ answers: answers!, maps }),
  };
}

const joined = (before: EachMeasured | undefined, more: EachMeasured): EachMeasured =>
  before === undefined
    ? more
    : {
        deletion: [...before.deletion, ...more.deletion],
        insertion: [...before.insertion, ...more.insertion],
        pointing: [...before.pointing, ...more.pointing],
      };
