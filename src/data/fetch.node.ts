/** @file Downloads files: resumed where they broke off, checked by size and checksum, tried again with growing pauses. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { InputError } from "../error.ts";
import type { RemoteFile } from "./catalogue.ts";

export interface Progress {
  readonly file: string;
  /** Bytes on disk so far. */
  readonly received: number;
  /** Of the whole file; undefined where the server does not say. */
  readonly total: number | undefined;
}

export interface FetchOptions {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Stops the download; what has arrived is kept for next time. */
  readonly signal?: AbortSignal | undefined;
  /** Further attempts at each address after a broken connection or an answer of 5xx, 408 or 429; default 4. */
  readonly retries?: number;
  /** Before the first further attempt, in milliseconds; doubled each time. Default 1000. */
  readonly pauseMs?: number;
  /** Longest silence of the server, in milliseconds, before a connection counts as broken. Default 30,000. */
  readonly silenceMs?: number;
}

type Check = Pick<RemoteFile, "md5" | "sha256" | "bytes">;

/** A fault that another attempt may mend. */
class Passing extends Error {}

/**
 * Downloads to `path`, by way of `path.part`, which a later call goes on from. A file that is there already and passes
 * the check is left alone. Resolves to whether anything was downloaded. Throws an `InputError` when no address gives
 * the file, or one that fails the check (which is then removed); the signal's reason when stopped.
 */
export async function fetchFile(remote: RemoteFile, path: string, options: FetchOptions = {}): Promise<boolean> {
  if ((await sizeOf(path)) !== undefined) {
    const wrong = await fault(path, remote);
    if (wrong === undefined) return false;
    throw new InputError(`${path} is there but is not ${remote.name} (${wrong}): remove it and try again`);
  }
  await mkdir(dirname(path), { recursive: true });
  const reasons: string[] = [];
  for (const url of remote.urls) {
    const reason = await attempts(url, remote, path, options);
    if (reason === undefined) return true;
    reasons.push(`${url}: ${reason}`);
  }
  throw new InputError(
    `${remote.name} could not be downloaded (${reasons.join("; ")}): check the network and try again`,
  );
}

/** Undefined when the file is there, else why not. */
async function attempts(
  url: string,
  remote: RemoteFile,
  path: string,
  options: FetchOptions,
): Promise<string | undefined> {
  const { retries = 4, pauseMs = 1000, signal } = options;
  for (let attempt = 0; ; attempt++) {
    try {
      await transfer(url, remote, `${path}.part`, options);
      break;
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Passing)) {
        if (error instanceof InputError) return error.message;
        throw error;
      }
      if (attempt >= retries) return `${error.message}, ${attempt + 1} times`;
      await pause(pauseMs * 2 ** attempt, undefined, signal && { signal });
    }
  }
  const wrong = await fault(`${path}.part`, remote);
  await rm(`${path}.part.tag`, { force: true });
  if (wrong === undefined) {
    await rename(`${path}.part`, path);
    return undefined;
  }
  await rm(`${path}.part`, { force: true });
  return wrong;
}

/**
 * One connection: appends to the part what is missing of it, or begins anew where the server cannot go on or the file
 * changed.
 */
async function transfer(url: string, remote: RemoteFile, part: string, options: FetchOptions): Promise<void> {
  const have = (await sizeOf(part)) ?? 0;
  if (have > 0 && have === remote.bytes) return;
  const tag = have > 0 ? await readFile(`${part}.tag`, "utf8").catch(() => "") : "";
  const watch = new AbortController();
  const stop = (): void => watch.abort();
  options.signal?.addEventListener("abort", stop);
  let timer = setTimeout(stop, options.silenceMs ?? 30_000);
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(stop, options.silenceMs ?? 30_000);
  };
  try {
    const headers = tag ? { range: `bytes=${have}-`, "if-range": tag } : {};
    const response = await fetch(url, { headers, signal: watch.signal }).catch(broken);
    heard();
    await receive(response, tag ? have : 0, remote, part, { ...options, heard });
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", stop);
  }
}

async function receive(
  response: Response,
  have: number,
  remote: RemoteFile,
  part: string,
  { onProgress, heard }: FetchOptions & { readonly heard: () => void },
): Promise<void> {
  const { status, headers, body } = response;
  if (status === 416) {
    await response.body?.cancel();
    await rm(part, { force: true });
    throw new Passing("the part on disk does not fit the file");
  }
  if (!response.ok || !body) {
    await body?.cancel();
    const answer = `the server answered ${status} ${response.statusText}`.trim();
    throw status >= 500 || status === 408 || status === 429 ? new Passing(answer) : new InputError(answer);
  }
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get("content-range") ?? "");
  const goesOn = status === 206 && range !== null && Number(range[1]) === have;
  const length = headers.get("content-length");
  const encoded = headers.get("content-encoding") !== null;
  const total = goesOn ? Number(range[2]) : length !== null && !encoded ? Number(length) : remote.bytes;
  const tag = headers.get("etag") ?? headers.get("last-modified") ?? "";
  // A weak tag may stand for other bytes: RFC 9110 forbids it in If-Range.
  await writeFile(`${part}.tag`, tag.startsWith("W/") ? "" : tag);

  let received = goesOn ? have : 0;
  const file = await open(part, goesOn ? "a" : "w");
  try {
    onProgress?.({ file: remote.name, received, total });
    const reader = body.getReader();
    for (let next = await reader.read().catch(broken); !next.done; next = await reader.read().catch(broken)) {
      heard();
      await file.writeFile(next.value);
      received += next.value.length;
      onProgress?.({ file: remote.name, received, total });
    }
  } finally {
    await file.close();
  }
  if (total !== undefined && received < total)
    throw new Passing(`the connection ended after ${received} of ${total} bytes`);
}

function broken(error: unknown): never {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const message = cause instanceof Error ? cause.message : String(cause);
  throw new Passing(`the connection broke (${message})`);
}

const sizeOf = async (path: string): Promise<number | undefined> => (await stat(path).catch(() => undefined))?.size;

/** What is wrong with a file; undefined when it passes all that is known of it. */
async function fault(path: string, { bytes, md5, sha256 }: Check): Promise<string | undefined> {
  const size = await sizeOf(path);
  if (bytes !== undefined && size !== bytes) return `expected ${bytes} bytes, got ${size}`;
  for (const [algorithm, sum] of [
    ["sha256", sha256],
    ["md5", md5],
  ] as const) {
    if (sum === undefined) continue;
    const hash = createHash(algorithm);
    for await (const chunk of createReadStream(path)) hash.update(chunk);
    const got = hash.digest("hex");
    if (got !== sum.toLowerCase()) return `expected ${algorithm} ${sum}, got ${got}`;
  }
  return undefined;
}
