/** @file Tests of class labels. */

import { describe, expect, it } from "vitest";
import { classesNamed, parseLabels, wellKnownLabels } from "./labels.ts";

describe("parseLabels", () => {
  it.each([
    ['["cat","dog"]'],
    ['{"0":"cat","1":"dog"}'],
    ['{"1":["n02","dog"],"0":["n01","cat"]}'],
    ['{"dog":1,"cat":0}'],
    ["cat\r\ndog\r\n"],
    ["n02123045 cat\nn02085620 dog"],
  ])("%j names cat and dog", (text) => {
    expect(parseLabels(text, "labels")).toEqual(["cat", "dog"]);
  });

  it.each([
    ['{"0":"cat","2":"dog"}', /class 1/],
    ["[1,2]", /class 0/],
    ["[oops", /no valid JSON/],
    ["[]", /class 0/],
  ])("%j is refused", (text, message) => {
    expect(() => parseLabels(text, "labels")).toThrow(message);
  });
});

describe("labels", () => {
  it("are known for data sets that the name tells", () => {
    expect(wellKnownLabels("resnet20_cifar10")?.names[3]).toBe("cat");
    expect(wellKnownLabels("fashion-mnist-cnn")?.names[9]).toBe("ankle boot");
    expect(wellKnownLabels("mnist_8")?.names[7]).toBe("7");
    expect(wellKnownLabels("cifar100")).toBeUndefined();
  });

  it("are found by synonym, whole names first", () => {
    const names = ["tench, Tinca tinca", "cock", "cock, rooster"];
    expect(classesNamed(names, "tinca TINCA")).toEqual([0]);
    expect(classesNamed(names, "cock")).toEqual([1]);
    expect(classesNamed(names, "rooster")).toEqual([2]);
  });
});
