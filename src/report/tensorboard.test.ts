/** @file TensorBoard events, byte for byte as the format's description has them. */

import { expect, test } from "vitest";
import { crc32c, eventsStart, record, scalarEvent } from "./tensorboard.ts";

const bytesOf = (hex: string): number[] => (hex.match(/[0-9a-f]{2}/g) ?? []).map((byte) => Number.parseInt(byte, 16));

test.each([
  // RFC 3720, appendix B.4, and the check value of the CRC catalogue.
  ["32 zeros", new Uint8Array(32), 0x8a9136aa],
  ["32 ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ["0 to 31", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ["digits", new TextEncoder().encode("123456789"), 0xe3069283],
  ["nothing", new Uint8Array(), 0],
])("CRC-32C of %s", (_, bytes, crc) => {
  expect(crc32c(bytes)).toBe(crc);
});

test("a record is length, its checksum, data, their checksum", () => {
  // Masked by hand: 0xe3069283 rotated right by 15 is 0x2507c60d, plus 0xa282ead8 is 0xc78ab0e5.
  const framed = record(new TextEncoder().encode("123456789"));
  expect([...framed.subarray(0, 8)]).toEqual([9, 0, 0, 0, 0, 0, 0, 0]);
  expect([...framed.subarray(12, 21)]).toEqual([...new TextEncoder().encode("123456789")]);
  expect([...framed.subarray(21)]).toEqual(bytesOf("e5b08ac7"));
});

test("a file begins as TensorFlow's own do", () => {
  const bytes = eventsStart(1.5);
  // Length 24 and its masked checksum, as at the start of every such file; time 1.5; "brain.Event:2".
  expect([...bytes.subarray(0, 12)]).toEqual(bytesOf("1800000000000000 a37f4b22"));
  expect([...bytes.subarray(12, 36)]).toEqual(
    bytesOf("09 000000000000f83f 1a 0d 62 72 61 69 6e 2e 45 76 65 6e 74 3a 32"),
  );
  expect(bytes).toHaveLength(40);
});

test("going on after some steps tells TensorBoard to forget what came behind", () => {
  const [whole, start] = [eventsStart(1.5, 300), eventsStart(1.5)];
  expect([...whole.subarray(0, 40)]).toEqual([...start]);
  // Time; step 301; session log of status START.
  expect([...whole.subarray(52, -4)]).toEqual(bytesOf("09 000000000000f83f 10 ad02 3a 02 08 01"));
});

test("scalars of a step", () => {
  const bytes = scalarEvent({ time: 1.5, step: 2, values: { loss: 0.5, top1: -2 } });
  // Time; step 2; a summary of 26 bytes: two values, each a tag and a float.
  const data =
    "09 000000000000f83f 10 02 2a 1a 0a 0b 0a 04 6c6f7373 15 0000003f 0a 0b 0a 04 746f7031 15 000000c0".replaceAll(
      " ",
      "",
    );
  expect([...bytes.subarray(12, -4)]).toEqual(bytesOf(data));
  expect(bytes[0]).toBe(data.length / 2);
});
