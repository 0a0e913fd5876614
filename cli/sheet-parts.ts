/** @file The folder beside a sheet in the making: a PNG for each unit that is done, and where the batch under way was stopped. */

import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { InputError } from "../src/error.ts";
import type { Preprocessing } from "../src/model/preprocessing.ts";
import type { PictureState } from "../src/preimage/run-state.ts";
import { decodeSaved, encodeSaved } from "../src/preimage/saved.ts";
import type { SheetPicture, SheetUnit, Unfinished } from "../src/preimage/sheet.ts";
import type { Picture } from "../src/preimage/technique.ts";
import { decodeImage, encodePng } from "../src/tensor/image.node.ts";
import { type Image, toRgb } from "../src/tensor/image.ts";
import { readPngText } from "../src/tensor/png-text.ts";
import { isFile, isFolder, readInput, safeName, stem, writeFailure, writeOutput } from "./files.ts";
import { type MadeNumbers, numbersOf } from "./job.ts";
import { recipeText } from "./recipe.ts";
import { differences, fewerIn, type SheetRecipe } from "./sheet-recipe.ts";
import { lock } from "./train-lock.ts";
import { viewOf } from "./view.ts";

/** In three colours; what is transparent lies on white, bands stand in a row. */
export const asSeen = (picture: Picture, preprocessing: Preprocessing): Image => toRgb(viewOf(picture, preprocessing));

/** A unit's picture as it is kept: 8 bits a colour. */
export interface Part {
  readonly image: Image;
  readonly numbers: MadeNumbers;
}

export interface Parts {
  readonly folder: string;
  /** The recipe of the sheet that was begun here; none of a new one. */
  readonly begun?: SheetRecipe;
  readonly has: (unit: SheetUnit) => boolean;
  /** Where a batch was stopped, if it is this one. */
  readonly stateOf: (batch: readonly SheetUnit[]) => readonly PictureState[] | undefined;
  /** Whether there is where a batch was stopped. */
  readonly hasState: () => boolean;
  /** Makes the folder, where it is not there, and keeps others out of it. */
  readonly begin: (recipe: SheetRecipe) => void;
  readonly write: (pictures: readonly SheetPicture[]) => Promise<void>;
  readonly writeUnfinished: (stopped: Unfinished) => void;
  readonly read: (unit: SheetUnit) => Promise<Part>;
  readonly fileOf: (unit: SheetUnit) => string;
  /** Lets others in; removes a folder without anything to go on from. */
  readonly close: () => void;
  readonly remove: () => void;
}

/** Keyword of the numbers in the file of a unit. */
const NUMBERS = "fovea-numbers";

/**
 * The folder `sheet.parts` beside `sheet.png`. Throws `InputError` where it holds something else, and for a sheet that was begun
 * in another way than `recipe` says.
 */
export function openParts(
  out: string,
  units: readonly SheetUnit[],
  recipe: SheetRecipe,
  preprocessing: Preprocessing,
): Parts {
  const folder = join(dirname(out), `${stem(out)}.parts`);
  const [manifest, running] = [join(folder, "sheet.json"), join(folder, "running.safetensors")];
  const places = new Map(units.map(({ address }, i) => [address, i]));
  const fileOf = ({ address }: SheetUnit): string =>
    join(folder, `${String(places.get(address)).padStart(4, "0")}-${safeName(address)}.png`);
  const begun = isFolder(folder) ? begunIn(folder, manifest) : undefined;
  if (begun) expectSame(begun, recipe, folder);
  let current = begun ?? recipe;
  let unlock: (() => void) | undefined;
  return {
    folder,
    ...(begun && { begun }),
    fileOf,
    has: (unit) => isFile(fileOf(unit)),
    stateOf: (batch) => savedIn(running, batch),
    hasState: () => isFile(running),
    begin: (wanted) => {
      try {
        mkdirSync(folder, { recursive: true });
      } catch (error) {
        throw writeFailure(folder, error);
      }
      unlock = lock(join(folder, ".lock"), "making a sheet");
      current = wanted;
      writeOutput(manifest, `${JSON.stringify(wanted, null, 2)}\n`);
    },
    write: async (pictures) => {
      const fewer = fewerIn([pictures], current);
      for (const { unit, picture } of pictures) {
        const numbers = JSON.stringify(numbersOf(picture));
        const { addresses } = current.sheet;
        const recipe = { ...current, sheet: { addresses, ...fewer, unit: unit.address } };
        writeOutput(
          fileOf(unit),
          await encodePng(asSeen(picture, preprocessing), { text: { ...recipeText(recipe), [NUMBERS]: numbers } }),
        );
      }
      rmSync(running, { force: true });
    },
    writeUnfinished: ({ batch, states }) => {
      if (states.length > 0 && states[0]!.step > 0)
        writeOutput(running, encodeSaved({ recipe: { batch: addressesOf(batch) }, states }));
    },
    read: async (unit) => partIn(fileOf(unit)),
    close: () => {
      unlock?.();
      if (isFolder(folder) && readdirSync(folder).every((name) => name === "sheet.json" || name.startsWith(".")))
        rmSync(folder, { recursive: true });
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const addressesOf = (batch: readonly SheetUnit[]): string => batch.map(({ address }) => address).join(" ");

/** The recipe in the folder; none of an empty one. */
function begunIn(folder: string, manifest: string): SheetRecipe | undefined {
  if (readdirSync(folder).every((name) => name.startsWith("."))) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(readInput(manifest, "sheet"))) as SheetRecipe;
  } catch {
    throw new InputError(
      `the folder '${folder}' is needed for the sheet's pictures and holds something else: move it, or give another --out`,
    );
  }
}

function expectSame(begun: SheetRecipe, recipe: SheetRecipe, folder: string): void {
  const others = differences(begun, recipe);
  if (others.length > 0)
    throw new InputError(
      `'${folder}' holds pictures of another sheet (other ${others.join(", ")}): go on with the same settings, remove that folder, or give another --out`,
    );
}

function savedIn(path: string, batch: readonly SheetUnit[]): readonly PictureState[] | undefined {
  if (!isFile(path)) return undefined;
  try {
    const { recipe, states } = decodeSaved(readInput(path, "state"));
    return (recipe as { readonly batch?: string }).batch === addressesOf(batch) ? states : undefined;
  } catch {
    return undefined;
  }
}

async function partIn(path: string): Promise<Part> {
  const png = readInput(path, "picture");
  try {
    const numbers = JSON.parse(readPngText(png)[NUMBERS]!) as MadeNumbers;
    return { image: (await decodeImage(png)).image, numbers };
  } catch {
    throw new InputError(`'${path}' is damaged: remove it and run the same command again`);
  }
}
