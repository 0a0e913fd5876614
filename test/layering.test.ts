/** @file The layout's import rule: a folder of src/ imports only from folders above it, and no files import in a circle. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

/** Top to bottom: each may import from itself and from what stands before it. */
const layers = [
  "error.ts",
  "tensor",
  "onnx",
  "graph",
  "ops",
  "autodiff",
  "passes",
  "optimise",
  "nets",
  "runtime",
  "model",
  "data",
  "report",
  "preimage",
  "attribution",
  "robustness",
  "training",
  "index.ts",
  "index.node.ts",
];

const root = fileURLToPath(new URL("../src", import.meta.url));
const hosts: Record<string, readonly string[]> = JSON.parse(
  readFileSync(join(root, "../package.json"), "utf8"),
).imports;
const files = (readdirSync(root, { recursive: true }) as string[]).filter(
  (f) => f.endsWith(".ts") && !f.endsWith(".test.ts"),
);

/** Files of src/ that a file imports, whether statically or with `import()`; both sides of a host switch count. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const specifiers = Array.from(text.matchAll(/(?:from|import\()\s*"([^"]+)"/g), (m) => m[1]!);
  return specifiers.flatMap((s) => {
    if (s.startsWith("#")) return Object.values(hosts[s] ?? []).map((target) => relative("src", target));
    return s.startsWith(".") ? [join(dirname(file), s)] : [];
  });
}

const layerOf = (file: string): string => file.split(sep)[0]!;
const graph = new Map(files.map((f) => [f, importsOf(f)]));

describe("imports within src/", () => {
  test("every folder is one of the layout's", () => {
    expect([...new Set(files.map(layerOf))].filter((l) => !layers.includes(l))).toEqual([]);
  });

  test("point upwards only", () => {
    const wrong = files.flatMap((f) =>
      graph
        .get(f)!
        .flatMap((target) =>
          layers.indexOf(layerOf(target)) > layers.indexOf(layerOf(f)) ? [`${f} → ${target}`] : [],
        ),
    );
    expect(wrong).toEqual([]);
  });

  test("form no circle", () => {
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(" → "));
      if (done.has(file) || path.includes(file)) return;
      for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });

  test("node: modules stay in *.node.ts and runtime/node.ts", () => {
    const wrong = files.filter(
      (f) =>
        /from "node:/.test(readFileSync(join(root, f), "utf8")) &&
        !f.endsWith(".node.ts") &&
        f !== join("runtime", "node.ts"),
    );
    expect(wrong).toEqual([]);
  });

  test("nothing draws unseeded random numbers", () => {
    expect(files.filter((f) => readFileSync(join(root, f), "utf8").includes("Math.random"))).toEqual([]);
  });
});
