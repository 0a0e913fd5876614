/** @file Tests of the address grammar. */

import { describe, expect, it } from "vitest";
import { classifier, netBytes } from "../../test/fixtures/nets.ts";
import { InputError } from "../error.ts";
import { addressText, expandAddress, namesSeveral, parseAddress } from "./address.ts";
import { openModel } from "./model.ts";
import { editDistance, nearest } from "./nearest.ts";

const names = ["rose", "tulip", "ox-eye daisy", "crane", "crane"];
const model = openModel(netBytes(classifier({ softmax: true })), { labels: { names, source: "the test" } });
const parse = (text: string): string => addressText(parseAddress(model, text));

describe("parseAddress", () => {
  it.each([
    ["features.conv", "features.conv"],
    ["features.conv:2", "features.conv:2"],
    ["features.conv:2@1,3", "features.conv:2@1,3"],
    ["features.conv@1,3", "features.conv@1,3"],
    ["conv:1", "features.conv:1"],
    ["act", "features.act"],
    ["/features/conv/Conv:3", "features.conv:3"],
    ["/features/conv/Conv_output_0", "features.conv"],
    ["fc:1", "logits:1"],
    ["logits:rose", "logits:0"],
    ["probabilities:Ox_Eye Daisy", "probabilities:2"],
  ])("%s means %s", (text, meant) => {
    expect(parse(text)).toBe(meant);
  });

  it.each([
    ["features.cnov", /no layer "features.cnov": did you mean features.conv,/],
    ["logits:rosse", /no class is called "rosse": did you mean rose,/],
    ["logits:crane", /classes 3 and 4/],
    ["features.conv:rose", /expected a number/],
    ["features.conv:1@2,", /expected @y,x/],
    ["a", /no layer "a"|could be/],
    ["", /no layer ""/],
  ])("%s is refused", (text, message) => {
    expect(() => parseAddress(model, text)).toThrow(InputError);
    expect(() => parseAddress(model, text)).toThrow(message);
  });

  it("says that labels are missing", () => {
    const bare = openModel(netBytes(classifier()));
    expect(() => parseAddress(bare, "logits:rose")).toThrow(/--labels/);
  });

  it("reads numbers as class numbers unless only a label can be meant", () => {
    const digits = openModel(netBytes(classifier()), {
      labels: { names: ["7", "8", "9", "1", "0"], source: "the test" },
    });
    expect(parseAddress(digits, "logits:1").channel).toBe(1);
    expect(parseAddress(digits, "logits:9").channel).toBe(2);
  });
});

describe("expandAddress", () => {
  const expand = (text: string): string[] => expandAddress(model, text, () => 3).map(addressText);

  it.each([
    ["conv:*", ["features.conv:0", "features.conv:1", "features.conv:2"]],
    ["conv:*@1,2", ["features.conv:0@1,2", "features.conv:1@1,2", "features.conv:2@1,2"]],
    ["logits:*", ["logits:0", "logits:1", "logits:2"]],
    ["logits:rose", ["logits:0"]],
    ["conv@1,2", ["features.conv@1,2"]],
    ["conv:0-2", ["features.conv:0", "features.conv:1", "features.conv:2"]],
    ["conv:2,0,1-2@1,2", ["features.conv:2@1,2", "features.conv:0@1,2", "features.conv:1@1,2"]],
    ["conv:1-900000000000", ["features.conv:1", "features.conv:2", "features.conv:3"]],
    ["logits:1-2", ["logits:1", "logits:2"]],
  ])("%s is %j", (text, units) => {
    expect(expand(text)).toEqual(units);
  });

  it("takes a class whose name looks like a list for the class", () => {
    const sizes = openModel(netBytes(classifier({ softmax: true })), {
      labels: { names: ["0-1", "2-3", "4-5", "6", "7"], source: "the test" },
    });
    expect(expandAddress(sizes, "logits:2-3", () => 5).map(addressText)).toEqual(["logits:1"]);
    expect(expandAddress(sizes, "logits:1-3", () => 5).map(addressText)).toEqual(["logits:1", "logits:2", "logits:3"]);
  });

  it.each([
    ["conv:*", true],
    ["conv:0-2", true],
    ["conv:0,2@1,2", true],
    ["conv:5", false],
    ["conv:5@1,2", false],
    ["conv@1,2", false],
    ["conv", false],
    ["conv:1 - 0.5*conv:2", false],
  ])("%s names several: %s", (text, several) => {
    expect(namesSeveral(text)).toBe(several);
  });

  it("asks for the number of channels of the layer", () => {
    expect(expandAddress(model, "act:*", (layer) => layer.address.length).length).toBe("features.act".length);
  });

  it.each([
    ["cnov:*", /no layer "cnov": did you mean/],
    ["conv:1:*", /names a channel and several at once: write features.conv:\*/],
    ["conv:*@1,", /broken position/],
    ["conv:1:0-1", /names a channel and several at once: write features.conv:0-1/],
    ["conv:3-1", /the range 3-1 runs backwards: write 1-3/],
  ])("%s is refused", (text, message) => {
    expect(() => expand(text)).toThrow(InputError);
    expect(() => expand(text)).toThrow(message);
  });
});

describe("nearest", () => {
  it("counts insertions, deletions and replacements", () => {
    expect(editDistance("kitten", "sitting")).toBe(3);
    expect(editDistance("", "abc")).toBe(3);
    expect(editDistance("flaw", "lawn")).toBe(2);
  });

  it("puts what contains the word first", () => {
    expect(nearest("conv", ["cov", "layer1.conv", "pool"], 1)).toEqual(["layer1.conv"]);
  });
});
