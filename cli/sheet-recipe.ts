/** @file The recipe of a sheet, in its PNG and in those of its single pictures. */

import { isAbsolute } from "node:path";
import type { Photos } from "../src/preimage/photos-source.ts";
import type { SheetUnit } from "../src/preimage/sheet.ts";
import { contentHash } from "../src/runtime/compile.ts";
import type { Recipe, Source } from "./recipe.ts";

/** Photos that stand beside the units. */
export interface PhotosSource extends Omit<Source, "sha256"> {
  /** Of the photos' names. */
  readonly sha256: string;
  readonly limit?: number;
  /** For each unit. */
  readonly top: number;
}

/** A recipe whose job says all addresses, and whose batch is that of the sheet. */
export interface SheetRecipe extends Recipe {
  readonly batch: number;
  readonly sheet: {
    readonly addresses: readonly string[];
    readonly columns?: number;
    readonly photos?: PhotosSource;
    /** Batches, by the address of their first unit, for which memory only took graphs of so many pictures. */
    readonly fewer?: Readonly<Record<string, number>>;
    /** In the file of a single picture: the unit that it is of. */
    readonly unit?: string;
  };
}

export const isSheet = (recipe: Recipe): recipe is SheetRecipe => "sheet" in recipe;

/** What the recipe of a sheet says about its photos. */
export async function photosSource(
  { name, names }: Photos,
  { path, limit, top }: { readonly path: string; readonly limit: number | undefined; readonly top: number },
): Promise<PhotosSource> {
  return {
    name,
    ...(!isAbsolute(path) && { path }),
    sha256: await contentHash(new TextEncoder().encode(names.join("\n"))),
    ...(limit !== undefined && { limit }),
    top,
  };
}

/** What a recipe says about batches that did not fit into one graph, by what their pictures say of theirs. */
export function fewerIn(
  batches: readonly (readonly { readonly unit: SheetUnit; readonly picture: { readonly batch?: number } }[])[],
  { batch, restarts = 1 }: SheetRecipe,
): Pick<SheetRecipe["sheet"], "fewer"> {
  const entries = batches.flatMap((made) => {
    const most = Math.max(...made.map(({ picture }) => picture.batch ?? 1));
    return most < Math.min(batch, made.length * restarts) ? [[made[0]!.unit.address, most] as const] : [];
  });
  return entries.length > 0 ? { fewer: Object.fromEntries(entries) } : {};
}

/** What must be the same for single pictures to belong to one sheet: words for it, and the value. */
function essence(recipe: SheetRecipe): Record<string, unknown> {
  const { sheet, job: _, batch: __, stepsDone: ___, stopped: ____, model, start, spectrum, ...settings } = recipe;
  return {
    addresses: sheet.addresses,
    model: model.sha256,
    level: model.level,
    start: start?.sha256,
    spectrum: spectrum?.sha256,
    ...settings,
  };
}

/** Names of what differs between two sheets, apart from what is drawn around their pictures. */
export function differences(a: SheetRecipe, b: SheetRecipe): string[] {
  const [x, y] = [essence(a), essence(b)];
  const names = [...new Set([...Object.keys(x), ...Object.keys(y)])];
  return names.filter((name) => JSON.stringify(x[name]) !== JSON.stringify(y[name]));
}
