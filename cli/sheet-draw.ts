/** @file From the pictures, photos and numbers of a sheet's units to its PNG, its page, and what `--json` prints. */

import type { Model } from "../src/model/model.ts";
import type { Standing } from "../src/preimage/measure-classes.ts";
import type { Reached } from "../src/preimage/measure-picture.ts";
import { pictureSize } from "../src/preimage/net.ts";
import type { BestPhoto, TopPhotos, UnitPhotos } from "../src/preimage/photos.ts";
import type { SheetUnit } from "../src/preimage/sheet.ts";
import { amongPhotos, type Life, lifeOf } from "../src/preimage/sheet-photos.ts";
import { type SheetEntry, sheetPage } from "../src/report/sheet.ts";
import { pictureUri, sheetPng } from "../src/report/sheet-picture.node.ts";
import type { Distribution } from "../src/tensor/distribution.ts";
import { imageDims } from "../src/tensor/image.ts";
import type { MadeNumbers } from "./job.ts";
import { recipeText } from "./recipe.ts";
import type { UnitClasses } from "./sheet-classes.ts";
import type { Part } from "./sheet-parts.ts";
import type { SheetRecipe } from "./sheet-recipe.ts";
import { digits } from "./table.ts";

/** A sheet whose pictures are all there. */
export interface Finished {
  readonly model: Model;
  readonly recipe: SheetRecipe;
  readonly units: readonly SheetUnit[];
  readonly part: (unit: SheetUnit) => Promise<Part>;
  /** In the order of the units. */
  readonly photos?: TopPhotos | undefined;
  /** Of the units that are classes, by address. */
  readonly classes: ReadonlyMap<string, UnitClasses>;
}

/** What `--json` prints of a unit. */
export type UnitNumbers = Pick<SheetUnit, "address" | "label"> &
  Omit<MadeNumbers, "device" | "provider" | "preset"> & {
    readonly life: Life;
    readonly classes?: UnitClasses;
    readonly photos?: Omit<Reached, "activation"> & {
      readonly mean: Omit<Distribution, "quantiles">;
      readonly peak: Omit<Distribution, "quantiles">;
      readonly best: readonly Omit<BestPhoto, "crop">[];
    };
    /** Its own PNG, where that is kept. */
    readonly picture?: string;
  };

const withoutQuantiles = ({ quantiles: _, ...rest }: Distribution): Omit<Distribution, "quantiles"> => rest;

export function unitNumbers(
  unit: SheetUnit,
  numbers: MadeNumbers,
  { photos, classes }: { readonly photos?: UnitPhotos | undefined; readonly classes?: UnitClasses | undefined } = {},
): UnitNumbers {
  const { device: _, provider: __, preset: ___, ...rest } = numbers;
  const { address, label } = unit;
  const activation = numbers.activation!;
  const among = photos && amongPhotos({ activation }, photos);
  return {
    address,
    ...(label !== undefined && { label }),
    life: lifeOf({ activation, steps: numbers.steps }, photos),
    ...rest,
    ...(classes && { classes }),
    ...(photos &&
      among && {
        photos: {
          percentile: among.percentile,
          ratio: among.ratio,
          mean: withoutQuantiles(photos.mean),
          peak: withoutQuantiles(photos.peak),
          best: photos.best.map(({ crop: _, ...best }) => best),
        },
      }),
  };
}

/** What is said of a unit that is not alive, below its picture and as a sentence. */
const told: Readonly<Record<Exclude<Life, "alive">, readonly [short: string, sentence: string]>> = {
  dead: ["dead", "Nothing that was tried changes this unit."],
  unmoved: ["not moved", "No picture was found that changes this unit, but photos do."],
  silent: ["no photo does", "The picture changes this unit, but it is the same for all photos."],
};

/** `12.3 · 3.1× photos`: the activation of the picture, and how it compares. */
function valueLine({ life, activation, photos }: UnitNumbers): string {
  if (life === "dead" || life === "unmoved") return told[life][0];
  const reached = digits3(activation!.end);
  if (life === "silent") return `${reached} · ${told.silent[0]}`;
  if (!photos) return reached;
  const { percentile, ratio } = photos;
  return percentile < 100 || !Number.isFinite(ratio)
    ? `${reached} · above ${Math.floor(percentile)} % of photos`
    : `${reached} · ${ratio.toPrecision(2)}× photos`;
}

/** `p 0.98`, and the rank where others are more probable. */
const classLine = ({ net }: UnitClasses): string =>
  `p ${net.probability.toFixed(2)}${net.rank > 1 ? `, rank ${net.rank}` : ""}`;

const digits3 = (x: number): string => (Math.abs(x) < 1000 ? String(Number(x.toPrecision(3))) : x.toFixed(0));

