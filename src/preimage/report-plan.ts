/** @file What a report on a net will hold: which layers, units, classes and numbers, before any work. */

import { expect } from "../error.ts";
import { findLayer, isOutput, parseAddress } from "../model/address.ts";
import { type Inspection, inspect, type LayerInfo } from "../model/inspect.ts";
import { mainLayers } from "../model/main-layers.ts";
import type { Model } from "../model/model.ts";
import { compareClasses } from "../report/net-report-compared.ts";
import type { NetReport, ReportNumbers, ReportUnit } from "../report/net-report-data.ts";
import { measuresOf } from "../report/net-report-measures.ts";
import { meanInterval } from "../tensor/statistics.ts";
import { watchedChannels } from "./dead-units.ts";
import { matchLabels } from "./measure-classes.ts";
import { pictureSize } from "./net.ts";
import { isClassifier } from "./numbers-classes.ts";
import { expectRoomForReport } from "./report-room.ts";
import { type SheetUnit, sheetUnits } from "./sheet.ts";

export interface PlanOptions {
  /** Side of the pictures; the net's own by default, else 224. */
  readonly size?: number | undefined;
  /** Addresses of the layers that photos are inverted at, caricatured by, and channels taken from; or how many main ones; default 5. */
  readonly layers?: number | readonly string[] | undefined;
  /** Units to be shown; by default `channels` of each layer, evenly spread. */
  readonly units?: readonly string[] | undefined;
  /** Default 4. */
  readonly channels?: number | undefined;
  /** Names or numbers of classes, or how many, evenly spread; default 20. */
  readonly classes?: number | readonly string[] | undefined;
  /** C of the inversions; default 1, 20, 100 and 300, as in IJCV 2016. */
  readonly codeWeights?: readonly number[] | undefined;
  /** Whether there are photos, and whether there is one to make caricatures of; default false. */
  readonly photos?: boolean;
  readonly photo?: boolean;
  readonly judge?: Model | undefined;
  /** A second net with the same classes: its pictures of classes and its inversions stand beside the first's. */
  readonly beside?: Model | undefined;
  /** Pictures in one graph; what memory takes by default. */
  readonly batch?: number | undefined;
  /** Names of the photos: where they lie in folders named after classes, paths through the net are compared. */
  readonly photoNames?: readonly string[] | undefined;
}

export interface ReportPlan {
  readonly net: Inspection;
  readonly size: readonly [number, number];
  /** Side of the pictures as it was asked for. */
  readonly side: number | undefined;
  readonly layers: readonly string[];
  readonly units: readonly SheetUnit[];
  readonly classes: readonly SheetUnit[];
  /** Number of the net's classes; 0 for a net without any. */
  readonly classCount: number;
  readonly codeWeights: readonly number[];
  /** Layers at which paths are compared; none where photos do not lie in folders named after classes. */
  readonly pathLayers: readonly string[];
  readonly photos: boolean;
  readonly photo: boolean;
  readonly judge: Model | undefined;
  readonly beside?: { readonly model: Model; readonly plan: ReportPlan } | undefined;
  /** Names of all numbers that the report will hold; see `measuresOf`. */
  readonly measures: readonly string[];
}

/**
 * Chooses what the report shows. Throws an `InputError` for layers, units and classes that the net does not have, weights that
 * are none, a judge with other classes, and pictures of a size, or batches, that do not fit into memory.
 */
