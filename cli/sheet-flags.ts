/** @file Options of sheets, and which of the others a sheet has no use for. */

import type { Command } from "commander";
import { InputError } from "../src/error.ts";
import { type PictureFlags, wholeNumber } from "./options.ts";

export interface SheetFlags extends PictureFlags {
  readonly top?: number;
  readonly photoLimit?: number;
  readonly columns?: number;
  readonly keep?: boolean;
}

export const withSheetFlags = (command: Command): Command =>
  command
    .option("--photos <folder>", "a sheet, with the parts of these photos that each unit likes best beside its picture")
    .option("--top <number>", "of those, for each unit (default: 4)", wholeNumber(1, 100))
    .option("--photo-limit <number>", "look at so many photos, evenly spread over all", wholeNumber(1, 100_000_000))
    .option("--columns <number>", "units in a row of the sheet", wholeNumber(1, 10_000))
    .option("--keep", "keep the sheet's single pictures, in a folder beside it");

/** Throws `InputError` for options of sheets where none is made. */
export function refuseSheetFlags({ top, photoLimit, columns, keep }: SheetFlags): void {
  const given = Object.entries({ "--top": top, "--photo-limit": photoLimit, "--columns": columns, "--keep": keep });
  const first = given.find(([, value]) => value !== undefined);
  if (first)
    throw new InputError(
      `${first[0]} is for sheets: give an address such as layer3:* or layer3:0-15, or photos with --photos`,
    );
}

const instead: Readonly<Record<string, string>> = {
  objective: "it shows units: make a picture of the objective alone",
  animate: "make the picture of one unit alone, such as layer3:17, to animate it",
  snapshots: "make the picture of one unit alone, such as layer3:17, to see it on the way",
  state: "run the same command again to go on with a sheet that was stopped",
  resume: "run the same command again to go on with a sheet that was stopped",
  report: "its page is written beside it anyway",
  with: "its units name no photos or directions; --photos DIR gives the photos that stand beside them",
};

/** Throws `InputError` for options that a sheet cannot follow. */
export function refuseForSheets(flags: SheetFlags & { readonly objective?: string[] }): void {
  const given = Object.keys(instead).find((name) => flags[name as keyof typeof flags] !== undefined);
  if (given) throw new InputError(`--${given} does not go with a sheet: ${instead[given]}`);
  if (flags.photos === undefined && (flags.top ?? flags.photoLimit) !== undefined)
    throw new InputError(
      `${flags.top === undefined ? "--photo-limit" : "--top"} says how many photos: say with --photos where they are`,
    );
  if (flags.out !== undefined && /\.html?$/i.test(flags.out))
    throw new InputError(`--out '${flags.out}': expected the name of a PNG; the page is written beside it`);
}
