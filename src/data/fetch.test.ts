import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { publicDatasets } from "./catalogue.ts";
import { type FetchOptions, fetchFile, type Progress } from "./fetch.node.ts";
import { getDataset } from "./get.node.ts";
import { openDataset } from "./open.node.ts";
import { ascii, idxOf, tarOf } from "./testing.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const body = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251);
const md5 = createHash("md5").update(body).digest("hex");
const sha256 = createHash("sha256").update(body).digest("hex");
const quick: FetchOptions = { retries: 3, pauseMs: 1 };

let folder: string;
let home: string;
let handlers: Handler[];
let asked: (string | undefined)[];
let server: ReturnType<typeof createServer>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "fovea-fetch-"));
  handlers = [];
  asked = [];
  // The first handler answers the first request and so on; the last answers all further ones.
  server = createServer((request, response) => {
    asked.push(request.headers.range);
    (handlers.length > 1 ? handlers.shift()! : handlers[0]!)(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  home = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

/** Serves the body as a good server does: ranges while the tag is the one asked for. */
const serve =
  (bytes: Uint8Array = body, tag = '"one"'): Handler =>
  (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const partly = from > 0 && request.headers["if-range"] === tag;
    if (partly) response.setHeader("content-range", `bytes ${from}-${bytes.length - 1}/${bytes.length}`);
    const part = partly ? bytes.subarray(from) : bytes;
    response.writeHead(partly ? 206 : 200, { etag: tag, "content-length": part.length }).end(part);
  };
/** Breaks off after some bytes. */
const breakAfter =
  (count: number, tag = '"one"'): Handler =>
  (_, response) => {
    response.writeHead(200, { etag: tag, "content-length": body.length });
    response.write(body.subarray(0, count), () => setTimeout(() => response.destroy(), 20));
  };
const answer =
  (status: number): Handler =>
  (_, response) => {
    response.writeHead(status).end("no");
  };

const path = () => join(folder, "deep", "file.bin");
const remote = (more: object = { md5, sha256, bytes: body.length }) => ({
  urls: [`${home}/file`],
  name: "file.bin",
  ...more,
});
const arrived = () => expect(readFileSync(path()).equals(body)).toBe(true);

describe("downloads", () => {
  test("arrive whole, with progress; a second time nothing is asked", async () => {
    handlers = [serve()];
    const seen: Progress[] = [];
    expect(await fetchFile(remote(), path(), { ...quick, onProgress: (p) => seen.push(p) })).toBe(true);
    arrived();
    expect(seen.at(-1)).toEqual({ file: "file.bin", received: body.length, total: body.length });
    expect(seen.every((p, i) => i === 0 || p.received >= seen[i - 1]!.received)).toBe(true);
    expect(await fetchFile(remote(), path(), quick)).toBe(false);
    expect(asked).toHaveLength(1);
    expect(existsSync(`${path()}.part`) || existsSync(`${path()}.part.tag`)).toBe(false);
  });

  test("go on where they broke off", async () => {
    handlers = [breakAfter(100_000), serve()];
    await fetchFile(remote(), path(), quick);
    arrived();
    expect(asked[0]).toBeUndefined();
    expect(asked[1]).toMatch(/^bytes=\d+-$/);
    expect(Number(asked[1]!.slice(6, -1))).toBeGreaterThan(0);
  });

  test("begin anew when the file changed meanwhile or the server knows no ranges", async () => {
    handlers = [breakAfter(100_000, '"old"'), serve()];
    await fetchFile(remote(), path(), quick);
    arrived();
    rmSync(path());
    handlers = [
      breakAfter(100_000),
      (_, response) => response.writeHead(200, { "content-length": body.length }).end(body),
    ];
    await fetchFile(remote(), path(), quick);
    arrived();
  });

  test("a part that does not fit is dropped", async () => {
    handlers = [breakAfter(100_000), answer(416), serve()];
    await fetchFile(remote(), path(), quick);
    arrived();
    expect(asked[2]).toBeUndefined();
  });

  test("are tried again after 503 and silence, not after 404; the next address is tried then", async () => {
    handlers = [answer(503), answer(429), () => undefined, serve()];
    await fetchFile(remote(), path(), { ...quick, silenceMs: 200 });
    arrived();
    rmSync(path());
    asked = [];
    handlers = [answer(404), serve()];
    await fetchFile({ ...remote(), urls: [`${home}/gone`, `${home}/file`] }, path(), quick);
    arrived();
    expect(asked).toHaveLength(2);
    handlers = [answer(503)];
    rmSync(path());
    await expect(fetchFile(remote(), path(), quick)).rejects.toThrow(
      /file\.bin could not be downloaded .*answered 503 Service Unavailable, 4 times/,
    );
  });

  test("what fails its check is not kept", async () => {
    handlers = [serve(body.slice().fill(0, 5, 9))];
    await expect(fetchFile(remote({ md5 }), path(), quick)).rejects.toThrow(`expected md5 ${md5}, got`);
    await expect(fetchFile(remote({ sha256 }), path(), quick)).rejects.toThrow(`expected sha256 ${sha256}, got`);
    await expect(fetchFile(remote({ bytes: 7 }), path(), quick)).rejects.toThrow("expected 7 bytes, got 300000");
    expect(existsSync(path()) || existsSync(`${path()}.part`)).toBe(false);
    await fetchFile(remote({}), path(), quick);
    await expect(fetchFile(remote(), path(), quick)).rejects.toThrow(
      /is there but is not file\.bin .*remove it and try again/,
    );
  });

  test("stop when told, keep what came, and go on next time", async () => {
    handlers = [
      (_, response) => {
        response.writeHead(200, { etag: '"one"', "content-length": body.length });
        response.write(body.subarray(0, 50_000));
      },
      serve(),
    ];
    const stop = new AbortController();
    const onProgress = ({ received }: Progress): void => {
      if (received >= 50_000) stop.abort(new Error("stopped by the user"));
    };
    await expect(fetchFile(remote(), path(), { ...quick, onProgress, signal: stop.signal })).rejects.toThrow(
      "stopped by the user",
    );
    expect(readFileSync(`${path()}.part`)).toHaveLength(50_000);
    await fetchFile(remote(), path(), quick);
    arrived();
    expect(asked[1]).toBe("bytes=50000-");
  });
});

test("a data set is downloaded, unpacked and opens; again, nothing is asked", async () => {
  const images = gzipSync(idxOf([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]));
  const archive = gzipSync(
    tarOf({ "sub/train-labels-idx1-ubyte": idxOf([2], [3, 4]), "sub/note.txt": ascii("hello") }),
  );
  handlers = [serve(images), serve(archive)];
  const dataset = {
    title: "tiny",
    home,
    download: 1000,
    files: [
      { urls: [`${home}/a`], name: "train-images-idx3-ubyte.gz", bytes: images.length },
      { urls: [`${home}/b`], name: "b.tgz", bytes: archive.length, unpack: true },
    ],
  } as const;
  await getDataset(dataset, folder, quick);
  const opened = await openDataset(folder);
  expect(opened.items.map((item) => [item.split, item.label])).toEqual([
    ["train", 3],
    ["train", 4],
  ]);
  await getDataset(dataset, folder, quick);
  expect(asked).toHaveLength(2);
  writeFileSync(join(folder, "b.tgz"), "damaged");
  await expect(getDataset(dataset, folder, quick)).rejects.toThrow(/b\.tgz is there but is not b\.tgz/);
});

describe("the table of public data sets", () => {
  test("every file has an address, a name of its own, and a check", () => {
    for (const { home, files } of Object.values(publicDatasets)) {
      expect(() => new URL(home)).not.toThrow();
      expect(new Set(files.map((file) => file.name)).size).toBe(files.length);
      for (const file of files) {
        expect(file.urls.every((url) => url.endsWith(`/${file.name}`))).toBe(true);
        expect(file.md5).toMatch(/^[0-9a-f]{32}$/);
      }
    }
  });

  const oxford = new URL("../../../shared/data/flowers102-64/", import.meta.url);
  test.skipIf(!existsSync(oxford))("the official lists of Flowers-102 have these checksums", () => {
    for (const { name, md5: sum } of publicDatasets.flowers102.files.slice(0, 2))
      expect(
        createHash("md5")
          .update(readFileSync(new URL(name, oxford)))
          .digest("hex"),
      ).toBe(sum);
  });
});