export async function planReport(model: Model, options: PlanOptions = {}): Promise<ReportPlan> {
  const { layers: asked = 5, channels = 4, codeWeights = [1, 20, 100, 300], judge } = options;
  const { photos = false, photo = photos } = options;
  const size = pictureSize(model, options.size);
  const side = options.size;
  for (const C of codeWeights)
    expect(C > 0 && Number.isFinite(C), () => `code weights: expected numbers above 0, got ${C}`);
  const net = await inspect(model);
  const layers = [
    ...new Set(
      typeof asked === "number"
        ? mainLayers(model, asked).map(({ address }) => address)
        : asked.map((text) => findLayer(model, text).address),
    ),
  ];
  const classCount = classesOf(model, net);
  if (judge && classCount > 0) matchLabels(model, judge);
  const addresses = options.units ?? spreadChannels(model, net, layers, channels);
  const classes = classUnits(model, classCount, options.classes ?? 20, side);
  const inFolders = classes.some(({ label }) => placesOfClass(options.photoNames ?? [], label).length >= 2);
  const units = addresses.length > 0 ? sheetUnits(model, addresses, side) : [];
  expectRoomForReport(model, {
    units: [...units, ...classes],
    layers,
    photos,
    photo,
    size: side,
    batch: options.batch,
  });
  const plan = {
    net,
    size,
    side,
    layers,
    units,
    classes,
    pathLayers: inFolders ? mainLayers(model).map(({ address }) => address) : [],
    classCount,
    codeWeights: [...new Set(codeWeights)],
    photos,
    photo,
    judge: classCount > 0 ? judge : undefined,
    ...(options.beside && { beside: await planBeside(model, classes, layers, options.beside, options) }),
  };
  return { ...plan, measures: [...measuresOf(blank(model, plan)).keys()] };
}

/** The second net's classes of the same names, and its layers of the same names, or else as many. */
async function planBeside(
  model: Model,
  classes: readonly SheetUnit[],
  layers: readonly string[],
  second: Model,
  options: PlanOptions,
): Promise<NonNullable<ReportPlan["beside"]>> {
  const pairs = matchLabels(model, second, "stand beside");
  const known = layers.every((address) => second.layers.some((layer) => layer.address === address));
  const plan = await planReport(second, {
    ...options,
    beside: undefined,
    classes: classes.map(({ channel }) => String(pairs[channel])),
    layers: known ? layers : layers.length,
    units: undefined,
    channels: 0,
    photo: false,
  });
  return { model: second, plan };
}

/** How many classes the net decides between; 0 where its output is no list of numbers. */
function classesOf(model: Model, { layers }: Inspection): number {
  const output = layers.find(({ address }) => address === "logits");
  const count = output?.shape && output.channelAxis !== null ? output.shape[output.channelAxis]! : 0;
  return isClassifier(model) ? count : 0;
}

function classUnits(
  model: Model,
  count: number,
  asked: number | readonly string[],
  size: number | undefined,
): readonly SheetUnit[] {
  const wanted = typeof asked === "number" ? asked : asked.length;
  if (wanted === 0) return [];
  if (count === 0) {
    expect(typeof asked === "number", () => `${model.name} has no output for classes: leave --classes out`);
    return [];
  }
  const addresses =
    typeof asked === "number"
      ? spread(count, asked).map((channel) => `logits:${channel}`)
      : asked.map((name) => `logits:${parseAddress(model, `logits:${name}`).channel}`);
  return sheetUnits(model, addresses, size);
}

/** Some channels of each layer but the output. */
function spreadChannels(model: Model, net: Inspection, layers: readonly string[], most: number): string[] {
  return layers.flatMap((address) => {
    const info = net.layers.find((layer) => layer.address === address);
    const channels = channelsOf(info);
    return isOutput(findLayer(model, address)) ? [] : spread(channels, most).map((channel) => `${address}:${channel}`);
  });
}

const channelsOf = (info: LayerInfo | undefined): number =>
  info?.shape && info.channelAxis !== null ? (info.shape[info.channelAxis] ?? 0) : 0;

/** At most `most` of the numbers below `count`, evenly spread. */
const spread = (count: number, most: number): number[] => {
  const n = Math.min(count, most);
  return Array.from({ length: n }, (_, i) => Math.floor(((i + 0.5) * count) / n));
};

