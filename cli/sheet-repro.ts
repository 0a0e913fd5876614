/** @file Makes a sheet, or a single picture of one, again from the recipe in its file. */

import { dirname, join } from "node:path";
import { fromRgb8, toRgb8 } from "../src/data/rgb8.ts";
import { InputError } from "../src/error.ts";
import { type SheetUnit, sheetBatches, sheetUnits } from "../src/preimage/sheet.ts";
import { decodeImage } from "../src/tensor/image.node.ts";
import { type Image, toRgb } from "../src/tensor/image.ts";
import { Ending } from "./exit.ts";
import { isFile, isFolder } from "./files.ts";
import type { Ingredients } from "./ingredients.ts";
import { numbersOf } from "./job.ts";
import type { DeviceFlag, OutputFlags } from "./options.ts";
import { runOptions } from "./picture.ts";
import { settingsIn } from "./picture-settings.ts";
import { classesOf } from "./sheet-classes.ts";
import { drawSheet } from "./sheet-draw.ts";
import { lookAt, makePictures, photosIn } from "./sheet-make.ts";
import { asSeen, type Part } from "./sheet-parts.ts";
import { type PhotosSource, photosSource, type SheetRecipe } from "./sheet-recipe.ts";
import { stopSignal } from "./stop.ts";

interface Flags extends DeviceFlag, OutputFlags {
  /** Where the photos lie, where they are not found. */
  readonly photos?: string;
}

/**
 * The sheet as a picture; of a single picture's recipe, that picture, for which only its batch is made.
 *
 * Throws `InputError` where the photos are not found or are others, and `Ending` with 130 when it was stopped.
 *
 * @param picture The file that carries the recipe.
 */
export async function remakeSheet(
  recipe: SheetRecipe,
  ingredients: Ingredients,
  picture: string,
  { device = recipe.device, quiet = false, photos: place }: Flags,
): Promise<Image> {
  const model = ingredients.model.value;
  const { batch, restarts, sheet } = recipe;
  const units = sheetUnits(model, sheet.addresses, recipe.size);
  const source = sheet.photos;
  const photos = source && (await photosIn(photosPlace(source, picture, place), source.limit));
  if (
    photos &&
    (await photosSource(photos, { path: "", limit: source.limit, top: source.top })).sha256 !== source.sha256
  )
    throw new InputError(
      `'${place ?? source.path ?? source.name}' holds other photos than those of the sheet: say with --photos where they are`,
    );

  const all = sheetBatches(units, { batch, restarts });
  const batches = sheet.unit ? all.filter((each) => each.some(({ address }) => address === sheet.unit)) : all;
  const made = new Map<string, Part>();
  const store = {
    has: () => false,
    write: async (pictures: Parameters<Parameters<typeof makePictures>[2]["write"]>[0]) => {
      for (const { unit, picture } of pictures)
        made.set(unit.address, {
          image: fromRgb8(toRgb8(asSeen(picture, model.preprocessing))),
          numbers: numbersOf(picture),
        });
    },
  };
  const options = {
    ...runOptions(settingsIn(recipe), ingredients, device),
    ...(sheet.fewer && { fewer: sheet.fewer }),
    quiet,
    title: sheet.addresses.join(" "),
  };
  await makePictures(model, batches, store, options);
  const seen = photos && (await lookAt(model, units, photos, { top: source.top, size: recipe.size, device, quiet }));
  if (stopSignal().aborted) throw new Ending(130, "stopped: the pictures were not compared and nothing was written");
  if (sheet.unit) return toRgb(made.get(sheet.unit)!.image);
  const part = async ({ address }: SheetUnit): Promise<Part> => made.get(address)!;
  const classes = await classesOf(model, units, async (unit) => (await part(unit)).image, { device });
  const png = await drawSheet({ model, recipe, units, photos: seen, classes, part });
  return (await decodeImage(png, { maxPixels: Number.POSITIVE_INFINITY })).image;
}

/** Where the user says, where they were, here, or beside the picture. */
function photosPlace({ name, path }: PhotosSource, picture: string, place: string | undefined): string {
  const places = [...(place ? [place] : []), ...(path ? [path] : []), name, join(dirname(picture), name)];
  const found = place ?? places.find((at) => isFolder(at) || isFile(at));
  if (found) return found;
  throw new InputError(`the photos '${name}' of the recipe were not found: say where they are with --photos`);
}
