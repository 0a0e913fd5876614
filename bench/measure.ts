/** @file Samples of jobs that take turns, and what is said about them: medians, quartiles, ratios round by round. */

export interface Spread {
  readonly median: number;
  /** Quartiles. */
  readonly low: number;
  readonly high: number;
  /** Samples. */
  readonly count: number;
}

export function spread(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (q: number): number => {
    const place = q * (sorted.length - 1);
    const below = Math.floor(place);
    return sorted[below]! + (place - below) * (sorted[Math.min(below + 1, sorted.length - 1)]! - sorted[below]!);
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75), count: samples.length };
}

/** a[i] / b[i] of each round, so that what disturbs a round disturbs both. */
export const ratio = (a: readonly number[], b: readonly number[]): Spread => spread(a.map((x, i) => x / b[i]!));

/** One sample. */
export const once = (x: number): Spread => ({ median: x, low: x, high: x, count: 1 });

/** Peak memory of this process so far in MB. */
export const peakMemory = (): number => process.resourceUsage().maxRSS / 1024;

/** Milliseconds that a job takes. */
export async function milliseconds(job: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await job();
  return performance.now() - began;
}

export interface Rounds {
  /** Rounds that count. */
  readonly rounds: number;
  /** Rounds before them that do not; 3 by default. */
  readonly warmUp?: number;
}

/** One runtime's threads go on waiting busily for a moment after a run; the next job starts after it, in milliseconds. */
const BREAK = 20;

/**
 * Runs every job once a round, each round in another order, and returns what each measured (usually milliseconds), by name.
 */
export async function interleave<J extends Partial<Record<string, () => Promise<number>>>>(
  jobs: J,
  { rounds, warmUp = 3 }: Rounds,
): Promise<{ [K in keyof J]: number[] }> {
  const all = Object.entries(jobs).flatMap(([name, job]) => (job ? [{ name, job, samples: [] as number[] }] : []));
  for (let round = 0; round < warmUp + rounds; round++) {
    for (let i = 0; i < all.length; i++) {
      const { job, samples } = all[(i + round) % all.length]!;
      await new Promise((resolve) => setTimeout(resolve, BREAK));
      const measured = await job();
      if (round >= warmUp) samples.push(measured);
    }
  }
  return Object.fromEntries(all.map(({ name, samples }) => [name, samples])) as { [K in keyof J]: number[] };
}