/** The C nearest to the one that the preset has. */
export const usualWeight = (codeWeights: readonly number[]): number =>
  codeWeights.reduce((a, b) => (Math.abs(Math.log(b / 100)) < Math.abs(Math.log(a / 100)) ? b : a));

/** Numbers of the photos that lie in a folder of the class's name, in which case, `_` and `-` do not count. */
export function placesOfClass(names: readonly string[], label: string | undefined): number[] {
  if (label === undefined) return [];
  const plain = (text: string): string => text.toLowerCase().replace(/[\s_-]+/g, " ");
  return names.flatMap((name, i) =>
    name
      .split("/")
      .slice(0, -1)
      .some((f) => plain(f) === plain(label))
      ? [i]
      : [],
  );
}

/** What a class or a unit is called. */
export const nameOf = ({ address, label }: SheetUnit): string => label ?? address;

/** Names of a picture's numbers. */
const unitNumbers = ({ photos }: Pick<ReportPlan, "photos">): string[] => [
  "activation",
  "slope",
  "variation",
  ...(photos ? ["percentile", "ratio"] : []),
];
const classNumbers = (plan: Pick<ReportPlan, "photos" | "judge">): string[] => [
  "probability",
  "rank",
  ...(plan.judge ? ["judge", "judgeRank"] : []),
  ...unitNumbers(plan),
];

/** The report without its numbers. */
function blank(model: Model, plan: Omit<ReportPlan, "measures">): NetReport {
  const { net, side, classes, units, layers, codeWeights, photos, photo, classCount, judge, beside } = plan;
  const nothing = meanInterval([]);
  const share = { part: Number.NaN, interval: [0, 1] } as const;
  const [x, interval] = [Number.NaN, [-1, 1] as const];
  const noPath = { similarity: x, ceiling: x, floor: x, normalised: x, interval };
  const blankUnit =
    (names: readonly string[]) =>
    (unit: SheetUnit): ReportUnit => ({
      address: unit.address,
      name: nameOf(unit),
      layer: unit.layer,
      numbers: Object.fromEntries(names.map((name) => [name, Number.NaN])) as ReportNumbers,
      photos: [],
      notes: [],
    });
  const other = beside ? ["other"] : [];
  const ofClasses = classes.map(blankUnit([...classNumbers(plan), ...other]));
  const second = beside && blank(beside.model, beside.plan);
  const besideClasses = (second?.classes ?? []).map((each) => ({ ...each, numbers: { ...each.numbers, other: x } }));
  return {
    net,
    size: plan.size,
    judge: judge?.name ?? null,
    photos: null,
    texture: null,
    units: units.map(blankUnit(unitNumbers(plan))),
    classes: ofClasses,
    inversion: photos
      ? {
          photos: 0,
          usual: usualWeight(codeWeights),
          cells: layers.flatMap((layer) =>
            codeWeights.map((codeWeight) => ({
              layer,
              codeWeight,
              photos: 0,
              silent: 0,
              error: nothing,
              cvpr: nothing,
              psnr: nothing,
              ssim: nothing,
              ...(classCount > 0 && { agreement: share }),
              ...(judge && { judgeAgreement: share }),
            })),
          ),
        }
      : null,
    caricatures: photo
      ? { photo: "", layers: layers.map((layer) => ({ layer, exaggeration: Number.NaN, notes: [] })) }
      : null,
    dead: {
      over: photos ? "photos" : "noise",
      pictures: 0,
      layers: watchedChannels(model, { size: side }).watched.map(({ layer, channels }) => ({
        layer: layer.address,
        channels,
        silent: [],
        constant: [],
      })),
    },
    path:
      plan.pathLayers.length > 0
        ? { classes: 0, layers: plan.pathLayers.map((address) => ({ address, cosine: noPath, spearman: noPath })) }
        : null,
    beside: second
      ? {
          report: { ...second, classes: besideClasses },
          compared: compareClasses(ofClasses, besideClasses, photos ? x : undefined),
        }
      : null,
    missing: {},
    notes: [],
  };
}
