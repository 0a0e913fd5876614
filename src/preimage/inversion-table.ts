/** @file How much of photos each layer keeps, over photos and over C, the weight of the code: the measures of IJCV 2016 as a table. */

import type { Model } from "../model/model.ts";
import type { InversionCell, Share } from "../report/net-report-data.ts";
import type { CompileOptions } from "../runtime/compile.ts";
import type { Image } from "../tensor/image.ts";
import { type MeanInterval, meanInterval, wilson } from "../tensor/statistics.ts";
import { type InvertEachOptions, invertEach } from "./invert-each.ts";
import { type Agreement, agreement, classProbabilities, judge } from "./measure-classes.ts";
import type { Progress } from "./technique.ts";

/** One photo rebuilt from one layer. */
export interface MeasuredInversion {
  /** Both normalised errors, of which the second needs the distance between codes of different photos. */
  readonly ijcv: number;
  readonly cvpr?: number;
  readonly psnr: number;
  readonly ssim: number;
  /** Whether photo and picture are the same class to the net and to the judge. */
  readonly net?: Agreement;
  readonly judge?: Agreement;
}

export interface MeasureInversionsOptions extends InvertEachOptions {
  /** Whether the net has classes, so that its answers for photo and picture can be compared; default true. */
  readonly classes?: boolean;
  /** An independent net with the same classes. */
  readonly judge?: Model | undefined;
}

/**
 * Inverts each photo at a layer and measures what comes out. `undefined` for photos that leave the layer silent and those
 * that the signal left unmade.
 *
 * Throws `InputError` as `invertEach` does, and for a judge with other classes.
 */
export async function* measureInversions(
  model: Model,
  photos: readonly Image[],
  layer: string,
  { classes = true, judge: judging, ...options }: MeasureInversionsOptions = {},
): AsyncGenerator<Progress, ({ readonly measured: MeasuredInversion; readonly image: Image } | undefined)[]> {
  const made = yield* invertEach(model, photos, layer, options);
  const whole = made.filter((m) => m !== undefined);
  const run: CompileOptions = options;
  const images = whole.flatMap(({ photo, image }) => [photo, image]);
  const agreements = async (answers: Promise<(readonly number[])[]>): Promise<Agreement[]> => {
    const all = await answers;
    return whole.map((_, i) => agreement(all[2 * i]!, all[2 * i + 1]!));
  };
  const own = classes && whole.length > 0 ? await agreements(classProbabilities(model, images, run)) : [];
  const others = judging && whole.length > 0 ? await agreements(judge(model, judging, images, run)) : [];
  return made.map((m) => {
    if (!m) return undefined;
    const i = whole.indexOf(m);
    const { error, psnr, ssim } = m;
    return {
      image: m.image,
      measured: { ...error, psnr, ssim, ...(own[i] && { net: own[i] }), ...(others[i] && { judge: others[i] }) },
    };
  });
}

/** One cell of the table: means with 95 % intervals of what was measured; `undefined` stands for photos that left the layer silent. */
export function inversionCell(
  layer: string,
  codeWeight: number,
  measured: readonly (MeasuredInversion | undefined)[],
): InversionCell {
  const heard = measured.filter((m) => m !== undefined);
  const over = (of: (m: MeasuredInversion) => number | undefined): MeanInterval =>
    meanInterval(heard.map((m) => of(m) ?? Number.NaN));
  const share = (of: (m: MeasuredInversion) => Agreement | undefined): Share | undefined => {
    const known = heard.flatMap((m) => of(m) ?? []);
    const hits = known.filter(({ agrees }) => agrees).length;
    return known.length === 0 ? undefined : { part: hits / known.length, interval: wilson(hits, known.length) };
  };
  const [own, others] = [share((m) => m.net), share((m) => m.judge)];
  return {
    layer,
    codeWeight,
    photos: heard.length,
    silent: measured.length - heard.length,
    error: over((m) => m.ijcv),
    cvpr: over((m) => m.cvpr),
    psnr: over((m) => m.psnr),
    ssim: over((m) => m.ssim),
    ...(own && { agreement: own }),
    ...(others && { judgeAgreement: others }),
  };
}
