/** @file The coarse-to-fine strip of a photo: what each level of a top-down net holds, and what the net answers with the levels so far. */

import { decisionOf, likeliest } from "../src/attribution/answers.ts";
import { levelPictures, openCoarseToFine } from "../src/attribution/coarse-to-fine.ts";
import type { Model } from "../src/model/model.ts";
import { fitPhoto } from "../src/preimage/encode.ts";
import { labelledGrid } from "../src/tensor/image.node.ts";
import { type Image, imageDims, makeImage, toRgb } from "../src/tensor/image.ts";
import { enlarge } from "./enlarge.ts";
import { type Looked, type LookOptions, labelOf } from "./looked.ts";
import { percent } from "./table.ts";

/** Pixels that a picture of the strip has at least, and classes under it. */
const SIDE = 160;
const SHOWN = 3;
const BAR = { height: 8, gap: 3 };

/** Throws `InputError` for a net without levels. */
export async function levelsStrip(
  model: Model,
  photo: Image,
  { size, device, batch }: Omit<LookOptions, "seed">,
): Promise<Looked> {
  const compiling = { size, ...(device && { device }) };
  const start = performance.now();
  const opened = await openCoarseToFine(model, { ...compiling, batch });
  try {
    const { net, levels } = opened;
    const [, height, width] = net.picture;
    const image = fitPhoto(model, [height, width], photo);
    const answers = (await opened.of([image.data])).map(([own]) => own!);
    const final = decisionOf(answers.at(-1)!);
    // A multiple of every level's side, so that all come out alike.
    const shorter = Math.ceil(SIDE / Math.min(height, width)) * Math.min(height, width);
    const pictures = await levelPictures(model, photo, compiling);
    const cells = pictures.map((picture, k) => withBars(toRgb(enlarge(picture, shorter)), barsOf(answers[k]!)));
    const captions = levels.map(({ name, size: [h, w] }, k) =>
      [
        `${name}: ${h}×${w}`,
        ...likeliest(answers[k]!, SHOWN).map((c) => `${percent(answers[k]![c]!)} ${labelOf(net.labels, c)}`),
      ].join("\n"),
    );
    return {
      image: await labelledGrid(cells, captions),
      numbers: {
        answer: { number: final, label: labelOf(net.labels, final), probability: answers.at(-1)![final] },
        size: [height, width],
        levels: levels.map(({ name, size }, k) => ({
          level: name,
          open: k + 1,
          size,
          agrees: decisionOf(answers[k]!) === final,
          probability: answers[k]![final],
          top: likeliest(answers[k]!, SHOWN).map((number) => ({
            number,
            label: labelOf(net.labels, number),
            probability: answers[k]![number],
          })),
        })),
        ms: Math.round(performance.now() - start),
        device: opened.device,
        notes: net.notes,
      },
      classes: [...new Set(answers.flatMap((own) => likeliest(own, SHOWN)))],
      device: opened.device,
      provider: opened.provider,
      notes: net.notes,
    };
  } finally {
    await opened.dispose();
  }
}

const barsOf = (probabilities: Float32Array): number[] => likeliest(probabilities, SHOWN).map((c) => probabilities[c]!);

/** The picture with bars under it, as long as parts of its width. */
function withBars(picture: Image, parts: readonly number[]): Image {
  const [, height, width] = imageDims(picture);
  const step = BAR.height + BAR.gap;
  const ink = [0.22, 0.45, 0.69];
  return makeImage(3, height + parts.length * step, width, (c, y, x) => {
    if (y < height) return picture.data[(c * height + y) * width + x]!;
    const below = y - height;
    const part = parts[Math.floor(below / step)]!;
    if (below % step < BAR.gap) return 1;
    return x < part * width ? ink[c]! : 0.92;
  });
}
