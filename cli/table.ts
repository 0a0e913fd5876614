/** @file Tables of text with aligned columns. */

export interface Column {
  readonly title: string;
  /** Numbers stand at the right; default left. */
  readonly align?: "left" | "right";
  /** Longer cells lose their middle; default no limit. */
  readonly max?: number;
}

/** Lines of a table: titles, then rows; columns are as wide as their widest cell and two spaces apart. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map((c) => c.title), ...rows].map((row) =>
    row.map((text, i) => shorten(text, columns[i]?.max ?? Number.POSITIVE_INFINITY)),
  );
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((text, i) => (columns[i]?.align === "right" ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const shorten = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, Math.ceil((max - 1) / 2))}…${text.slice(-Math.floor((max - 1) / 2))}`;

/** `1234567` → `1.23 M`: three digits and a unit; 0 is `-`. */
export function short(x: number): string {
  if (x === 0) return "-";
  const units = ["", " k", " M", " G", " T"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.abs(x)) / 3)));
  const scaled = x / 1000 ** power;
  return `${power === 0 ? scaled : scaled.toPrecision(3)}${units[power]}`;
}

/** A measured number with four digits. */
export const digits = (x: number): string => (Number.isFinite(x) ? String(Number(x.toPrecision(4))) : String(x));

/** A part of 1 as `83 %`, below a tenth as `8.3 %`. */
export const percent = (x: number): string => `${(100 * x).toFixed(x < 0.0995 ? 1 : 0)} %`;
