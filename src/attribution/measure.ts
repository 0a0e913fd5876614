/** @file Measures methods over a data set: mean deletion and insertion, and pointing where the object's place is known. */

import type { Image } from "../tensor/image.ts";
import { type MeanInterval, meanInterval, wilson } from "../tensor/statistics.ts";
import { type AttributeOptions, type Attribution, openAttribution, type Question } from "./attribute.ts";
import type { Explained } from "./explained.ts";
import { type FaithfulnessOptions, openFaithfulness } from "./faithfulness.ts";
import type { Method } from "./method.ts";
import { type Pointing, pointing } from "./pointing.ts";

/** A picture to measure on. */
export interface Subject extends Question {
  readonly item: number;
  /** Where the object is, [1, H, W] in 0…1, where it is known. */
  readonly object?: Image | undefined;
}

/** What a method came to on each picture, in their order. */
export interface EachMeasured {
  readonly deletion: readonly number[];
  readonly insertion: readonly number[];
  /** Of the pictures whose object's place is known. */
  readonly pointing: readonly Pointing[];
}

/** What a method came to; intervals are 95 %. */
export interface MethodMeasures {
  readonly deletion: MeanInterval;
  readonly insertion: MeanInterval;
  /** Of the pictures whose object's place is known. */
  readonly pointing?: { readonly n: number; readonly accuracy: number; readonly interval: readonly [number, number] };
  readonly inside?: MeanInterval;
  /** Mean part of the pictures that is object. */
  readonly area?: number;
}

export interface MeasureOptions
  extends Pick<AttributeOptions, "device" | "threads" | "seed" | "batch">,
    Pick<FaithfulnessOptions, "steps" | "deletion" | "insertion"> {
  /** After it, what has been measured so far is returned. */
  readonly signal?: AbortSignal | undefined;
  /** Told how many pictures all methods are done with. */
  readonly progress?: ((done: number) => void) | undefined;
}

/** Pictures that methods of one look take at once. */
const TOGETHER = 8;

/** Measures all methods on the same pictures; memory does not grow with their number, but for a few numbers each. */
export async function measure(
  net: Explained,
  methods: readonly Method[],
  subjects: AsyncIterable<Subject>,
  options: MeasureOptions = {},
): Promise<{
  readonly n: number;
  readonly methods: Readonly<Record<string, MethodMeasures>>;
  readonly each: Readonly<Record<string, EachMeasured>>;
}> {
  const { seed, batch, signal, progress, steps, deletion, insertion, ...compiling } = options;
  const meter = await openFaithfulness(net, { ...compiling, batch, steps, deletion, insertion });
  const opened: Attribution[] = [];
  const found = methods.map(() => ({
    deletion: [] as number[],
    insertion: [] as number[],
    pointing: [] as Pointing[],
  }));
  let n = 0;
  const take = async (some: readonly Subject[]): Promise<void> => {
    for (const [k, attribution] of opened.entries()) {
      const maps = await attribution.of(some, { signal });
      for (const [i, subject] of some.entries()) {
        signal?.throwIfAborted();
        const curves = await meter.of(subject, maps[i]!);
        found[k]!.deletion.push(curves.deletion.area);
        found[k]!.insertion.push(curves.insertion.area);
        if (subject.object) found[k]!.pointing.push(pointing(maps[i]!, subject.object));
      }
    }
    n += some.length;
    progress?.(n);
  };
  try {
    for (const method of methods)
      opened.push(await openAttribution(net, method, { ...compiling, seed, batch, pictures: TOGETHER }));
    let waiting: Subject[] = [];
    for await (const subject of subjects) {
      waiting.push(subject);
      if (waiting.length < TOGETHER) continue;
      await take(waiting);
      waiting = [];
    }
    if (waiting.length > 0) await take(waiting);
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    for (const each of [meter, ...opened]) await each.dispose();
  }
  // All methods count the same pictures, also where a signal came in between.
  const each = methods.map(({ name }, k): [string, EachMeasured] => {
    const { deletion, insertion, pointing } = found[k]!;
    return [name, { deletion: deletion.slice(0, n), insertion: insertion.slice(0, n), pointing: pointing.slice(0, n) }];
  });
  return {
    n,
    methods: Object.fromEntries(
      each.map(([name, { deletion, insertion, pointing }]) => [
        name,
        {
          deletion: meanInterval(deletion),
          insertion: meanInterval(insertion),
          ...(pointing.length > 0 && pointed(pointing)),
        },
      ]),
    ),
    each: Object.fromEntries(each),
  };
}

function pointed(all: readonly Pointing[]): Pick<MethodMeasures, "pointing" | "inside" | "area"> {
  const hits = all.filter(({ hit }) => hit).length;
  return {
    pointing: { n: all.length, accuracy: hits / all.length, interval: wilson(hits, all.length) },
    inside: meanInterval(all.map(({ inside }) => inside)),
    area: all.reduce((sum, { area }) => sum + area, 0) / all.length,
  };
}
