/** @file Reads tar archives (ustar, GNU long names, pax), plain or gzip, as a stream: memory holds one file at a time. */

import { expect, InputError } from "../error.ts";
import { type Chunks, maybeGunzip } from "./streams.ts";

export interface TarEntry {
  /** With `/` between folders, without a leading `./`; never absolute and never with `..`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const blockSize = 512;
const zero = 0x30;

/**
 * The regular files of an archive in its order; folders and links are left out. `wanted` spares the memory of files
 * that nobody needs. Throws an `InputError` for what is no tar file, is damaged, cut short, or has paths that lead
 * outside.
 */
export async function* readTar(
  chunks: Chunks,
  { name = "tar", wanted = () => true }: { readonly name?: string; readonly wanted?: (path: string) => boolean } = {},
): AsyncGenerator<TarEntry, void> {
  const input = reader(maybeGunzip(chunks, name), name);
  const decoder = new TextDecoder();
  let longPath: string | undefined;
  let longSize: number | undefined;
  try {
    for (;;) {
      const block = await input.take(blockSize, "end");
      if (block.length === 0 || block.every((byte) => byte === 0)) return;
      const header = parseHeader(block, decoder, name);
      const size = longSize ?? header.size;
      const padded = Math.ceil(size / blockSize) * blockSize;
      switch (header.type) {
        case "L":
          longPath = untilZero(await input.take(padded), decoder);
          break;
        case "x": {
          const records = paxRecords((await input.take(padded)).subarray(0, size), decoder);
          longPath = records.get("path") ?? longPath;
          longSize = records.has("size") ? Number(records.get("size")) : undefined;
          break;
        }
        default: {
          const path = safePath(longPath ?? header.path, name);
          const regular = header.type === "0" || header.type === "\0" || header.type === "7";
          if (regular && wanted(path)) yield { path, bytes: (await input.take(padded)).slice(0, size) };
          else await input.skip(padded);
          [longPath, longSize] = [undefined, undefined];
        }
      }
    }
  } finally {
    await input.close();
  }
}

/** True when a first block of 512 bytes has a tar header's checksum. */
const looksLikeTar = (block: Uint8Array): boolean =>
  block.length >= blockSize && checksum(block) === number(block.subarray(148, 156));

// Sum of the header's bytes, with the checksum's own field taken as eight spaces.
function checksum(block: Uint8Array): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < blockSize; i++) if (i < 148 || i >= 156) sum += block[i]!;
  return sum;
}

/** An octal number, or (GNU, for large files) a big-endian one marked by its top bit. */
function number(field: Uint8Array): number {
  if (field[0]! & 0x80) return field.subarray(1).reduce((value, byte) => value * 256 + byte, 0);
  let value = 0;
  for (const byte of field) if (byte >= zero && byte < zero + 8) value = value * 8 + byte - zero;
  return value;
}

function untilZero(bytes: Uint8Array, decoder: TextDecoder): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function parseHeader(block: Uint8Array, decoder: TextDecoder, name: string) {
  expect(looksLikeTar(block), () => `${name}: this is no tar archive or it is damaged: get it again`);
  const text = (from: number, to: number): string => untilZero(block.subarray(from, to), decoder);
  const prefix = text(257, 262) === "ustar" && text(257, 265) !== "ustar  " ? text(345, 500) : "";
  return {
    path: prefix ? `${prefix}/${text(0, 100)}` : text(0, 100),
    size: number(block.subarray(124, 136)),
    type: String.fromCharCode(block[156]!),
  };
}

/** Records "length key=value\n", the length in decimal and of the whole record. */
function paxRecords(bytes: Uint8Array, decoder: TextDecoder): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const length = Number.parseInt(decoder.decode(bytes.subarray(at, at + 20)), 10);
    if (!(length > 0)) break;
    const record = decoder.decode(bytes.subarray(at, at + length - 1));
    const [key, value] = splitOnce(record.slice(record.indexOf(" ") + 1), "=");
    records.set(key, value);
    at += length;
  }
  return records;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}

function safePath(path: string, name: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (path.startsWith("/") || parts.includes("..") || /\\|^[a-z]:/i.test(path))
    throw new InputError(`${name}: the archive wants to write outside its folder (${JSON.stringify(path)}): refused`);
  return parts.join("/");
}

/** Hands out an exact number of bytes from chunks of any size. */
function reader(chunks: AsyncGenerator<Uint8Array, void>, name: string) {
  let rest = new Uint8Array(0);
  const more = async (): Promise<boolean> => {
    const next = await chunks.next();
    if (!next.done) rest = new Uint8Array(next.value);
    return !next.done;
  };
  const cutShort = (): InputError => new InputError(`${name}: the archive is cut short: get it again`);
  return {
    /** Exactly `length` bytes; with `end`, none at all where the archive ends. */
    async take(length: number, atEnd?: "end"): Promise<Uint8Array> {
      const out = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        if (rest.length === 0 && !(await more())) {
          if (atEnd && filled === 0) return rest;
          throw cutShort();
        }
        const part = rest.subarray(0, length - filled);
        out.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
      }
      return out;
    },
    async skip(length: number): Promise<void> {
      while (length > 0) {
        if (rest.length === 0 && !(await more())) throw cutShort();
        const part = Math.min(length, rest.length);
        rest = rest.subarray(part);
        length -= part;
      }
    },
    close: () => chunks.return(),
  };
}
