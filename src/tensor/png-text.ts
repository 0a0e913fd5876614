/** @file Text in PNG files: tEXt and iTXt chunks, as the PNG specification (W3C, third edition) lays them out. */

import { InputError } from "../error.ts";

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

// CRC-32 of ISO 3309 by bytes: the remainder for each byte under the reflected polynomial 0xedb88320.
const remainders = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb8_8320 : n >>> 1;
  return n;
});

/** CRC-32 as PNG and zip use it. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ remainders[(crc ^ byte) & 255]!;
  return ~crc >>> 0;
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** Offset behind the chunk. */
  readonly end: number;
}

/** All chunks of a PNG up to IEND. Throws `InputError` where the file is no PNG, cut short, or a checksum is wrong. */
function* chunks(png: Uint8Array): Generator<Chunk> {
  if (signature.some((byte, i) => png[i] !== byte))
    throw new InputError("png: expected a PNG file, got other content: pass a picture that fovea wrote");
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  for (let at = 8; ; ) {
    const end = at + 12 + (at + 8 <= png.length ? view.getUint32(at) : 0);
    if (end > png.length) throw new InputError("png: the file is cut short: expected an IEND chunk: copy it again");
    const type = latin1(png.subarray(at + 4, at + 8));
    if (crc32(png.subarray(at + 4, end - 4)) !== view.getUint32(end - 4))
      throw new InputError(
        `png: the checksum of a chunk is wrong (${JSON.stringify(type)} at byte ${at}): the file is damaged: copy it again`,
      );
    yield { type, data: png.subarray(at + 8, end - 4), end };
    if (type === "IEND") return;
    at = end;
  }
}

/**
 * The text entries of a PNG by keyword; of two with one keyword the later counts. Compressed entries (zTXt, compressed
 * iTXt) are left out. Throws `InputError` for what is no PNG, is cut short, or fails a checksum.
 */
export function readPngText(png: Uint8Array): Record<string, string> {
  const entries: [string, string][] = [];
  for (const { type, data } of chunks(png)) {
    const split = data.indexOf(0);
    if (split < 0) continue;
    const keyword = latin1(data.subarray(0, split));
    if (type === "tEXt") entries.push([keyword, latin1(data.subarray(split + 1))]);
    if (type === "iTXt" && data[split + 1] === 0) {
      const language = data.indexOf(0, split + 3);
      const translated = language < 0 ? -1 : data.indexOf(0, language + 1);
      if (translated >= 0)
        entries.push([keyword, new TextDecoder("utf-8", { ignoreBOM: true }).decode(data.subarray(translated + 1))]);
    }
  }
  return Object.fromEntries(entries);
}

/** The PNG with one iTXt chunk per entry right behind its header. Keywords are 1 to 79 printable Latin-1 characters. */
export function withPngText(png: Uint8Array, text: Readonly<Record<string, string>>): Uint8Array {
  const header = chunks(png).next();
  if (header.done) throw new Error("internal: png: no header chunk");
  const entries = Object.entries(text).map(([keyword, value]) => textChunk(keyword, value));
  const parts = [png.subarray(0, header.value.end), ...entries, png.subarray(header.value.end)];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function textChunk(keyword: string, value: string): Uint8Array {
  if (!/^[\x21-\x7e\xa1-\xff](?:[\x20-\x7e\xa1-\xff]{0,77}[\x21-\x7e\xa1-\xff])?$/.test(keyword))
    throw new Error(`internal: png: ${JSON.stringify(keyword)} is no keyword`);
  const name = Uint8Array.from(keyword, (c) => c.charCodeAt(0));
  const body = new TextEncoder().encode(value);
  // length, "iTXt", keyword, 0, compressed 0, method 0, language "" 0, translated keyword "" 0, text, checksum
  const length = name.length + 5 + body.length;
  const chunk = new Uint8Array(length + 12);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, length);
  chunk.set([0x69, 0x54, 0x58, 0x74, ...name], 4);
  chunk.set(body, 8 + name.length + 5);
  view.setUint32(8 + length, crc32(chunk.subarray(4, 8 + length)));
  return chunk;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
