/** @file Records → bytes: written from the last field to the first, so that each length is known when its turn comes. */

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { InputError } from "../error.ts";
import type { MessageName, RecordOf, Scalar } from "./schema.ts";
import { type Field, type Fields, layouts, scalars } from "./wire.ts";

/** Protobuf lengths are signed 32-bit numbers in most readers. */
const largest = 2 ** 31 - 1;

/**
 * Writes one message, fields in the order of their numbers. `bytes` fields are copied once, into the result.
 *
 * Throws an `InputError` beyond 2 GiB.
 */
export function encode<M extends MessageName>(message: M, record: RecordOf<M>): Uint8Array {
  const out: Output = { pieces: [], size: 0, writer: new BinaryWriter() };
  writeMessage(out, message, record as Fields);
  if (out.size > largest)
    throw new InputError(
      `the model would take ${out.size} bytes, but one ONNX file holds at most ${largest}: keep its weights in a smaller type`,
    );
  const file = new Uint8Array(out.size);
  let end = out.size;
  for (const piece of out.pieces) {
    end -= piece.length;
    file.set(piece, end);
  }
  return file;
}

/** The file's end, back to front. */
interface Output {
  readonly pieces: Uint8Array[];
  size: number;
  readonly writer: BinaryWriter;
}

function push(out: Output, piece: Uint8Array): void {
  out.pieces.push(piece);
  out.size += piece.length;
}

const backwards = <T>(items: readonly T[], visit: (item: T) => void): void => {
  for (let i = items.length - 1; i >= 0; i--) visit(items[i] as T);
};

function writeMessage(out: Output, message: MessageName, record: Fields): void {
  backwards((record.unknown ?? []) as Uint8Array[], (piece) => push(out, piece));
  backwards(layouts[message], (field) => {
    const value = record[field.name];
    if (value === undefined) return;
    if (field.packed) writePacked(out, field, value as ArrayLike<unknown>);
    else if (field.repeated) backwards(value as unknown[], (item) => writeOne(out, field, item));
    else writeOne(out, field, value);
  });
}

function writeOne(out: Output, field: Field, value: unknown): void {
  if (field.message) {
    const before = out.size;
    writeMessage(out, field.message, value as Fields);
    push(out, header(out, field, out.size - before));
  } else if (field.scalar === "bytes") {
    push(out, value as Uint8Array);
    push(out, header(out, field, (value as Uint8Array).length));
  } else {
    const { wire } = scalars[field.scalar!];
    out.writer.tag(field.number, wire);
    scalar(out.writer, field.scalar!, value);
    push(out, out.writer.finish());
  }
}

function writePacked(out: Output, field: Field, values: ArrayLike<unknown>): void {
  if (values.length === 0) return;
  let run: Uint8Array;
  if (values instanceof Float32Array || values instanceof Float64Array)
    run = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  else {
    for (let i = 0; i < values.length; i++) scalar(out.writer, field.scalar!, values[i]);
    run = out.writer.finish();
  }
  push(out, run);
  push(out, header(out, field, run.length));
}

const scalar = (writer: BinaryWriter, kind: Scalar, value: unknown): unknown =>
  scalars[kind].write(writer, value as never);

const header = (out: Output, field: Field, length: number): Uint8Array =>
  out.writer.tag(field.number, WireType.LengthDelimited).uint32(length).finish();
