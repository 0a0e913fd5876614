/** @file What the pieces of a report work with, and are told. */

import { encodePng } from "#image-codec";
import type { Model } from "../model/model.ts";
import { pngUri } from "../report/data-uri.ts";
import type { NetReport, ReportFigures, ReportPart } from "../report/net-report-data.ts";
import type { CompileOptions } from "../runtime/compile.ts";
import type { Image } from "../tensor/image.ts";
import type { Photos } from "./photos-source.ts";
import type { Keep } from "./report-pieces.ts";
import type { ReportPlan } from "./report-plan.ts";
import type { TechniqueOptions } from "./technique.ts";

export interface NetReportOptions extends CompileOptions {
  readonly photos?: Photos | undefined;
  /** What caricatures are made of; the first of the photos by default. */
  readonly photo?: { readonly name: string; readonly image: Image } | undefined;
  /** Photos that are inverted, evenly spread over all; default 20. */
  readonly inverted?: number;
  /** Photos that are shown to the net, to find what its units like and which are dead; default 500. */
  readonly seen?: number;
  /** Steps of the pictures of units and classes, of inversions, and of caricatures; the presets' own by default. */
  readonly steps?: number | undefined;
  readonly inversionSteps?: number | undefined;
  readonly caricatureSteps?: number | undefined;
  /** Default 0. */
  readonly seed?: number;
  /** Pictures in one graph; by default as many as half of the free memory takes, at most 8. */
  readonly batch?: number | undefined;
  readonly keep?: Keep | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface FinishedReport {
  readonly report: NetReport;
  readonly figures: ReportFigures;
}

/** What pieces work with. */
export interface ReportWork {
  readonly model: Model;
  readonly plan: ReportPlan;
  readonly options: NetReportOptions;
  /** Photos that the net is shown, and some of them, decoded. */
  readonly photos: Photos | undefined;
  readonly sample: readonly Sampled[];
  /** What all techniques take. */
  readonly run: Pick<TechniqueOptions, "seed" | "size" | "device" | "threads" | "batch" | "signal">;
  /** What every piece depends on. */
  readonly key: Readonly<Record<string, unknown>>;
  /** What those depend on that ask the judge, and those that are about photos: their names and some of their pixels. */
  readonly judgeKey: string | null;
  readonly photosKey: unknown;
  readonly figures: Record<string, string>;
  /** A part of the report, or one of several of its pieces, cannot be made. */
  readonly refuse: (part: ReportPart, title: string) => (reason: string) => void;
  /** Multiply–accumulates from the picture to a layer, of one picture. */
  readonly macsTo: (layer: string) => number;
}

export interface Sampled {
  readonly name: string;
  /** As the net sees it. */
  readonly image: Image;
  readonly hash: string;
}

/** A picture as a data URI. */
export const pngOf = async (image: Image): Promise<string> => pngUri(await encodePng(image));
