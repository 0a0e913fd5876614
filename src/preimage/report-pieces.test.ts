/** @file Pieces of work: kept, found again, refused, stopped. */

import { expect, it } from "vitest";
import { InputError } from "../error.ts";
import { doPieces, type Keep, type Piece, type PiecesProgress, polled } from "./report-pieces.ts";

function memory(): Keep & { readonly kept: Map<string, unknown> } {
  const kept = new Map<string, unknown>();
  return { kept, find: async (key) => kept.get(key), put: async (key, value) => void kept.set(key, value) };
}

/** Pieces that tell when they are made and what they hand over. */
function pieces(log: string[], count: number, make: (i: number) => Promise<unknown> = async () => {}): Piece[] {
  return Array.from({ length: count }, (_, i) => ({
    title: `piece ${i}`,
    work: i + 1,
    key: { i },
    make: async function* () {
      log.push(`made ${i}`);
      yield 0.5;
      await make(i);
      return i * 10;
    },
    take: (value: unknown) => log.push(`took ${value}`),
  }));
}

async function run(work: ReturnType<typeof doPieces>): Promise<{ seen: PiecesProgress[]; whole: boolean }> {
  const seen: PiecesProgress[] = [];
  for (;;) {
    const next = await work.next();
    if (next.done) return { seen, whole: next.value };
    seen.push(next.value);
  }
}

it("does each piece once, and takes what was kept", async () => {
  const keep = memory();
  const log: string[] = [];
  const { seen, whole } = await run(doPieces(pieces(log, 2), { keep }));
  expect(whole).toBe(true);
  expect(seen.map(({ done, total }) => [done, total])).toEqual([
    [0, 3],
    [0.5, 3],
    [1, 3],
    [2, 3],
  ]);
  expect(log).toEqual(["made 0", "took 0", "made 1", "took 10"]);
  const again: string[] = [];
  const second = await run(doPieces(pieces(again, 3), { keep }));
  expect(again).toEqual(["took 0", "took 10", "made 2", "took 20"]);
  // Only what is left to do counts.
  expect(second.seen[0]).toEqual({ title: "piece 2", done: 0, total: 3, kept: 2 });
});

it("keeps what was done before it was stopped, and not what was under way", async () => {
  const [keep, stop, log] = [memory(), new AbortController(), [] as string[]];
  const { whole } = await run(
    doPieces(
      pieces(log, 3, async (i) => i === 1 && stop.abort()),
      { keep, signal: stop.signal },
    ),
  );
  expect(whole).toBe(false);
  expect([...keep.kept.values()]).toEqual([0]);
  expect(log).toEqual(["made 0", "took 0", "made 1"]);
});

it("goes on where a piece can say why it cannot be made", async () => {
  const log: string[] = [];
  const fails = async (i: number): Promise<void> => {
    if (i === 0) throw new InputError("no such thing");
  };
  await expect(run(doPieces(pieces(log, 2, fails), {}))).rejects.toThrow("no such thing");
  const told: string[] = [];
  const lenient = pieces(log, 2, fails).map((each) => ({
    ...each,
    refuse: (reason: string) => void told.push(reason),
  }));
  expect((await run(doPieces(lenient, {}))).whole).toBe(true);
  expect(told).toEqual(["no such thing"]);
  expect(log.at(-1)).toBe("took 10");
});

it("looks at what only tells how far it is", async () => {
  const watched = polled(async (tell) => {
    tell(0.25);
    await new Promise((resolve) => setTimeout(resolve, 450));
    return "end";
  });
  const first = await watched.next();
  expect(first).toEqual({ done: false, value: 0.25 });
  let next = await watched.next();
  while (!next.done) next = await watched.next();
  expect(next.value).toBe("end");
  const failing = polled(async () => {
    throw new InputError("broken");
  });
  await expect(failing.next()).rejects.toThrow("broken");
});
