/** @file The inversions of a report: each layer at each C, over the photos. */

import { figureName, type NetReport } from "../report/net-report-data.ts";
import type { Image } from "../tensor/image.ts";
import { inversionCell, type MeasuredInversion, measureInversions } from "./inversion-table.ts";
import { codeDistances } from "./invert-each.ts";
import { pngOf, type ReportWork } from "./net-report-work.ts";
import { pick } from "./presets.ts";
import { relay } from "./relay.ts";
import { type Piece, piece, polled } from "./report-pieces.ts";
import { usualWeight } from "./report-plan.ts";

interface Chunk {
  /** One for each photo; `null` for those that leave the layer silent. */
  readonly measured: readonly (MeasuredInversion | null)[];
  /** Of the first photo of all, where it is among them. */
  readonly figure: string | null;
}

/** Photos in one piece. */
const TOGETHER = 8;

export function inversionPieces(work: ReportWork) {
  const { model, plan, options, sample, key, figures, run } = work;
  const { layers, codeWeights, judge } = plan;
  const { steps, constants } = pick("invert", "natural", {
    ...(options.inversionSteps !== undefined && { steps: options.inversionSteps }),
  });
  let distances: readonly (number | null)[] = [];
  const images = sample.map(({ image }) => image);
  const hashes = sample.map(({ hash }) => hash);
  const cells = layers.flatMap((layer) =>
    codeWeights.map((codeWeight) => ({ layer, codeWeight, measured: [] as (MeasuredInversion | undefined)[] })),
  );
  const chunks = evenly(images.length, Math.min(TOGETHER, options.batch ?? TOGETHER));
  const distancePiece = piece<readonly (number | null)[]>({
    title: "distances between the codes of photos",
    work: images.length * work.macsTo("logits"),
    key: { ...key, part: "distances", layers, photos: hashes },
    take: (found) => {
      distances = found;
    },
    make: () =>
      polled(
        async (tell) => (await codeDistances(model, counted(images, tell), layers, run)) ?? layers.map(() => null),
      ),
  });
  const pieces: Piece[] = cells.flatMap(({ layer, codeWeight, measured }) =>
    chunks.map(([first, end]) => {
      const title = `${layer} inverted at C = ${codeWeight}, photo ${first + 1} to ${end}`;
      return piece<Chunk>({
        title,
        work: 3 * (end - first) * steps * work.macsTo(layer),
        key: {
          ...key,
          part: "inversion",
          layer,
          codeWeight,
          steps,
          constants,
          judge: work.judgeKey,
          // The error of CVPR 2015 depends on all of them.
          photos: hashes,
          first,
          end,
        },
        refuse: work.refuse("inversion", title),
        take: (chunk) => {
          for (const [i, each] of chunk.measured.entries()) measured[first + i] = each ?? undefined;
          if (chunk.figure) figures[figureName.inversion(layer, codeWeight)] = chunk.figure;
        },
        make: async function* () {
          const making = measureInversions(model, images.slice(first, end), layer, {
            ...run,
            steps,
            codeWeight,
            classes: plan.classCount > 0,
            judge,
            codeDistance: distances[layers.indexOf(layer)] ?? undefined,
          });
          const made = yield* relay(making, (p) => p.step / p.steps);
          const [shown] = first === 0 ? made : [];
          return {
            measured: made.map((found) => found?.measured ?? null),
            figure: shown ? await pngOf(shown.image) : null,
          };
        },
      });
    }),
  );
  const result = (): NetReport["inversion"] =>
    images.length === 0
      ? null
      : {
          photos: images.length,
          usual: usualWeight(codeWeights),
          cells: cells.map(({ layer, codeWeight, measured }) => inversionCell(layer, codeWeight, [...measured])),
        };
  return { pieces: images.length === 0 ? [] : [distancePiece, ...pieces], result };
}

/** First and end of as equal parts of 0…count − 1 as there can be, of at most `most`. */
function evenly(count: number, most: number): (readonly [first: number, end: number])[] {
  const n = Math.ceil(count / most);
  return Array.from({ length: n }, (_, i) => [Math.floor((i * count) / n), Math.floor(((i + 1) * count) / n)] as const);
}

function* counted(images: readonly Image[], tell: (part: number) => void): Generator<Image> {
  for (const [i, image] of images.entries()) {
    tell(i / images.length);
    yield image;
  }
}
