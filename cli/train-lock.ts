/** @file One run to a folder at a time: a lock file with the process that holds it; a dead one's lock is taken over. */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { InputError } from "../src/error.ts";
import { writeFailure } from "./files.ts";

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, where the system tells: another process may get the number of a dead one. */
  readonly started?: string | undefined;
}

/**
 * Takes the lock and returns how to give it back. Throws `InputError` where a living run holds it.
 *
 * @param doing What such a run is doing in the folder.
 */
export function lock(path: string, doing = "training"): () => void {
  const own: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(path, `${JSON.stringify(own)}\n`, { flag: "wx" });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw writeFailure(path, error);
    }
    const holder = read(path);
    if (holder && !isDead(holder))
      throw new InputError(
        holder.host === own.host
          ? `another run (process ${holder.pid}) is ${doing} in this folder: stop it first, or take another folder with --out`
          : `a run on '${holder.host}' (process ${holder.pid}) is ${doing} in this folder: if it is over, remove '${path}'`,
      );
    rmSync(path, { force: true });
  }
  throw new InputError(`another run has just begun in this folder: take another folder with --out`);
}

/** What a lock file says; `undefined` for one that was cut short by a crash. */
function read(path: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder> | null;
    return Number.isInteger(holder?.pid) && typeof holder?.host === "string" ? (holder as Holder) : undefined;
  } catch {
    return undefined;
  }
}

function isDead({ pid, host, started }: Holder): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  return started !== undefined && started !== startOf(pid);
}

/** Linux: clock ticks from boot to the start of a process, field 22 of its stat; the name before it may hold anything. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
