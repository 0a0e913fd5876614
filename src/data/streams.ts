/** @file Chunks of bytes: decompression, and collecting them into one array. */

import { InputError } from "../error.ts";

export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Decompresses as it reads. Throws an `InputError` that begins with `name` where the data are damaged or cut short. */
export async function* inflate(
  chunks: Chunks,
  format: "gzip" | "deflate",
  name: string,
): AsyncGenerator<Uint8Array, void> {
  const { readable, writable } = new DecompressionStream(format);
  const writer = writable.getWriter();
  let readError: unknown;
  const feed = async (): Promise<void> => {
    try {
      for await (const chunk of chunks) await writer.write(new Uint8Array(chunk));
      await writer.close();
    } catch (error) {
      readError = error;
      await writer.abort(error).catch(() => undefined);
    }
  };
  const fed = feed();
  const reader = readable.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } catch (error) {
    if (readError instanceof InputError) throw readError;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${name}: cannot be decompressed (${reason}): expected a whole ${format} file: get it again`);
  } finally {
    await reader.cancel().catch(() => undefined);
    await fed;
  }
}

/** All bytes in one array. */
export async function collect(chunks: Chunks): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  if (parts.length === 1) return parts[0]!;
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** The bytes themselves, or what is in them when they are gzip. */
export const gunzipped = async (bytes: Uint8Array, name: string): Promise<Uint8Array> =>
  isGzip(bytes) ? collect(inflate([bytes], "gzip", name)) : bytes;

/** The same chunks; decompressed when they begin as gzip does. */
export async function* maybeGunzip(chunks: Chunks, name: string): AsyncGenerator<Uint8Array, void> {
  const source = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  async function* rest(head: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
    try {
      yield* head;
      for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
    } finally {
      await source.return?.();
    }
  }
  const head: Uint8Array[] = [];
  let start = new Uint8Array(0);
  while (start.length < 2) {
    const next = await source.next();
    if (next.done) break;
    head.push(next.value);
    start = new Uint8Array([...start, ...next.value.subarray(0, 2)]);
  }
  yield* isGzip(start) ? inflate(rest(head), "gzip", name) : rest(head);
}
