/** @file Two nets with the same classes and the same pictures: a bottom-up net and its top-down twin. */

import { basename, dirname } from "node:path";
import { labelledPictures } from "../../cli/labelled-pictures.ts";
import { type Explained, explained } from "../../src/attribution/explained.ts";
import type { Item } from "../../src/data/dataset.ts";
import { expect } from "../../src/error.ts";
import { levelsOf } from "../../src/model/levels.ts";
import { loadModel } from "../../src/model/load.node.ts";
import type { Model } from "../../src/model/model.ts";
import type { CompileOptions } from "../../src/runtime/compile.ts";

export interface Twin {
  /** The file's name, or its folder's where a training has left it. */
  readonly name: string;
  readonly model: Model;
  readonly net: Explained;
}

/** A picture of the data, as both nets take it. */
export interface Shown {
  readonly item: Item;
  /** Its number in the data. */
  readonly number: number;
  /** [C, H, W] in 0…1. */
  readonly image: Float32Array;
  readonly label: number;
}

export interface Pair {
  /** The bottom-up net, then the top-down one. */
  readonly twins: readonly [Twin, Twin];
  /** Side of the pictures. */
  readonly size: number;
  readonly pictures: readonly Shown[];
  /** In words: what the pictures are of. */
  readonly data: string;
  readonly run: CompileOptions;
  /** What all results depend on. */
  readonly key: Readonly<Record<string, unknown>>;
}

export interface PairOptions {
  readonly a: string;
  readonly b: string;
  readonly data: string;
  readonly split?: string | undefined;
  /** Pictures; 200 by default. */
  readonly limit?: number | undefined;
  readonly threads?: number | undefined;
}

/** Throws an `InputError` for nets of other classes or pictures, and where the second is no top-down net. */
export async function openPair({ a, b, data, split, limit = 200, threads }: PairOptions): Promise<Pair> {
  const [first, second] = [await loadModel(a), await loadModel(b)];
  const flags = { data, limit, quiet: true, workers: 1, ...(split !== undefined && { split }) };
  const pictures = await labelledPictures(first, flags);
  try {
    const { size } = pictures;
    const twins = [first, second].map((model, i): Twin => {
      const folder = basename(dirname(i === 0 ? a : b));
      const name = model.name === "model" && !/^\.*$/.test(folder) ? folder : model.name;
      return { name, model, net: explained(model, { size }) };
    });
    const [one, two] = twins as [Twin, Twin];
    const classes = (model: Model): string => JSON.stringify(model.labels?.names);
    expect(
      one.net.classes === two.net.classes && classes(first) === classes(second),
      () => `${first.name} and ${second.name} know other classes: expected twins, trained on the same data`,
    );
    const shape = ({ net }: Twin): string => net.picture.join("×");
    expect(
      shape(one) === shape(two),
      () => `${first.name} takes ${shape(one)}, ${second.name} ${shape(two)}: expected twins for the same pictures`,
    );
    expect(levelsOf(second, { size }).length > 0, () => `${second.name} has no levels: --b takes the top-down net`);
    const shown: Shown[] = [];
    for await (const picture of pictures.each()) shown.push(picture);
    return {
      twins: [one, two],
      size,
      pictures: shown,
      data: `${shown.length} of ${pictures.data.name}, split ${pictures.split}`,
      run: threads === undefined ? {} : { threads },
      key: {
        format: 1,
        nets: [await first.hash(), await second.hash()],
        data,
        split: pictures.split,
        pictures: shown.map(({ number }) => number),
      },
    };
  } finally {
    await pictures.close();
  }
}
