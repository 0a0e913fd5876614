/** @file Comma-separated values as RFC 4180 has them: quotes, quotes within quotes, either line end. */

/** Rows of fields; empty lines are left out. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const push = (): void => {
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  };
  // A field, quoted or not, and what ends it.
  const field = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n|\r|\n|$)/gy;
  const clean = text.replace(/^\ufeff/, "");
  while (field.lastIndex < clean.length) {
    const match = field.exec(clean);
    if (!match) break;
    row.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] !== ",") push();
    else if (field.lastIndex === clean.length) row.push("");
  }
  if (row.length > 0) push();
  return rows;
}
