/** @file How alike two lists of numbers are: cosine, Pearson's and Spearman's correlation. */

/** ⟨a, b⟩ / (‖a‖ ‖b‖), −1…1; 0 where one of them is all zero. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}

/** The cosine of what is left of both when their means are taken away; 0 where one of them is constant. */
export const pearson = (a: ArrayLike<number>, b: ArrayLike<number>): number => cosine(centred(a), centred(b));

/** Pearson's correlation of the ranks, −1…1. */
export const spearman = (a: ArrayLike<number>, b: ArrayLike<number>): number => pearson(ranks(a), ranks(b));

/** Place of each number in order of size, from 1; equal ones share the mean of their places. */
export function ranks(x: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: x.length }, (_, i) => i).sort((i, j) => x[i]! - x[j]!);
  const out = new Float64Array(x.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && x[order[to]!] === x[order[from]!]) to++;
    for (let k = from; k < to; k++) out[order[k]!] = (from + 1 + to) / 2;
    from = to;
  }
  return out;
}

/** The numbers minus their mean. */
export function centred(x: ArrayLike<number>): Float64Array {
  const out = Float64Array.from(x);
  const mean = out.reduce((sum, v) => sum + v, 0) / out.length;
  return out.map((v) => v - mean);
}
