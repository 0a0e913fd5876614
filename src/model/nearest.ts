/** @file The nearest of many words to one that was mistyped. */

/** Levenshtein distance: fewest insertions, deletions and replacements. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++)
      next.push(Math.min(row[j]! + (a[i] === b[j] ? 0 : 1), row[j + 1]! + 1, next[j]! + 1));
    row = next;
  }
  return row[b.length]!;
}

/** The `count` words nearest to `word`; those that contain it come first. Case does not count. */
export function nearest(word: string, words: readonly string[], count = 3): string[] {
  const wanted = word.toLowerCase();
  const far = (w: string): number =>
    wanted !== "" && w.includes(wanted) ? (w.length - wanted.length) / 1000 : editDistance(wanted, w);
  return words
    .map((w) => ({ w, distance: far(w.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ w }) => w);
}
