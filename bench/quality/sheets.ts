/** @file The pictures side by side: a row for every unit or layer, a column for every maker. */

import { labelledGrid } from "../../src/tensor/image.node.ts";
import type { Image } from "../../src/tensor/image.ts";
import { inverters, type PhotoPicture } from "./invert.ts";
import { makers, type UnitPicture } from "./maximize.ts";
import type { Photo } from "./setting.ts";
import { number } from "./table.ts";

interface Cell {
  readonly image: Image;
  readonly label: string;
}

const sheet = (rows: readonly (readonly Cell[])[], rowsBeside: number): Promise<Image> => {
  const cells = rows.flat();
  return labelledGrid(
    cells.map((c) => c.image),
    cells.map((c) => c.label),
    { columns: rowsBeside * Math.max(...rows.map((r) => r.length)) },
  );
};

/** The first seed's pictures of every unit, two units beside each other. */
export function unitSheet(pictures: readonly UnitPicture[]): Promise<Image> {
  const names = { none: "no regularisation", PyTorch: "Lucent's pipeline", fovea: "ours" };
  const first = pictures.filter((p) => p.seed === 1);
  const rows = [...new Set(first.map((p) => p.unit))].map((unit) =>
    makers.flatMap((maker): Cell[] => {
      const found = first.find((p) => p.unit === unit && p.maker === maker);
      if (!found) return [];
      const { image, activation, net, judge } = found;
      const p = net ? ` p ${net.probability.toFixed(2)}${judge ? ` / ${judge.probability.toFixed(2)}` : ""}` : "";
      return [{ image, label: `${unit.replace("logits:", "")}, ${names[maker]}\n${number(activation)}${p}` }];
    }),
  );
  // A row that a Ctrl-C cut short would shift all others.
  const whole = Math.max(...rows.map((r) => r.length));
  return sheet(
    rows.filter((r) => r.length === whole),
    2,
  );
}

/** A photo and what every layer and maker leaves of it, for the first two photos. */
export function photoSheet(pictures: readonly PhotoPicture[], photos: readonly Photo[]): Promise<Image> {
  const names = {
    natural: "ours, natural",
    faithful: "ours, faithful",
    "equal steps": "PyTorch, as many steps",
    "equal time": "PyTorch, as much time",
  };
  const present = inverters.filter((maker) => pictures.some((p) => p.maker === maker));
  const rows = [...new Set(pictures.map((p) => p.layer))].flatMap((layer) => {
    const cells = photos.slice(0, 2).flatMap(({ name, image }): Cell[] => [
      { image, label: "photo" },
      ...present.flatMap((maker): Cell[] => {
        const found = pictures.find((p) => p.layer === layer && p.photo === name && p.maker === maker);
        return found ? [{ image: found.image, label: `${layer}, ${names[maker]}\n${number(found.error)}` }] : [];
      }),
    ]);
    return cells.length === Math.min(2, photos.length) * (1 + present.length) ? [cells] : [];
  });
  return sheet(rows, 1);
}
