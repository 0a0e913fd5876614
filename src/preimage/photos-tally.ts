/** @file What is kept of a pass over photos: each unit's best photos and a bounded sample of its activations. */

import { type Distribution, percents } from "../tensor/distribution.ts";
import { type Rng, rng } from "../tensor/rng.ts";

/** A photo that a unit likes. */
export interface Entry<Crop> {
  readonly item: number;
  readonly activation: number;
  /** Where in the layer: number of the position, row by row. */
  readonly at: number;
  /** Cut out when the entry has lasted to the end of its batch. */
  crop: Crop | undefined;
}

/** The k best photos of each unit, most active first; of equally active ones the first come. */
export class Best<Crop> {
  readonly #k: number;
  readonly entries: readonly Entry<Crop>[][];

  constructor(units: number, k: number) {
    this.#k = k;
    this.entries = Array.from({ length: units }, () => []);
  }

  /** A photo's largest activation of each unit, and where it was. */
  add(item: number, activations: ArrayLike<number>, at: ArrayLike<number>): void {
    for (const [unit, best] of this.entries.entries()) {
      const activation = activations[unit]!;
      if (best.length === this.#k && !(activation > best.at(-1)!.activation)) continue;
      const place = best.findIndex((entry) => entry.activation < activation);
      const list = best as Entry<Crop>[];
      list.splice(place < 0 ? list.length : place, 0, { item, activation, at: at[unit]!, crop: undefined });
      list.length = Math.min(list.length, this.#k);
    }
  }

  /** Cuts what has none yet out of its photo, while that is in memory. */
  cut(crop: (unit: number, entry: Entry<Crop>) => Crop): void {
    for (const [unit, best] of this.entries.entries()) for (const entry of best) entry.crop ??= crop(unit, entry);
  }
}

/**
 * One number per unit and photo: count, mean, extremes and how many are 0 or less, exactly; of the numbers themselves
 * those of at most `capacity` photos, each photo with the same chance (reservoir sampling, Vitter's algorithm R).
 */
export class Sample {
  readonly #rows: Float32Array[] = [];
  readonly #capacity: number;
  readonly #random: Rng;
  readonly #sum: Float64Array;
  readonly #least: Float32Array;
  readonly #most: Float32Array;
  readonly #dead: Uint32Array;
  #n = 0;

  constructor(units: number, capacity: number, seed: number) {
    this.#capacity = capacity;
    this.#random = rng(seed);
    this.#sum = new Float64Array(units);
    this.#least = new Float32Array(units).fill(Number.POSITIVE_INFINITY);
    this.#most = new Float32Array(units).fill(Number.NEGATIVE_INFINITY);
    this.#dead = new Uint32Array(units);
  }

  /** Photos seen. */
  get n(): number {
    return this.#n;
  }

  /** Photos whose numbers are kept. */
  get kept(): number {
    return this.#rows.length;
  }

  add(values: Float32Array): void {
    values.forEach((x, unit) => {
      this.#sum[unit]! += x;
      if (x < this.#least[unit]!) this.#least[unit] = x;
      if (x > this.#most[unit]!) this.#most[unit] = x;
      if (x <= 0) this.#dead[unit]!++;
    });
    const place = this.#n < this.#capacity ? this.#n : this.#random.int(0, this.#n + 1);
    if (place < this.#capacity) this.#rows[place] = values.slice();
    this.#n++;
  }

  distribution(unit: number): Distribution {
    const quantiles = percents(Float32Array.from(this.#rows, (row) => row[unit]!).sort());
    const max = this.#most[unit]!;
    return {
      n: this.#n,
      mean: this.#sum[unit]! / this.#n,
      max,
      quantiles: [this.#least[unit]!, ...quantiles.slice(1, 100), max],
      deadFraction: this.#dead[unit]! / this.#n,
    };
  }
}
