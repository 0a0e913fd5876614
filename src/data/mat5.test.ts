import { existsSync, readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readMat5 } from "./mat5.ts";
import { ascii, join, matFile, matMatrix } from "./testing.ts";

const oxford = new URL("../../../shared/data/flowers102-64/", import.meta.url);

describe("MAT-5", () => {
  // [1 2 3; 4 5 6] column by column
  const columns = [1, 4, 2, 5, 3, 6];

  test.each([true, false])("reads arrays row-major, little-endian %s", async (little) => {
    const arrays = await readMat5(
      matFile([matMatrix("a", [2, 3], columns, { little }), matMatrix("labels", [1, 1], [-7.25], { little })], little),
    );
    expect([...arrays.keys()]).toEqual(["a", "labels"]);
    expect(arrays.get("a")!.dims).toEqual([2, 3]);
    expect([...arrays.get("a")!.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...arrays.get("labels")!.data]).toEqual([-7.25]);
  });

  test("reads doubles that are stored as smaller integers, and compressed elements", async () => {
    const file = matFile(
      [matMatrix("b", [2, 3], columns, { as: "uint8" }), matMatrix("c", [3, 1], [-1, 0, 300], { as: "int16" })],
      true,
      (data) => deflateSync(data),
    );
    const arrays = await readMat5(file);
    expect([...arrays.get("b")!.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...arrays.get("c")!.data]).toEqual([-1, 0, 300]);
  });

  test("reads three axes", async () => {
    // Element (i, j, k) is 100 i + 10 j + k; the first axis runs fastest in the file.
    const values: number[] = [];
    for (let k = 0; k < 4; k++)
      for (let j = 0; j < 3; j++) for (let i = 0; i < 2; i++) values.push(100 * i + 10 * j + k);
    const array = (await readMat5(matFile([matMatrix("t", [2, 3, 4], values)]))).get("t")!;
    expect(array.data[1 * 12 + 2 * 4 + 3]).toBe(123);
    expect(array.data[0 * 12 + 1 * 4 + 2]).toBe(12);
  });

  test("refuses other files, HDF5 and damaged ones in one sentence", async () => {
    const good = matFile([matMatrix("a", [2, 3], columns)]);
    await expect(readMat5(ascii("hello"), "x.mat")).rejects.toThrow(/^x\.mat: expected a MATLAB file/);
    const hdf = good.slice();
    hdf.set(ascii("MATLAB 7.3"));
    await expect(readMat5(hdf)).rejects.toThrow(/HDF5/);
    await expect(readMat5(good.subarray(0, good.length - 16))).rejects.toThrow(/damaged or cut short/);
    const packed = matFile([matMatrix("a", [2, 3], columns)], true, (data) => deflateSync(data));
    packed.fill(0xff, packed.length - 8);
    await expect(readMat5(packed, "p.mat")).rejects.toThrow(/^p\.mat: cannot be decompressed/);
    await expect(readMat5(join(good, new Uint8Array(4)))).resolves.toHaveProperty("size", 1);
  });

  test.skipIf(!existsSync(oxford))("reads the lists of Oxford Flowers-102", async () => {
    const labels = (await readMat5(readFileSync(new URL("imagelabels.mat", oxford)))).get("labels")!;
    const sets = await readMat5(readFileSync(new URL("setid.mat", oxford)));
    expect(labels.size).toBe(8189);
    expect(new Set(labels.data).size).toBe(102);
    const numbers = ["trnid", "valid", "tstid"].flatMap((key) => [...sets.get(key)!.data]);
    expect(["trnid", "valid", "tstid"].map((key) => sets.get(key)!.size)).toEqual([1020, 1020, 6149]);
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 8189 }, (_, i) => i + 1));
  });
});
