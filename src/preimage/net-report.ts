/** @file The report on a net: all of its parts, made piece by piece, so that what is done is not done again. */

import { expect } from "../error.ts";
import type { Model } from "../model/model.ts";
import { figureName, type NetReport, type ReportPart, type ReportUnit } from "../report/net-report-data.ts";
import { contentHash } from "../runtime/compile.ts";
import type { Image } from "../tensor/image.ts";
import { fitPhoto } from "./encode.ts";
import { photoTexture } from "./measure-picture.ts";
import { acrossPiece, besideOf } from "./net-report-beside.ts";
import { inversionPieces } from "./net-report-inversions.ts";
import { caricaturePieces, deadPiece } from "./net-report-layers.ts";
import { pathPiece } from "./net-report-path.ts";
import { photoPiece, unitPieces } from "./net-report-units.ts";
import { type FinishedReport, type NetReportOptions, pngOf, type ReportWork, type Sampled } from "./net-report-work.ts";
import { type Photos, samplePhotos } from "./photos-source.ts";
import { doPieces, type Piece, type PiecesProgress } from "./report-pieces.ts";
import type { ReportPlan } from "./report-plan.ts";
import { fewerPhotos } from "./sheet-photos.ts";

export type { FinishedReport, NetReportOptions } from "./net-report-work.ts";

/** Part of the version of what is kept: a change makes everything anew. */
const FORMAT = 1;

/**
 * Makes a report: pictures of units and classes with numbers, inversions of photos by layer and by C with both errors,
 * caricatures, dead units; of a second net beside it the same, where the plan has one. `undefined` where the signal ended it;
 * what `keep` has by then is found the next time.
 *
 * Without photos, what needs them is missing, with a sentence that says so. Throws an `InputError` for photos of which none
 * can be read.
 */
export async function* netReport(
  model: Model,
  plan: ReportPlan,
  options: NetReportOptions = {},
): AsyncGenerator<PiecesProgress, FinishedReport | undefined> {
  const { keep, signal } = options;
  const own = await started(model, plan, options);
  const second = plan.beside && (await started(plan.beside.model, plan.beside.plan, options));
  const across = second && acrossPiece(own.work, second.work);
  const pieces = [own, second, across].flatMap((part) => part?.pieces ?? []);
  if (!(yield* doPieces(pieces, { keep, signal }))) return undefined;
  const first = await own.finish();
  return second && across ? besideOf(first, await second.finish(), across.result()) : first;
}

interface Started {
  readonly work: ReportWork;
  readonly pieces: readonly Piece[];
  /** When all pieces are done. */
  readonly finish: () => Promise<FinishedReport>;
}

