import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTar } from "./tar.ts";
import { ascii, join, tarBody, tarHeader, tarOf } from "./testing.ts";

async function all(chunks: Iterable<Uint8Array>, name?: string): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for await (const { path, bytes } of readTar(chunks, name === undefined ? {} : { name })) files[path] = bytes;
  return files;
}

function* inPieces(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

const hasTar = (() => {
  try {
    return execFileSync("tar", ["--version"], { encoding: "utf8" }).includes("GNU");
  } catch {
    return false;
  }
})();

describe("tar", () => {
  test("gives the same files whatever the pieces and packing", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}(\/[a-z0-9]{1,8}\.jpg)?$/), fc.uint8Array({ maxLength: 1500 }), {
          maxKeys: 4,
        }),
        fc.integer({ min: 1, max: 700 }),
        fc.boolean(),
        async (files, piece, packed) => {
          const archive = tarOf(files);
          expect(await all(inPieces(packed ? gzipSync(archive) : archive, piece))).toEqual({ ...files });
        },
      ),
      { numRuns: 40 },
    );
  });

  test("understands ustar prefixes, GNU long names, pax paths and sizes; leaves out folders and links", async () => {
    const long = `${"deep/".repeat(30)}flower.jpg`;
    const record = (text: string): string => {
      let length = text.length + 3;
      while (`${length} ${text}\n`.length !== length) length++;
      return `${length} ${text}\n`;
    };
    const pax = ascii(
      record("path=päx/Blüte.jpg".normalize()).replace(/^\d+/, (n) => String(Number(n) + 2)) + record("size=3"),
    );
    const archive = join(
      tarHeader("./folder/", 0, "5"),
      tarHeader("name.jpg", 2, "0", { 345: "some/prefix" }),
      tarBody(ascii("ab")),
      tarHeader("././@LongLink", long.length + 1, "L"),
      tarBody(ascii(`${long}\0`)),
      tarHeader("cut", 1, "0"),
      tarBody(ascii("c")),
      tarHeader("link", 0, "2"),
      tarHeader("PaxHeaders/x", pax.length, "x"),
      tarBody(pax),
      tarHeader("short", 0, "0"),
      tarBody(ascii("xyz")),
      tarHeader("./last", 1, "\0"),
      tarBody(ascii("z")),
      new Uint8Array(1024),
    );
    const files = await all([archive]);
    expect(Object.keys(files)).toEqual(["some/prefix/name.jpg", long, "päx/Blüte.jpg", "last"]);
    expect(Object.values(files).map((b) => new TextDecoder().decode(b))).toEqual(["ab", "c", "xyz", "z"]);
  });

  test("refuses what leads outside, is cut short, damaged, or no tar", async () => {
    for (const path of ["../evil", "/etc/passwd", "a/../../b", "c:\\x"])
      await expect(all([tarOf({ [path]: ascii("x") })])).rejects.toThrow(/outside its folder/);
    const archive = tarOf({ "a/b.jpg": new Uint8Array(2000).fill(7) });
    await expect(all([archive.subarray(0, 1500)], "x.tar")).rejects.toThrow(/^x\.tar: the archive is cut short/);
    await expect(all([gzipSync(archive).subarray(0, 60)], "x.tgz")).rejects.toThrow(/^x\.tgz: cannot be decompressed/);
    const damaged = archive.slice();
    damaged[3]! ^= 1;
    await expect(all([damaged])).rejects.toThrow(/no tar archive or it is damaged/);
    await expect(all([ascii("hello".repeat(200))])).rejects.toThrow(/no tar archive/);
  });

  test.skipIf(!hasTar).each(["gnu", "pax", "ustar"])("reads what GNU tar writes as %s", async (format) => {
    const folder = mkdtempSync(joinPath(tmpdir(), "fovea-tar-"));
    try {
      const deep = joinPath("set", "a".repeat(60), "b".repeat(60));
      mkdirSync(joinPath(folder, deep), { recursive: true });
      writeFileSync(joinPath(folder, deep, "one.jpg"), "one");
      writeFileSync(joinPath(folder, "set", "two.jpg"), new Uint8Array(5000).fill(2));
      execFileSync("tar", [`--format=${format}`, "-czf", "set.tgz", "set"], { cwd: folder });
      const files = await all([readFileSync(joinPath(folder, "set.tgz"))]);
      expect(Object.keys(files).sort()).toEqual([`${deep}/one.jpg`, "set/two.jpg"].sort());
      expect(files["set/two.jpg"]).toEqual(new Uint8Array(5000).fill(2));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
