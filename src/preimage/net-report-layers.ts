/** @file What a report shows of layers beside inversions: caricatures of a photo, and dead channels. */

import { figureName, type NetReport, type ReportCaricature } from "../report/net-report-data.ts";
import type { Image } from "../tensor/image.ts";
import { caricature } from "./caricature.ts";
import { deadUnits, noisePictures } from "./dead-units.ts";
import { pngOf, type ReportWork, type Sampled } from "./net-report-work.ts";
import { samplePhotos } from "./photos-source.ts";
import { pick } from "./presets.ts";
import { relay } from "./relay.ts";
import { type Piece, piece, polled } from "./report-pieces.ts";

interface MadeCaricature extends ReportCaricature {
  readonly figure: string;
}

/** A photo, exaggerated as each layer sees it. */
export function caricaturePieces(work: ReportWork, photo: Sampled) {
  const { model, plan, options, key, figures, run } = work;
  const { steps, constants } = pick("caricature", "natural", {
    ...(options.caricatureSteps !== undefined && { steps: options.caricatureSteps }),
  });
  const made = new Map<string, MadeCaricature>();
  const pieces = plan.layers.map((layer): Piece => {
    const title = `caricature by ${layer}`;
    return piece<MadeCaricature>({
      title,
      work: 3 * steps * work.macsTo(layer),
      key: { ...key, part: "caricature", layer, steps, constants, photo: photo.hash },
      refuse: work.refuse("caricatures", title),
      take: (found) => {
        made.set(layer, found);
        figures[figureName.caricature(layer)] = found.figure;
      },
      make: async function* () {
        const making = caricature(model, photo.image, layer, { ...run, steps });
        const { image, activation, notes } = yield* relay(making, (p) => p.step / p.steps);
        return { layer, exaggeration: activation.end, notes, figure: await pngOf(image) };
      },
    });
  });
  const result = (): ReportCaricature[] =>
    plan.layers.flatMap((layer) => {
      const found = made.get(layer);
      return found ? [{ layer, exaggeration: found.exaggeration, notes: found.notes }] : [];
    });
  return { pieces, result };
}

/** Pictures of noise that stand in for photos. */
const NOISE = 64;

/** Channels that nothing moves, over the photos or, without any, over noise. */
export function deadPiece(work: ReportWork) {
  const { model, plan, photos, key, options } = work;
  const { size: _, batch: __, seed: ___, ...run } = work.run;
  let found: NetReport["dead"] = null;
  const count = photos?.names.length ?? NOISE;
  const dead = piece<NonNullable<NetReport["dead"]>>({
    title: "dead channels",
    work: count * work.macsTo("logits"),
    key: { ...key, part: "dead", photos: photos ? work.photosKey : NOISE },
    refuse: work.refuse("dead", "dead"),
    take: (value) => {
      found = value;
    },
    make: () =>
      polled(async (tell) => ({
        over: photos ? ("photos" as const) : ("noise" as const),
        ...(await deadUnits(
          model,
          photos
            ? shown(samplePhotos(photos, { side: Math.max(...plan.size), count }))
            : noisePictures(model, { count, size: plan.side, ...(options.seed && { seed: options.seed }) }),
          { ...run, size: plan.side, progress: (done) => tell(done / count) },
        )),
      })),
  });
  return { pieces: [dead], result: (): NetReport["dead"] => found };
}

async function* shown(photos: AsyncIterable<{ readonly image: Image }>): AsyncGenerator<Image> {
  for await (const { image } of photos) yield image;
}
