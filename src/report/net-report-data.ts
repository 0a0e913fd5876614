/** @file What a report on a net holds, as plain JSON; its pictures are data URIs that stand apart. */

import type { Inspection } from "../model/inspect.ts";
import type { MeanInterval } from "../tensor/statistics.ts";

/** Numbers of a picture by the names that thresholds use. */
export type ReportNumbers = Readonly<Record<string, number>>;

/** The picture of a unit or a class. */
export interface ReportUnit {
  /** Of the unit: `layer3:17`, `logits:4`. */
  readonly address: string;
  /** What it is called in thresholds and on the page: the address, or the class's name. */
  readonly name: string;
  readonly layer: string;
  readonly numbers: ReportNumbers;
  /** Photos that the unit likes best, most active first; none without photos. */
  readonly photos: readonly { readonly photo: string; readonly activation: number }[];
  readonly notes: readonly string[];
}

/** Part of the photos that are the same class before and after. */
export interface Share {
  /** 0…1. */
  readonly part: number;
  /** 95 %, Wilson's. */
  readonly interval: readonly [low: number, high: number];
}

/** Inversions from one layer at one C, over the photos. */
export interface InversionCell {
  readonly layer: string;
  readonly codeWeight: number;
  /** Photos that count: those that do not leave the layer silent. */
  readonly photos: number;
  readonly silent: number;
  /** √(‖Φ(x) − Φ₀‖² / ‖Φ₀‖²), IJCV 2016. */
  readonly error: MeanInterval;
  /** ‖Φ(x) − Φ₀‖² over the mean squared distance between codes of different photos, CVPR 2015. */
  readonly cvpr: MeanInterval;
  /** Decibels. */
  readonly psnr: MeanInterval;
  readonly ssim: MeanInterval;
  /** The net's first answer for the picture is that for the photo; absent for nets without classes. */
  readonly agreement?: Share;
  /** The same of the judge. */
  readonly judgeAgreement?: Share;
}

/** The dead channels of one layer. */
export interface LayerDead {
  readonly layer: string;
  readonly channels: number;
  /** Behind a rectifier and nowhere above 0, on no picture. */
  readonly silent: readonly number[];
  /** On, but the same for all pictures. */
  readonly constant: readonly number[];
}

export interface DeadUnits {
  /** Pictures that were seen. */
  readonly pictures: number;
  readonly layers: readonly LayerDead[];
}

export interface ReportCaricature {
  readonly layer: string;
  /** ⟨Φ(x), Φ₀⟩, scaled to 1 for the photo itself. */
  readonly exaggeration: number;
  readonly notes: readonly string[];
}

/** Where pictures of classes stand between photos of their class and of others, in one layer; see `pooledPath`. */
export interface PathPlace {
  readonly similarity: number;
  readonly ceiling: number;
  readonly floor: number;
  /** 1 like photos of the class, 0 no more than photos of others. */
  readonly normalised: number;
  readonly interval: readonly [low: number, high: number];
}

export interface ReportPath {
  /** Classes that it is pooled over. */
  readonly classes: number;
  readonly layers: readonly { readonly address: string; readonly cosine: PathPlace; readonly spearman: PathPlace }[];
}

/** A number of the class pictures of two nets. */
export interface ReportCompared {
  /** What thresholds call it: `difference.<name>`. */
  readonly name: string;
  readonly first: MeanInterval;
  readonly second: MeanInterval;
  /** Second minus first, class by class. */
  readonly difference: MeanInterval;
}

export interface ReportBeside {
  /** Without one beside it in turn. */
  readonly report: NetReport;
  /** Over the classes. */
  readonly compared: readonly ReportCompared[];
}

/** The parts that may be missing, and why. */
export type ReportPart = "units" | "classes" | "path" | "inversion" | "caricatures" | "dead";

export interface NetReport {
  readonly net: Inspection;
  /** Height and width of the pictures. */
  readonly size: readonly [number, number];
  /** Name of the judge. */
  readonly judge: string | null;
  /** Photos that were there, and how many were shown to the net. */
  readonly photos: { readonly name: string; readonly count: number; readonly seen: number } | null;
  /** How photos look, by the measures that pictures have. */
  readonly texture: { readonly spectrumSlope: MeanInterval; readonly totalVariation: MeanInterval } | null;
  readonly units: readonly ReportUnit[];
  readonly classes: readonly ReportUnit[];
  /** Path similarity of the pictures of classes (Geirhos et al. 2024). */
  readonly path: ReportPath | null;
  /** The C whose cells stand for their layer: that nearest to 100. */
  readonly inversion: {
    readonly photos: number;
    readonly usual: number;
    readonly cells: readonly InversionCell[];
  } | null;
  readonly caricatures: { readonly photo: string; readonly layers: readonly ReportCaricature[] } | null;
  readonly dead: (DeadUnits & { readonly over: "photos" | "noise" }) | null;
  /** A second net, on the same classes and photos. */
  readonly beside: ReportBeside | null;
  /** Why a part is not there, in a sentence. */
  readonly missing: Readonly<Partial<Record<ReportPart, string>>>;
  /** What the reader should know, a sentence each. */
  readonly notes: readonly string[];
}

/** Data URIs by name; see `figureName`. */
export type ReportFigures = Readonly<Record<string, string>>;

/** Names of the pictures. */
export const figureName = {
  unit: (address: string): string => `unit ${address}`,
  patches: (address: string): string => `photos ${address}`,
  photo: "photo",
  inversion: (layer: string, codeWeight: number): string => `inversion ${layer} ${codeWeight}`,
  caricaturePhoto: "caricature photo",
  caricature: (layer: string): string => `caricature ${layer}`,
  /** Of the second net. */
  beside: (name: string): string => `beside ${name}`,
} as const;

/** Dead channels in all. */
export const deadIn = ({ silent, constant }: LayerDead): number => silent.length + constant.length;
