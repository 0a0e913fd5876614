/** @file Long work in pieces: each is kept when it is done, found again the next time, and counted by what it costs. */

import { InputError } from "../error.ts";

/** Where the results of pieces are kept, by a text that says all that they depend on. */
export interface Keep {
  /** What was put there, or `undefined`. */
  find(key: string): Promise<unknown>;
  /** @param value Plain JSON. */
  put(key: string, value: unknown): Promise<void>;
}

/** One piece of work, whose result is plain JSON. */
export interface Piece<T = unknown> {
  /** What is done, for people. */
  readonly title: string;
  /** What it costs, in any unit that all pieces share. */
  readonly work: number;
  /** All that the result depends on, as plain JSON. */
  readonly key: unknown;
  /** Yields which part is done, 0…1. */
  make(): AsyncGenerator<number, T>;
  take(value: T): void;
  /** Where it is given, it is told why the piece cannot be made, and the work goes on; an `InputError` ends it otherwise. */
  readonly refuse?: ((reason: string) => void) | undefined;
}

/** A piece among pieces of all kinds of results. */
export const piece = <T>(p: Piece<T>): Piece => p as Piece;

export interface PiecesProgress {
  /** The piece under way. */
  readonly title: string;
  /** Work done since this call began and to do in it; what was kept does not count. */
  readonly done: number;
  readonly total: number;
  /** Pieces that were found. */
  readonly kept: number;
}

export interface PiecesOptions {
  readonly keep?: Keep | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Does the pieces in their order. False where the signal ended it; what was under way then is not kept. */
export async function* doPieces(
  pieces: readonly Piece[],
  { keep, signal }: PiecesOptions,
): AsyncGenerator<PiecesProgress, boolean> {
  const left: Piece[] = [];
  for (const each of pieces) {
    const value = await keep?.find(JSON.stringify(each.key));
    if (value === undefined) left.push(each);
    else each.take(value);
  }
  const total = left.reduce((sum, { work }) => sum + work, 0);
  const kept = pieces.length - left.length;
  let before = 0;
  for (const each of left) {
    if (signal?.aborted) return false;
    const { title, work } = each;
    yield { title, done: before, total, kept };
    try {
      const making = each.make();
      let next = await making.next();
      while (!next.done) {
        yield { title, done: before + work * next.value, total, kept };
        next = await making.next();
      }
      if (signal?.aborted) return false;
      await keep?.put(JSON.stringify(each.key), next.value);
      each.take(next.value);
    } catch (error) {
      if (signal?.aborted) return false;
      if (!(error instanceof InputError && each.refuse)) throw error;
      each.refuse(error.message);
    }
    before += work;
  }
  return true;
}

/** The result of what tells which part is done, 0…1, with a look at it now and then. */
export async function* polled<T>(run: (tell: (part: number) => void) => Promise<T>): AsyncGenerator<number, T> {
  let part = 0;
  const running = run((now) => {
    part = now;
  }).then((value) => ({ value }));
  for (;;) {
    const ended = await Promise.race([running, pause(200)]);
    if (ended) return ended.value;
    yield part;
  }
}

const pause = (ms: number): Promise<undefined> =>
  new Promise((resolve) => void setTimeout(() => resolve(undefined), ms));
