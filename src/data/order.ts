/** @file Which picture comes when: seeded shuffles of an epoch, by chance alone or balanced between classes. */

import { expect } from "../error.ts";
import type { Rng } from "../tensor/rng.ts";
import { type Dataset, indicesByClass, shuffle } from "./dataset.ts";

/**
 * One epoch's order of the pictures: as many places as there are pictures, positions in `items`.
 *
 * `balance` b draws class c with a share in proportion to n_c^(1 − b), n_c its number of pictures: 0 (default) takes
 * every picture once, 1 every class equally often. Within a class all pictures are used equally often, up to one.
 * `random` is the epoch's own stream.
 */
export function epochOrder(data: Pick<Dataset, "classes" | "items">, random: Rng, balance = 0): Int32Array {
  expect(
    balance >= 0 && balance <= 1,
    () => `balance: expected a number from 0 (as the data are) to 1 (all classes alike), got ${balance}`,
  );
  const total = data.items.length;
  if (balance === 0)
    return shuffle(
      Int32Array.from({ length: total }, (_, i) => i),
      random,
    );
  const classes = indicesByClass(data).filter((list) => list.length > 0);
  const shares = classes.map((list) => list.length ** (1 - balance));
  const quotas = apportion(shares, total, random);
  const order = new Int32Array(total);
  let at = 0;
  for (const [c, list] of classes.entries())
    for (let k = 0; k < quotas[c]!; k++) {
      if (k % list.length === 0) shuffle(list, random);
      order[at++] = list[k % list.length]!;
    }
  return shuffle(order, random);
}

/**
 * Whole numbers in proportion to the shares that sum to `total`; the places left by rounding down go to classes by
 * chance.
 */
function apportion(shares: readonly number[], total: number, random: Rng): number[] {
  const sum = shares.reduce((a, b) => a + b, 0);
  const quotas = shares.map((share) => Math.floor((share / sum) * total));
  const rest = total - quotas.reduce((a, b) => a + b, 0);
  const lucky = shuffle(Array.from(shares.keys()), random).slice(0, rest);
  for (const c of lucky) quotas[c]!++;
  return quotas;
}
