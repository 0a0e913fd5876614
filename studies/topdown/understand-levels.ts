/** @file The control of coarse-to-fine: the bottom-up twin before the pictures that the levels of the top-down net hold. */

import { openAnswers } from "../../src/attribution/answers.ts";
import {
  type CoarseToFine,
  decisionCurve,
  type EachDecided,
  openCoarseToFine,
} from "../../src/attribution/coarse-to-fine.ts";
import { levelsOf } from "../../src/model/levels.ts";
import type { Model } from "../../src/model/model.ts";
import { denormalised } from "../../src/model/preprocessing.ts";
import { encodeEach } from "../../src/preimage/encode.ts";
import { netAt } from "../../src/preimage/net.ts";
import { type Piece, piece, polled } from "../../src/preimage/report-pieces.ts";
import type { CompileOptions } from "../../src/runtime/compile.ts";
import { type Image, resize } from "../../src/tensor/image.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import type { Pair, Twin } from "./understand-pair.ts";

/** For each level, coarse to fine, the pictures that it holds, enlarged linearly to `size`. */
export async function blurredPictures(
  topdown: Model,
  images: readonly Image[],
  size: number,
  run: CompileOptions = {},
): Promise<Image[][]> {
  const levels = levelsOf(topdown, { size }).map(({ value }) => value);
  const found = levels.map((): Image[] => []);
  for await (const { codes } of encodeEach(topdown, netAt(topdown, levels, size), levels, images, run))
    for (const [k, { dims, data }] of codes.entries()) {
      const small = denormalised(tensor("float32", dims.slice(-3), data), topdown.preprocessing);
      found[k]!.push(resize(small, size, size));
    }
  return found;
}

/** What a net answers for pictures as blurred as with levels 1 … k of `topdown` open. */
export async function openBlurred(
  { net }: Twin,
  topdown: Model,
  size: number,
  run: CompileOptions = {},
): Promise<Pick<CoarseToFine, "of" | "levels" | "dispose">> {
  const answers = await openAnswers([net], { ...run, pictures: 8 });
  return {
    levels: levelsOf(topdown, { size }),
    of: async (images) => {
      const pictures = images.map((data) => tensor("float32", net.picture, data));
      const found: Float32Array[][] = [];
      for (const level of await blurredPictures(topdown, pictures, size, run))
        found.push((await answers.of(level.map(({ data }) => data)))[0]!);
      return found;
    },
    dispose: answers.dispose,
  };
}

/** A piece for each net: right answers and probabilities of the right class by the number of open levels. */
export function levelPieces({ twins, size, pictures, run, key }: Pair) {
  const [bottomUp, topDown] = twins;
  const found: (readonly EachDecided[])[] = [];
  async function* labelled() {
    yield* pictures;
  }
  const pieces = [bottomUp, topDown].map(
    ({ name, model }, i): Piece =>
      piece<readonly EachDecided[]>({
        title: `${name}, level by level`,
        work: pictures.length,
        key: { ...key, part: "levels", net: i },
        take: (each) => {
          found[i] = each;
        },
        make: () =>
          polled(async (tell) => {
            const net =
              i === 0
                ? await openBlurred(bottomUp, topDown.model, size, run)
                : await openCoarseToFine(model, { size, ...run, pictures: 8 });
            const { each } = await decisionCurve(net, labelled(), { progress: (n) => tell(n / pictures.length) });
            await net.dispose();
            return each;
          }),
      }),
  );
  return { pieces, result: () => found as [bottomUp: readonly EachDecided[], topDown: readonly EachDecided[]] };
}
