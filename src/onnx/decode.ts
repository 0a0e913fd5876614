/** @file Bytes → records, driven by the table: views instead of copies, bounded by what the bytes really hold. */

import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import type { MessageName, Packed, RecordOf } from "./schema.ts";
import { type Field, type Fields, layouts, packed, scalars } from "./wire.ts";

/** Bytes that are no message of the wanted kind. */
export class WireError extends Error {
  override readonly name = "WireError";
  /** Where it happened, as in `graph.node[3].attribute[0]`; empty at the top. */
  readonly path: string;
  /** True where a field reaches beyond the last byte, as in a file that was cut off. */
  readonly cut: boolean;
  constructor(message: string, path: string, cut: boolean) {
    super(message);
    this.path = path;
    this.cut = cut;
  }
}

/** Messages nested deeper than this are refused, as in other protobuf readers. */
const deepest = 100;

const byNumber = Object.fromEntries(
  Object.entries(layouts).map(([name, fields]) => [name, new Map(fields.map((f) => [f.number, f]))]),
) as Record<MessageName, Map<number, Field>>;

/**
 * Reads one message. `bytes` fields are views on `bytes`. As in every protobuf reader a singular field that comes twice
 * keeps the last value, messages are merged, and both packed and unpacked lists are understood.
 *
 * @param into Record to fill; holds what was read so far when a `WireError` is thrown.
 */
export function decode<M extends MessageName>(message: M, bytes: Uint8Array, into: Fields = {}): RecordOf<M> {
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const state: State = { file, reader: new BinaryReader(file), path: [] };
  try {
    readMessage(state, message, file.length, into);
  } catch (error) {
    if (error instanceof WireError || error instanceof TypeError) throw error;
    throw failure(state, (error as Error).message, state.reader.pos > file.length);
  }
  return into as RecordOf<M>;
}

interface State {
  readonly file: Uint8Array;
  readonly reader: BinaryReader;
  readonly path: string[];
}

const failure = (s: State, message: string, cut: boolean): WireError => new WireError(message, s.path.join("."), cut);

function readMessage(s: State, message: MessageName, end: number, into: Fields): void {
  if (s.path.length > deepest) throw failure(s, `messages are nested more than ${deepest} deep`, false);
  const { reader } = s;
  /** Packed fields that came in more than one run, until all of them are there. */
  const runs = new Map<Field, unknown[]>();
  while (reader.pos < end) {
    const start = reader.pos;
    const [number, wire] = reader.tag();
    const field = byNumber[message].get(number);
    if (!field || !readField(s, field, wire, end, into, runs)) {
      reader.skip(wire, number);
      list(into, "unknown").push(s.file.subarray(start, reader.pos));
    }
    if (reader.pos > end)
      throw failure(s, `field ${field?.name ?? number} is longer than the message around it`, false);
  }
  for (const [field, values] of runs) into[field.name] = packed[field.packed as Packed].from(values);
}

/** Reads the value after a tag; false, with nothing read, where the wire type is not the field's. */
function readField(
  s: State,
  field: Field,
  wire: WireType,
  end: number,
  into: Fields,
  runs: Map<Field, unknown[]>,
): boolean {
  const { reader } = s;
  if (field.message) {
    if (wire !== WireType.LengthDelimited) return false;
    const known = into[field.name];
    s.path.push(field.repeated ? `${field.name}[${known ? (known as unknown[]).length : 0}]` : field.name);
    const stop = lengthOf(s, end);
    const child = field.repeated ? {} : ((known as Fields | undefined) ?? {});
    if (field.repeated) list(into, field.name).push(child);
    else into[field.name] = child;
    readMessage(s, field.message, stop, child);
    s.path.pop();
    return true;
  }
  const codec = scalars[field.scalar!];
  if (wire === codec.wire) {
    if (wire === WireType.LengthDelimited) {
      const start = reader.pos;
      s.path.push(field.name);
      lengthOf(s, end);
      s.path.pop();
      reader.pos = start;
    }
    const value = codec.read(reader);
    if (field.packed) several(field, into, runs).push(value);
    else if (field.repeated) list(into, field.name).push(value);
    else into[field.name] = value;
    return true;
  }
  if (wire !== WireType.LengthDelimited || !(field.repeated || field.packed)) return false;
  const stop = lengthOf(s, end);
  if (field.packed) {
    const run = packed[field.packed].decode(s.file.subarray(reader.pos, stop));
    reader.pos = stop;
    if (!into[field.name] && !runs.has(field)) into[field.name] = run;
    else append(several(field, into, runs), run);
  } else {
    const values = list(into, field.name);
    while (reader.pos < stop) values.push(codec.read(reader));
    if (reader.pos > stop) throw failure(s, `${field.name} ends inside a number`, false);
  }
  return true;
}

/** Reads a length and returns where it ends; refuses one that the message around it cannot hold. */
function lengthOf(s: State, end: number): number {
  const length = s.reader.uint32();
  const stop = s.reader.pos + length;
  if (stop > end)
    throw failure(s, `${length} bytes are announced, ${end - s.reader.pos} are there`, stop > s.file.length);
  return stop;
}

function list(into: Fields, name: string): unknown[] {
  into[name] ??= [];
  return into[name] as unknown[];
}

/** The growing list of a packed field, begun with what it holds already. */
function several(field: Field, into: Fields, runs: Map<Field, unknown[]>): unknown[] {
  let values = runs.get(field);
  if (!values) {
    values = Array.from((into[field.name] ?? []) as Iterable<unknown>);
    runs.set(field, values);
  }
  return values;
}

function append(values: unknown[], run: Iterable<unknown>): void {
  for (const value of run) values.push(value);
}
