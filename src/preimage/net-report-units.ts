/** @file The pictures of a report's units and classes, with their numbers, and the photos that they like. */

import { figureName, type ReportNumbers, type ReportPart, type ReportUnit } from "../report/net-report-data.ts";
import type { Distribution } from "../tensor/distribution.ts";
import { grid } from "../tensor/grid.ts";
import { fitCrop, type Image } from "../tensor/image.ts";
import { maximizeEach } from "./maximize.ts";
import { reached } from "./measure-picture.ts";
import { pngOf, type ReportWork } from "./net-report-work.ts";
import { pictureNumbers } from "./numbers.ts";
import { topPhotos } from "./photos.ts";
import { pick } from "./presets.ts";
import { relay } from "./relay.ts";
import { type Piece, piece, polled } from "./report-pieces.ts";
import { nameOf } from "./report-plan.ts";
import { type SheetUnit, sheetBatches } from "./sheet.ts";

/** What one pass over the photos says of a unit. */
interface Liked {
  readonly address: string;
  readonly mean: Distribution;
  readonly photos: ReportUnit["photos"];
  readonly figure: string;
}

/** Photos beside a unit, and their sides in pixels. */
const BEST = 6;
const PATCH = 64;

/** One pass over the photos for all units and classes. */
export function photoPiece(work: ReportWork) {
  const { model, plan, options, photos, key, figures } = work;
  const addresses = [...new Set([...plan.units, ...plan.classes].map(({ address }) => address))];
  const liked = new Map<string, Liked>();
  const notes: string[] = [];
  const pieces: Piece[] =
    !photos || addresses.length === 0
      ? []
      : [
          piece<{ readonly units: readonly Liked[]; readonly notes: readonly string[] }>({
            title: "photos that units like",
            work: photos.names.length * work.macsTo("logits"),
            key: { ...key, part: "photos", addresses, photos: work.photosKey },
            refuse: work.refuse("units", "photos that units like"),
            take: (found) => {
              notes.push(...found.notes);
              for (const unit of found.units) {
                liked.set(unit.address, unit);
                figures[figureName.patches(unit.address)] = unit.figure;
              }
            },
            make: async function* () {
              const seen = yield* polled((tell) =>
                topPhotos(model, addresses, photos, {
                  ...work.run,
                  batch: options.batch ?? 16,
                  k: BEST,
                  cropSide: PATCH,
                  progress: (done, total) => tell(done / total),
                }),
              );
              const units: Liked[] = [];
              for (const { address, best, mean } of seen.units)
                units.push({
                  address,
                  mean,
                  photos: best.map(({ photo, activation }) => ({ photo, activation })),
                  figure: await pngOf(patches(best.map(({ crop }) => crop()))),
                });
              return { units, notes: seen.notes };
            },
          }),
        ];
  return { pieces, found: liked, notes: () => notes };
}

const patches = (crops: readonly Image[]): Image =>
  grid(
    crops.map((crop) => fitCrop(crop, PATCH)),
    { columns: 3, margin: 2 },
  ).image;

interface MadeUnit {
  readonly address: string;
  readonly numbers: ReportNumbers;
  readonly notes: readonly string[];
  readonly figure: string;
}

/** Pictures of units, several in one graph. */
export function unitPieces(
  work: ReportWork,
  units: readonly SheetUnit[],
  part: Extract<ReportPart, "units" | "classes">,
  liked: ReadonlyMap<string, Liked>,
) {
  const { model, plan, options, key, figures } = work;
  const made = new Map<string, MadeUnit>();
  const { steps, constants } = pick("maximize", "lucid", {
    ...(options.steps !== undefined && { steps: options.steps }),
  });
  const run = { ...work.run, steps };
  const { judge } = part === "classes" ? plan : {};
  const pieces = sheetBatches(units, { batch: options.batch ?? USUAL_BATCH }).map((batch) => {
    const title = `pictures of ${batch.map(nameOf).join(", ")}`;
    return piece<readonly MadeUnit[]>({
      title,
      work: 3 * batch.length * steps * work.macsTo(batch[0]!.layer),
      key: {
        ...key,
        part,
        steps,
        constants,
        units: batch.map(({ address }) => address),
        ...(judge && { judge: work.judgeKey }),
      },
      refuse: work.refuse(part, title),
      take: (found) => {
        for (const each of found) {
          // What is not a number comes back from JSON as null.
          const numbers = Object.entries(each.numbers).map(([name, x]) => [name, x ?? Number.NaN]);
          made.set(each.address, { ...each, numbers: Object.fromEntries(numbers) });
          figures[figureName.unit(each.address)] = each.figure;
        }
      },
      make: async function* () {
        const addresses = batch.map(({ address }) => address);
        const pictures = yield* relay(maximizeEach(model, addresses, run), (p) => p.step / p.steps);
        const found: MadeUnit[] = [];
        for (const [i, { address }] of batch.entries()) {
          const picture = pictures[i];
          if (!picture || options.signal?.aborted) break;
          const subject = { kind: "objective", objective: address } as const;
          const asked = { ...run, ...(judge && { judge }), classes: part === "classes" };
          const { classes, spectrumSlope, totalVariation, notes } = await pictureNumbers(
            model,
            picture,
            subject,
            asked,
          );
          const standing = (of: "net" | "judge") =>
            classes?.[of]?.target ?? { probability: Number.NaN, rank: Number.NaN };
          found.push({
            address,
            numbers: {
              ...(part === "classes" && { probability: standing("net").probability, rank: standing("net").rank }),
              ...(judge && { judge: standing("judge").probability, judgeRank: standing("judge").rank }),
              activation: picture.activation.end,
              slope: spectrumSlope.value,
              variation: totalVariation.value,
            },
            notes: [...picture.notes, ...notes],
            figure: await pngOf(picture.image),
          });
        }
        return found;
      },
    });
  });
  const result = (): ReportUnit[] =>
    units.flatMap((unit) => {
      const found = made.get(unit.address);
      if (!found) return [];
      const photos = liked.get(unit.address);
      const among = photos && reached(found.numbers.activation!, photos.mean);
      return {
        address: unit.address,
        name: nameOf(unit),
        layer: unit.layer,
        numbers: {
          ...found.numbers,
          ...(plan.photos && { percentile: among?.percentile ?? Number.NaN, ratio: among?.ratio ?? Number.NaN }),
        },
        photos: photos?.photos ?? [],
        notes: found.notes,
      };
    });
  return { pieces, result };
}

/** Pictures tried together where nothing is asked. */
const USUAL_BATCH = 8;
