/** @file What an attack has done so far, one JSON line a finished picture: a run that was cut short, even killed, goes on. */

import { closeSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import type { ExampleFigure } from "../src/report/attack.ts";
import type { Outcome } from "../src/robustness/attack.ts";
import type { Check } from "../src/robustness/checks/check.ts";
import { type AttackRecord, type PictureRecord, recordOf, type SuiteRecord } from "../src/robustness/record.ts";
import { isFile, writeFailure } from "./files.ts";

/** What a line holds; the first says what work it is of. */
type Line =
  | { readonly work: string }
  | { readonly item: number; readonly label: number; readonly clean: number }
  | ({ readonly item: number; readonly run: string } & AttackRecord)
  | { readonly check: Check; readonly of: string }
  | { readonly example: ExampleFigure; readonly run: string };

export class Records {
  readonly #path: string;
  readonly #work: string;
  #file: number | undefined;
  readonly pictures: Record<string, PictureRecord> = {};
  /** Outcomes of other runs than the suite's, by run and picture. */
  readonly runs = new Map<string, Map<number, AttackRecord>>();
  readonly examples = new Map<string, ExampleFigure[]>();
  readonly #checks = new Map<string, Map<string, Check>>();
  /** Pictures' outcomes that were found when the file was opened. */
  readonly found: number;

  /**
   * @param work Hash of the net and all settings that the outcomes depend on: a file of other work is begun anew.
   * @param fresh Begins anew whatever is there.
   */
  constructor(path: string, work: string, fresh = false) {
    this.#path = path;
    this.#work = work;
    this.found = fresh ? 0 : this.#read();
    if (this.found === 0) this.#empty();
  }

  #read(): number {
    if (!isFile(this.#path)) return 0;
    const text = readFileSync(this.#path, "utf8");
    // A run that was killed while it wrote leaves a part of a line.
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    let count = 0;
    for (const [i, row] of whole.split("\n").slice(0, -1).entries()) {
      const line = parsed(row);
      if (i === 0 && !(line && "work" in line && line.work === this.#work)) return 0;
      if (line && this.#keep(line)) count++;
    }
    if (count > 0) truncateSync(this.#path, Buffer.byteLength(whole));
    return count;
  }

  #empty(): void {
    for (const item of Object.keys(this.pictures)) delete this.pictures[item];
    if (isFile(this.#path)) truncateSync(this.#path, 0);
  }

  /** True for the outcome of a picture. */
  #keep(line: Line): boolean {
    if ("work" in line) return false;
    if ("check" in line) within(this.#checks, line.of, () => new Map()).set(line.check.name, line.check);
    else if ("example" in line) within(this.examples, line.run, () => []).push(line.example);
    else if ("clean" in line) {
      const { item, ...rest } = line;
      this.pictures[item] ??= { ...rest, attacks: {} };
      return true;
    } else {
      const { item, run, ...record } = line;
      const picture = this.pictures[item];
      if (run.includes(" ")) within(this.runs, run, () => new Map<number, AttackRecord>()).set(item, record);
      else if (picture) picture.attacks[run] = record;
      return true;
    }
    return false;
  }

  #write(line: Line): void {
    try {
      if (this.#file === undefined) {
        this.#file = openSync(this.#path, "a");
        if (this.found === 0) writeSync(this.#file, `${JSON.stringify({ work: this.#work })}\n`);
      }
      writeSync(this.#file, `${JSON.stringify(line)}\n`);
    } catch (error) {
      throw writeFailure(this.#path, error);
    }
  }

  /** The suite's record so far. */
  suite(): SuiteRecord {
    return { key: this.#work, pictures: this.pictures };
  }

  /** Notes the first look at a picture that the suite has put into `record`. */
  looked(record: SuiteRecord, item: number): void {
    const { label, clean } = record.pictures[item]!;
    this.pictures[item] ??= record.pictures[item]!;
    this.#write({ item, label, clean });
  }

  /** Notes an outcome of the suite, which is in its record already. */
  attacked(outcome: Outcome): void {
    this.#write({ item: outcome.item, run: outcome.attack, ...recordOf(outcome) });
  }

  /** Notes an outcome of another run; names of runs hold a space. */
  ran(run: string, outcome: Outcome): void {
    const line = { item: outcome.item, run, ...recordOf(outcome) };
    this.#keep(line);
    this.#write(line);
  }

  /** Checks that were made on those pictures. */
  checks(of: string): ReadonlyMap<string, Check> {
    return this.#checks.get(of) ?? new Map();
  }

  checked(check: Check, of: string): void {
    const line = { check, of };
    this.#keep(line);
    this.#write(line);
  }

  exemplified(example: ExampleFigure, run: string): void {
    const line = { example, run };
    this.#keep(line);
    this.#write(line);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

function within<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** A line, or nothing where it is none. Numbers that JSON does not know come back as NaN. */
function parsed(row: string): Line | undefined {
  try {
    return JSON.parse(row) as Line;
  } catch {
    return undefined;
  }
}
