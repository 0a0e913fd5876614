/** @file Numbers in the file format that TensorBoard reads: framed records of Event messages. */

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

export interface Scalars {
  /** Seconds since 1970. */
  readonly time: number;
  readonly step: number;
  /** By tag: `loss/train`. */
  readonly values: Readonly<Record<string, number>>;
}

// tensorflow/core/util/event.proto, framework/summary.proto: the fields that are written here.
const event = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
const summary = { value: 1 } as const;
const value = { tag: 1, simpleValue: 2 } as const;
const sessionLog = { status: 1 } as const;
const START = 1;

const message = (time: number, step = 0): BinaryWriter => {
  const writer = new BinaryWriter().tag(event.wallTime, WireType.Bit64).double(time);
  return step === 0 ? writer : writer.tag(event.step, WireType.Varint).int64(step);
};

/**
 * The first records of a file of events.
 *
 * @param step Steps done before: TensorBoard forgets what other files of the folder say about later ones.
 */
export function eventsStart(time: number, step = 0): Uint8Array {
  const version = record(
    message(time).tag(event.fileVersion, WireType.LengthDelimited).string("brain.Event:2").finish(),
  );
  if (step === 0) return version;
  const log = message(time, step + 1)
    .tag(event.sessionLog, WireType.LengthDelimited)
    .fork();
  const start = record(log.tag(sessionLog.status, WireType.Varint).int32(START).join().finish());
  const both = new Uint8Array(version.length + start.length);
  both.set(version);
  both.set(start, version.length);
  return both;
}

/** The record of some scalars at a step. */
export function scalarEvent({ time, step, values }: Scalars): Uint8Array {
  const writer = message(time, step).tag(event.summary, WireType.LengthDelimited).fork();
  for (const [tag, x] of Object.entries(values)) {
    writer.tag(summary.value, WireType.LengthDelimited).fork();
    writer.tag(value.tag, WireType.LengthDelimited).string(tag);
    writer.tag(value.simpleValue, WireType.Bit32).float(x).join();
  }
  return record(writer.join().finish());
}

/** TFRecord framing: `[length: u64][masked CRC of length: u32][data][masked CRC of data: u32]`, little-endian. */
export function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(data)), true);
  return bytes;
}

/** A checksum of data that themselves hold checksums is rotated and shifted. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** Remainders of all bytes by the Castagnoli polynomial, bits reversed. */
const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C (RFC 3720, appendix B.4). */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ remainders[(crc ^ byte) & 255]!;
  return (crc ^ 0xffffffff) >>> 0;
}