/** A unit's short name on a sheet of one layer, its address on others. */
const nameOf = (unit: SheetUnit, alone: boolean): string =>
  unit.label ?? (alone ? unit.address.slice(unit.layer.length + 1) : unit.address);

const settingsText = ({ preset, seed, size, restarts = 1, stepsDone }: SheetRecipe, model: Model): string =>
  `${preset}, ${stepsDone} steps, ${pictureSize(model, size)[0]} px, seed ${seed}${restarts > 1 ? `, the best of ${restarts}` : ""}`;

const titleOf = ({ sheet }: SheetRecipe, { name }: Model): string => `${sheet.addresses.join(", ")} of ${name}`;

/** The PNG, with the recipe in it. */
export async function drawSheet({ model, recipe, units, part, photos, classes }: Finished): Promise<Uint8Array> {
  const [, side] = imageDims((await part(units[0]!)).image);
  const alone = new Set(units.map(({ layer }) => layer)).size === 1;
  const { columns, photos: source } = recipe.sheet;
  const beside =
    source && photos ? `; beside it: what excites the unit most in ${photos.photos} photos of ${source.name}` : "";
  return sheetPng(
    async (i) => {
      const unit = units[i]!;
      const { image, numbers } = await part(unit);
      const seen = photos?.units[i];
      const said = classes.get(unit.address);
      const n = unitNumbers(unit, numbers, { photos: seen, classes: said });
      return {
        picture: image,
        ...(seen && { patches: seen.best.map(({ crop }) => crop()) }),
        lines: [nameOf(unit, alone), valueLine(n), ...(said ? [classLine(said)] : [])],
        dead: n.life === "dead",
      };
    },
    {
      count: units.length,
      pictureSide: side,
      patches: source?.top ?? 0,
      lines: classes.size > 0 ? 3 : 2,
      head: [
        titleOf(recipe, model),
        `${settingsText(recipe, model)}; below each picture: the activation that it reaches${classes.size > 0 ? " and the probability p of its class" : ""}${beside}`,
      ],
      ...(columns !== undefined && { columns }),
      text: recipeText(recipe),
    },
  );
}

/** The page. */
export async function drawPage(
  { model, recipe, units, part, photos }: Finished,
  { all, command }: { readonly all: readonly UnitNumbers[]; readonly command: string },
): Promise<string> {
  const entries: SheetEntry[] = [];
  for (const [i, unit] of units.entries()) {
    const { image } = await part(unit);
    const best = photos?.units[i]?.best ?? [];
    const n = all[i]!;
    const patches = [];
    for (const { photo, activation, crop } of best)
      patches.push({ source: await pictureUri(crop()), photo, activation: digits(activation) });
    entries.push({
      title: unit.address,
      ...(unit.label !== undefined && { label: unit.label }),
      source: await pictureUri(image),
      patches,
      numbers: numberTexts(n),
      notes: [...(n.life === "alive" ? [] : [told[n.life][1]]), ...n.notes.map((note) => `${note}.`)],
      dead: n.life === "dead",
    });
  }
  const off = all.filter(({ life }) => life !== "alive").length;
  const { provider, device, sheet } = recipe;
  return sheetPage({
    title: titleOf(recipe, model),
    words: `Each picture is what excites a unit most, made from noise${photos ? "; beside it, what excites the unit most in real photos, cut to what it sees" : ""}.`,
    facts: {
      made: `${settingsText(recipe, model)}, on ${device} (${provider})`,
      units: `${units.length}${off > 0 ? `, of which ${off} dead or silent` : ""}`,
      ...(photos && {
        photos: `${photos.photos} of ${sheet.photos!.name}${photos.unreadable.length > 0 ? `, ${photos.unreadable.length} could not be read` : ""}`,
      }),
    },
    entries,
    command,
  });
}

const standingText = ({ probability, rank }: Standing): string => `${probability.toFixed(3)}, rank ${rank}`;

function numberTexts({
  activation,
  objective,
  photos,
  classes,
  ms,
  spread,
  seed,
  restarts,
}: UnitNumbers): Record<string, string> {
  return {
    activation: `${digits(activation!.start)} → ${digits(activation!.end)}`,
    "with transforms": digits(objective!.end),
    ...(classes && { probability: standingText(classes.net) }),
    ...(classes?.judge && { "… on the judge": standingText(classes.judge) }),
    ...(photos && {
      "photos below": `${Number(photos.percentile.toFixed(1))} %`,
      "of the best photo": Number.isFinite(photos.ratio) ? `${photos.ratio.toPrecision(3)} ×` : "–",
      "photos at most 0": `${Math.round(100 * photos.peak.deadFraction)} %`,
    }),
    ...(spread &&
      restarts && {
        "best of": `${restarts.length}, seed ${seed}; ${digits(spread.smallest)} … ${digits(spread.largest)}`,
      }),
    time: `${digits(ms / 1000)} s`,
  };
}
