import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodeImage } from "../tensor/image.node.ts";
import { flowers17, flowers102 } from "./class-names.ts";
import { parseCsv } from "./csv.ts";
import { classSizes, selectSplit, splitSizes } from "./dataset.ts";
import { loadItem } from "./load.ts";
import { openDataset } from "./open.node.ts";
import { openTree } from "./open.ts";
import { ascii, idxOf, join, matFile, matMatrix, places, tarOf, tree } from "./testing.ts";
import { diskTree } from "./tree.node.ts";
import { memoryTree, subtree } from "./tree.ts";

const shared = fileURLToPath(new URL("../../../shared/data/", import.meta.url));
const host = {
  decodeImage,
  readFile: async () => new Uint8Array(),
  shorterSide: 64,
};

describe("csv", () => {
  test("quotes, quotes in quotes, line ends, empty fields and lines", () => {
    expect(parseCsv('\ufefffile,label\r\n"a,b.jpg","the ""rose"""\n\nc.jpg,\n"two\nlines",x')).toEqual([
      ["file", "label"],
      ["a,b.jpg", 'the "rose"'],
      ["c.jpg", ""],
      ["two\nlines", "x"],
    ]);
    expect(parseCsv("")).toEqual([]);
  });
});

describe("image folders", () => {
  test("a folder per class", async () => {
    const data = await openTree(tree({ "rose/1.jpg": "", "daisy/b/2.PNG": "", "daisy/.x.jpg": "", "readme.txt": "" }));
    expect(data).toMatchObject({ format: "image folder", classes: ["daisy", "rose"], notes: [] });
    expect(places(data)).toEqual(["all/daisy", "all/rose"]);
  });

  test("a folder per split, also wrapped in a folder", async () => {
    const files = { "train/rose/1.jpg": "", "valid/daisy/2.jpg": "", "Test/rose/3.jpg": "" };
    const expected = ["test/rose", "train/rose", "val/daisy"];
    expect(places(await openTree(tree(files)))).toEqual(expected);
    const wrapped = Object.fromEntries(Object.keys(files).map((path) => [`flowers/${path}`, ""]));
    expect(places(await openTree(tree(wrapped)))).toEqual(expected);
  });

  test("folders without pictures beside splits are no classes; a single split is one", async () => {
    expect(places(await openTree(tree({ "train/a/1.jpg": "", "test/b/2.jpg": "", "models/x.onnx": "" })))).toEqual([
      "test/b",
      "train/a",
    ]);
    expect(places(await openTree(tree({ "train/a/1.jpg": "", "train/b/2.jpg": "" })))).toEqual(["train/a", "train/b"]);
    expect(places(await openTree(tree({ "roses/1.jpg": "" })))).toEqual(["all/roses"]);
  });

  test("pictures beside the folders are told, and nothing else is an error", async () => {
    const data = await openTree(tree({ "rose/1.jpg": "", "daisy/2.jpg": "", "3.jpg": "" }));
    expect(data.notes).toEqual(["flowers: 1 pictures in no class folder were left out (3.jpg)"]);
    await expect(openTree(tree({ "a.jpg": "", "b.jpg": "" }))).rejects.toThrow("got 2 pictures in no class folder");
    await expect(openTree(tree({ "x/readme.txt": "" }))).rejects.toThrow("got 1 files, none of them a picture");
    await expect(openTree(tree({ "x.tgz": "" }))).rejects.toThrow("the archive x.tgz, which wants unpacking");
    await expect(openTree(tree({}))).rejects.toThrow("got nothing in it");
  });

  test("on disk and in an archive they are the same; an empty class is told", async () => {
    const folder = mkdtempSync(joinPath(tmpdir(), "fovea-data-"));
    try {
      for (const path of ["set/rose", "set/daisy", "set/tulip"]) mkdirSync(joinPath(folder, path), { recursive: true });
      for (const path of ["set/rose/1.jpg", "set/daisy/2.jpg"]) writeFileSync(joinPath(folder, path), "");
      writeFileSync(
        joinPath(folder, "set.tgz"),
        gzipSync(tarOf({ "set/rose/1.jpg": ascii("r"), "set/daisy/2.jpg": ascii("d") })),
      );
      const disk = await openDataset(joinPath(folder, "set"));
      expect(disk).toMatchObject({ name: "set", classes: ["daisy", "rose", "tulip"] });
      expect(disk.notes).toEqual(["set: no pictures in the folders of tulip"]);
      const archive = await openDataset(joinPath(folder, "set.tgz"));
      expect(archive).toMatchObject({ name: "set", classes: ["daisy", "rose"] });
      expect(archive.items.map((i) => i.source)).toEqual([
        { kind: "encoded", bytes: ascii("d") },
        { kind: "encoded", bytes: ascii("r") },
      ]);
      await expect(openDataset(joinPath(folder, "none"))).rejects.toThrow(/there is no such file or folder/);
      await expect(openDataset(joinPath(folder, "set/rose/1.jpg"))).rejects.toThrow(/this file is no data set/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("index.csv", () => {
  test("names, splits, origins; numbers get their names and order", async () => {
    const index = "file,label,split,source\njpg/a.jpg,10,training,web\njpg/b.jpg,9,test,\n";
    const data = await openTree(
      tree({ "index.csv": index, "jpg/a.jpg": "", "jpg/b.jpg": "", "cat_to_name.json": '{"9": "rose", "10": "iris"}' }),
    );
    expect(data).toMatchObject({ format: "index.csv", classes: ["rose", "iris"] });
    expect(data.items.map((i) => [i.name, i.label, i.split, i.origin])).toEqual([
      ["jpg/a.jpg", 1, "train", "web"],
      ["jpg/b.jpg", 0, "test", undefined],
    ]);
  });

  test("wrapped in a folder, and with broken names", async () => {
    const files = { "set/index.csv": "file,label\na.jpg,1", "set/a.jpg": "" };
    expect(places(await openTree(tree(files)))).toEqual(["all/1"]);
    await expect(openTree(tree({ ...files, "set/cat_to_name.json": "{" }))).rejects.toThrow(
      "cat_to_name.json is no JSON",
    );
  });

  test("missing files are named, up to a limit", async () => {
    const rows = Array.from({ length: 30 }, (_, i) => `${i}.jpg,${i % 2 ? "a" : "b"}`);
    const files = (there: number) =>
      Object.fromEntries([
        ["index.csv", `file,label\n${rows.join("\n")}`],
        ...rows.slice(0, there).map((_, i) => [`${i}.jpg`, ""]),
      ]);
    const data = await openTree(tree(files(28)));
    expect(data.notes).toEqual(["flowers: 2 of 30 pictures of index.csv are missing (28.jpg, 29.jpg): left out"]);
    await expect(openTree(tree(files(10)))).rejects.toThrow("expected at most 10");
  });

  test("bad files are refused in one sentence", async () => {
    const open = (index: string) => openTree(tree({ "index.csv": index, "a.jpg": "" }));
    await expect(open("path,class\na.jpg,rose")).rejects.toThrow(
      "expected a header with the columns file and label, got 'path,class'",
    );
    await expect(open("file,label\n")).rejects.toThrow("lists no pictures");
    await expect(open("file,label\na.jpg,rose\na.jpg,\n")).rejects.toThrow("picture 2 has no file or no label");
  });
});

describe("Oxford Flowers", () => {
  const jpg = (n: number, digits: number): string => `jpg/image_${String(n).padStart(digits, "0")}.jpg`;

  test("102: labels and splits from the MATLAB files", async () => {
    const mats = {
      "imagelabels.mat": matFile([matMatrix("labels", [1, 4], [77, 1, 102, 1], { as: "uint8" })]),
      "setid.mat": matFile([
        matMatrix("trnid", [1, 1], [3]),
        matMatrix("valid", [1, 1], [1]),
        matMatrix("tstid", [1, 2], [4, 2]),
      ]),
    };
    const data = await openTree(tree({ ...mats, ...Object.fromEntries([1, 2, 3, 4].map((n) => [jpg(n, 5), ""])) }));
    expect(data.format).toBe("Oxford Flowers-102");
    expect(places(data)).toEqual([
      "val/passion flower",
      "test/pink primrose",
      "train/blackberry lily",
      "test/pink primrose",
    ]);
    await expect(openTree(tree(mats))).rejects.toThrow("no pictures: unpack 102flowers.tgz");
    await expect(openTree(tree({ ...mats, "setid.mat": matFile([]) }))).rejects.toThrow(
      "expected an array 'trnid', got none",
    );
  });

  test("17: eighty a class, first split", async () => {
    const pictures = Object.fromEntries(Array.from({ length: 1360 }, (_, i) => [jpg(i + 1, 4), ""]));
    const mat = matFile([
      matMatrix("trn1", [1, 2], [1, 1360]),
      matMatrix("val1", [1, 1], [80]),
      matMatrix("tst1", [1, 1], [81]),
    ]);
    const data = await openTree(tree({ ...pictures, "datasplits.mat": mat }));
    expect([...classSizes(data)]).toEqual(Array(17).fill(80));
    expect(places(data).filter((place) => !place.startsWith("all"))).toEqual([
      "train/daffodil",
      "val/daffodil",
      "test/snowdrop",
      "train/pansy",
    ]);
    expect([...splitSizes(await openTree(tree(pictures))).keys()]).toEqual(["all"]);
  });

  test("there are 102 and 17 different names", () => {
    expect([flowers102.length, new Set(flowers102).size]).toEqual([102, 102]);
    expect([flowers17.length, new Set(flowers17).size]).toEqual([17, 17]);
  });
});

describe("MNIST and CIFAR", () => {
  test("idx, plain or gzip; Fashion-MNIST is told by its labels", async () => {
    const images = Array.from({ length: 10 * 2 * 3 }, (_, i) => i);
    const files = (labels: readonly number[]) => ({
      "t10k-images-idx3-ubyte.gz": gzipSync(idxOf([10, 2, 3], images)),
      "t10k-labels.idx1-ubyte": idxOf([labels.length], labels),
    });
    const digits = await openTree(tree(files([7, 2, 1, 0, 4, 1, 4, 9, 5, 9])));
    expect(digits.format).toBe("MNIST (idx)");
    expect(places(digits).slice(0, 2)).toEqual(["test/7", "test/2"]);
    expect([...(await loadItem(digits.items[1]!, host)).data]).toEqual([6, 7, 8, 9, 10, 11].flatMap((x) => [x, x, x]));
    const clothes = await openTree(tree(files([9, 2, 1, 1, 6, 1, 4, 6, 5, 7])));
    expect(clothes.format).toBe("Fashion-MNIST");
    expect(clothes.classes[9]).toBe("ankle boot");
    await expect(openTree(tree(files([1, 2])))).rejects.toThrow("expected as many labels as pictures");
    const { "t10k-labels.idx1-ubyte": _, ...alone } = files([]);
    await expect(openTree(tree(alone))).rejects.toThrow("t10k-labels-idx1-ubyte is not");
    await expect(
      openTree(tree({ ...files([]), "t10k-images-idx3-ubyte.gz": idxOf([10, 2, 3], images).subarray(0, 50) })),
    ).rejects.toThrow("expected 76 bytes for dimensions 10 × 2 × 3, got 50");
  });

  const record = (...head: number[]): Uint8Array =>
    join(
      Uint8Array.from(head),
      new Uint8Array(1024).fill(10),
      new Uint8Array(1024).fill(20),
      new Uint8Array(1024).fill(30),
    );

  test("CIFAR-10: planes become pixels", async () => {
    const data = await openTree(
      tree({
        "cifar-10-batches-bin/data_batch_1.bin": join(record(3), record(9)),
        "cifar-10-batches-bin/test_batch.bin": record(0),
      }),
    );
    expect(data.format).toBe("CIFAR-10 (binary)");
    expect(places(data)).toEqual(["train/cat", "train/truck", "test/airplane"]);
    const picture = await loadItem(data.items[0]!, host);
    expect([picture.height, picture.width, ...picture.data.subarray(0, 6)]).toEqual([32, 32, 10, 20, 30, 10, 20, 30]);
    await expect(openTree(tree({ "test_batch.bin": record(10) }))).rejects.toThrow("expected labels below 10, got 10");
    await expect(openTree(tree({ "test_batch.bin": record(1, 1) }))).rejects.toThrow(
      "expected records of 3073 bytes, got 3074",
    );
  });

  test("CIFAR-100: the fine label counts", async () => {
    const data = await openTree(
      tree({ "fine_label_names.txt": "apple\naquarium_fish\nbaby\n\n", "train.bin": record(4, 1) }),
    );
    expect(data).toMatchObject({ format: "CIFAR-100 (binary)", classes: ["apple", "aquarium_fish", "baby"] });
    expect(places(data)).toEqual(["train/aquarium_fish"]);
  });
});

describe.skipIf(!existsSync(shared))("the data sets beside the project", () => {
  test("flowers18", async () => {
    const data = await openDataset(joinPath(shared, "flowers18"));
    expect(data.classes).toHaveLength(18);
    expect([...splitSizes(data)]).toEqual([
      ["train", 3706],
      ["val", 534],
      ["test", 1069],
    ]);
    expect(data.items.every((item) => item.name.startsWith(`${data.classes[item.label]}/`))).toBe(true);
    expect(data.items.filter((item) => item.origin === "web5")).toHaveLength(4024);
    await expect(openDataset(joinPath(shared, "flowers18"), { split: "dev" })).resolves.toHaveProperty(
      "items.length",
      534,
    );
  });

  test("flowers102: index.csv and the official files say the same of every photo", async () => {
    const folder = joinPath(shared, "flowers102-64");
    const listed = await openDataset(folder);
    const disk = await diskTree(folder);
    const official = await openTree({ ...disk, files: disk.files.filter((path) => path !== "index.csv") });
    expect(official.format).toBe("Oxford Flowers-102");
    expect(official.classes).toEqual(listed.classes);
    const facts = (data: typeof listed) =>
      new Map(data.items.map((i) => [i.name.slice(i.name.lastIndexOf("/") + 1), `${i.split} ${i.label}`]));
    expect(facts(official)).toEqual(facts(listed));
    expect([...splitSizes(selectSplit(official, "test"))]).toEqual([["test", 6149]]);
    const own = await openTree({ ...disk, files: disk.files.filter((path) => !/\.(?:csv|json)$/.test(path)) });
    const different = own.classes.filter((name, i) => name !== listed.classes[i]);
    expect(different).toEqual(["lotus"]);
  });

  test("Fashion-MNIST", async () => {
    const data = await openDataset(joinPath(shared, "fashion-mnist"));
    expect(data.format).toBe("Fashion-MNIST");
    expect([...splitSizes(data)]).toEqual([
      ["train", 60000],
      ["test", 10000],
    ]);
    expect([...classSizes(data)]).toEqual(Array(10).fill(7000));
  });
});

test("a subtree sees its own folder alone", () => {
  const below = subtree(
    memoryTree(
      "t",
      new Map([
        ["a/b/c.jpg", ascii("c")],
        ["d.jpg", ascii("d")],
      ]),
    ),
    "a",
  );
  expect([below.files, below.folders, below.source("b/c.jpg")]).toEqual([
    ["b/c.jpg"],
    ["b"],
    { kind: "encoded", bytes: ascii("c") },
  ]);
});