/** The pieces of the report on one net. */
async function started(model: Model, plan: ReportPlan, options: NetReportOptions): Promise<Started> {
  const { seed = 0, signal, inverted = 20, seen = 500 } = options;
  const photos = options.photos && fewerPhotos(options.photos, seen);
  const sample = options.photos ? await sampled(model, plan, options.photos, inverted) : [];
  const chosen = options.photo && (await prepared(model, plan, options.photo));
  const missing: Partial<Record<ReportPart, string>> = {};
  const notes: string[] = [];
  if (photos && sample.length < Math.min(inverted, options.photos!.names.length))
    notes.push(`some photos could not be read: ${sample.length} are inverted`);
  const work: ReportWork = {
    model,
    plan,
    options: { ...options, seed },
    run: {
      seed,
      ...(plan.side !== undefined && { size: plan.side }),
      ...(options.device && { device: options.device }),
      ...(options.threads && { threads: options.threads }),
      ...(options.batch && { batch: options.batch }),
      ...(signal && { signal }),
    },
    photos,
    sample,
    key: { format: FORMAT, model: await model.hash(), preprocessing: model.preprocessing, size: plan.size, seed },
    judgeKey: (await plan.judge?.hash()) ?? null,
    photosKey: { names: photos?.names, sample: sample.map(({ hash }) => hash) },
    figures: {},
    refuse: (part, title) => (reason) => {
      if (title === part) missing[part] = reason;
      else notes.push(`${title}: ${reason}`);
    },
    macsTo: macsTo(plan),
  };
  const photo = plan.photo ? (chosen ?? sample[0]) : undefined;
  if (!photos) missing.inversion = "inversions rebuild photos: give a folder of them with --photos";
  if (!photo) missing.caricatures = "caricatures start from a photo: give a folder with --photos, or one with --photo";
  if (plan.classCount === 0) missing.classes = "the net has no output for classes";
  else if (plan.classes.length === 0) missing.classes = "no classes were asked for";
  if (plan.pathLayers.length === 0) missing.path = "it needs photos in folders that are named after classes shown here";
  if (plan.units.length === 0) missing.units = "no units were asked for";

  const seenBy = photoPiece(work);
  const units = unitPieces(work, plan.units, "units", seenBy.found);
  const classes = unitPieces(work, plan.classes, "classes", seenBy.found);
  const path = pathPiece(work, options.photos);
  const inversion = inversionPieces(work);
  const caricatures = photo ? caricaturePieces(work, photo) : undefined;
  const dead = deadPiece(work);
  const pieces: Piece[] = [
    ...dead.pieces,
    ...seenBy.pieces,
    ...classes.pieces,
    ...path.pieces,
    ...units.pieces,
    ...(caricatures?.pieces ?? []),
    ...inversion.pieces,
  ];
  const finish = async (): Promise<FinishedReport> => {
    if (sample[0]) work.figures[figureName.photo] = await pngOf(sample[0].image);
    if (photo) work.figures[figureName.caricaturePhoto] = await pngOf(photo.image);
    const report: NetReport = {
      net: plan.net,
      size: plan.size,
      judge: plan.judge?.name ?? null,
      photos: photos ? { name: photos.name, count: options.photos!.names.length, seen: photos.names.length } : null,
      texture: sample.length > 0 ? await photoTexture(sample.map(({ image }) => image)) : null,
      units: units.result().map((unit) => withLife(unit, dead.result())),
      classes: classes.result(),
      path: path.result(),
      inversion: inversion.result(),
      caricatures: photo && caricatures ? { photo: photo.name, layers: caricatures.result() } : null,
      dead: dead.result(),
      beside: null,
      missing,
      notes: [...notes, ...seenBy.notes()],
    };
    return { report, figures: work.figures };
  };
  return { work, pieces, finish };
}

/** Says of a dead channel that it is one. */
function withLife(unit: ReportUnit, dead: NetReport["dead"]): ReportUnit {
  const found = dead?.layers.find(({ layer }) => layer === unit.layer);
  const channel = Number(/:(\d+)/.exec(unit.address.slice(unit.layer.length))?.[1]);
  const isDead = found?.silent.includes(channel) || found?.constant.includes(channel);
  return isDead
    ? { ...unit, notes: [...unit.notes, `no ${dead!.over === "photos" ? "photo" : "noise"} moves it`] }
    : unit;
}

async function sampled(model: Model, plan: ReportPlan, photos: Photos, count: number): Promise<Sampled[]> {
  const found: Sampled[] = [];
  for await (const photo of samplePhotos(photos, { side: Math.max(...plan.size), count }))
    found.push(await prepared(model, plan, photo));
  expect(found.length > 0, () => `${photos.name}: none of the photos could be read: check the folder`);
  return found;
}

async function prepared(
  model: Model,
  { size }: ReportPlan,
  { name, image }: { readonly name: string; readonly image: Image },
): Promise<Sampled> {
  const shown = fitPhoto(model, size, image);
  return { name, image: shown, hash: await contentHash(shown.bytes) };
}

/** Sums over the layers up to each, in the order in which they are computed. */
function macsTo({ net }: ReportPlan): (layer: string) => number {
  let sum = 0;
  const sums = new Map(
    net.layers.map(({ address, macs }) => {
      sum += macs;
      return [address, sum];
    }),
  );
  // Small nets cost more than they multiply.
  return (layer) => 2e7 + (sums.get(layer) ?? sum);
}
