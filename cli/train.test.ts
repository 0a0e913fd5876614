/** @file Training from the command line: to the end, stopped, killed, resumed, and refused. */

import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromOnnx } from "../src/graph/from-onnx.ts";
import { readModel } from "../src/onnx/read.ts";
import { type Ended, fovea, tinyNet } from "./testing.ts";

const folder = mkdtempSync(join(tmpdir(), "fovea-train-"));
const at = (...names: string[]): string => join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const data = ["--data", "synthetic:classes=3,count=60,size=24"];
const net = ["--net", "nin", "--width", "8", "--batch", "8", "--threads", "1", "--workers", "1", "--device", "cpu"];
const chance = ["--augment", "strong", "--balanced", "0.5", "--dropout", "0.2", "--average", "0.9", "--clip", "2"];
const run = (args: readonly string[], watch?: Parameters<typeof fovea>[2]): Promise<Ended> =>
  fovea(folder, ["train", ...args], watch);
const done = ({ code, stderr }: Ended): void => expect(code, stderr).toBe(0);
const bytes = (...names: string[]): Buffer => readFileSync(at(...names));

interface Line {
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  readonly validation?: { readonly step: number; readonly top1: number; readonly balanced: number };
}
const lines = (out: string): Line[] =>
  bytes(out, "metrics.jsonl")
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

describe("a run", () => {
  const args = [...data, ...net, ...chance, "--epochs", "16", "--save-every", "2"];
  let whole: Ended;
  beforeAll(async () => {
    whole = await run([...args, "--out", "whole", "--json"]);
  });

  test("learns, and says how well on stdout", () => {
    done(whole);
    const found = JSON.parse(whole.stdout);
    expect(found).toMatchObject({
      out: "whole",
      stopped: "done",
      step: 80,
      steps: 80,
      model: join("whole", "model.onnx"),
    });
    const steps = lines("whole").filter((line) => !line.validation);
    const mean = (part: readonly Line[]): number => part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
    expect(mean(steps.slice(-10))).toBeLessThan(0.95 * mean(steps.slice(0, 10)));
    expect(whole.stderr).toMatch(/epoch 16\/16 {2}loss [\d.]+ {2}accuracy [\d.]+\n {2}validation: top-1/);
  });

  test("leaves a folder with all that DESIGN promises, and no lock", () => {
    expect(
      readdirSync(at("whole"))
        .map((name) => name.replace(/tfevents.*/, "tfevents"))
        .sort(),
    ).toEqual([
      "checkpoint.safetensors",
      "config.json",
      "environment.json",
      "events.out.tfevents",
      "metrics.jsonl",
      "model.onnx",
      "report.html",
      "validation.json",
    ]);
    expect(JSON.parse(bytes("whole", "config.json").toString())).toMatchObject({
      net: "nin",
      size: 24,
      validateSplit: "val",
      epochs: 16,
    });
    const all = lines("whole");
    expect(all.filter((line) => !line.validation).map(({ step }) => step)).toEqual(
      Array.from({ length: 80 }, (_, i) => i + 1),
    );
    expect(all.filter((line) => line.validation)).toHaveLength(16);
    expect(bytes("whole", "report.html").toString()).toContain("nin on synthetic flowers");
  });

  test("leaves a model that describes itself", () => {
    const source = fromOnnx(readModel(bytes("whole", "model.onnx")));
    expect(source.nodes.map(({ op }) => op)).not.toContain("BatchNormalization");
    expect(JSON.parse(source.metadata["fovea.labels"]!)).toHaveLength(3);
    expect(JSON.parse(source.metadata["fovea.training"]!)).toMatchObject({
      step: 80,
      recipe: { net: "nin", dropout: 0.2 },
    });
  });

  test("stopped, killed and gone on with, ends in the same weights, bit for bit", async () => {
    const broken = [...args, "--out", "broken"];
    let asked = false;
    const stopped = await run(broken, (stderr, kill) => {
      if (asked || !stderr.includes("epoch 2/")) return;
      asked = true;
      kill("SIGINT");
    });
    expect(stopped.code, stopped.stderr).toBe(130);
    expect(stopped.stderr).toMatch(/Stopped after step \d+ of 80; 'fovea train --out broken' goes on/);
    expect(existsSync(at("broken", "model.onnx"))).toBe(true);

    let second: Promise<Ended> | undefined;
    const killed = await run(broken, (stderr, kill) => {
      if (stderr.includes("epoch 4/")) second ??= run(broken);
      if (stderr.includes("epoch 9/")) kill("SIGKILL");
    });
    expect(killed.code).toBeNull();
    expect(existsSync(at("broken", "lock"))).toBe(true);
    expect(bytes("broken", "checkpoint.safetensors").equals(bytes("whole", "checkpoint.safetensors"))).toBe(false);
    // The second one came while the first was running or, on a busy machine, after its death: then it took over.
    const other = await second!;
    if (other.code !== 0) expect(other.stderr).toMatch(/another run \(process \d+\) is training in this folder/);

    const resumed = await fovea(folder, ["train", "--out", "broken"]);
    done(resumed);
    expect(resumed.stderr).toMatch(/Going on after step [1-9]\d* of 80/);
    for (const name of ["checkpoint.safetensors", "model.onnx"])
      expect(bytes("broken", name).equals(bytes("whole", name)), name).toBe(true);
    const losses = (out: string) => lines(out).map(({ step, loss, validation }) => validation?.top1 ?? [step, loss]);
    expect(losses("broken")).toEqual(losses("whole"));
  });

  test("is not mixed with another", async () => {
    const refused = async (args: readonly string[], message: RegExp): Promise<void> => {
      const { code, stderr } = await run(args);
      expect(stderr).toMatch(message);
      expect(code).toBe(2);
    };
    await refused(
      ["--out", "whole", "--lr", "0.3", "--epochs", "3"],
      /other settings \(epochs was 16, now 3; lr was 0.05, now 0.3\)/,
    );
    await refused(
      ["--out", "whole", "--data", "synthetic:classes=4,count=60,size=24"],
      /other data.*3 classes then .* 4 now/,
    );
    await refused(
      ["--out", "whole", "--data", "synthetic:classes=3,count=90,size=24"],
      /42 training pictures then, 60 now/,
    );
    cpSync(at("whole"), at("foreign"), { recursive: true });
    const config = JSON.parse(bytes("foreign", "config.json").toString());
    writeFileSync(at("foreign", "config.json"), JSON.stringify({ ...config, dropout: 0 }));
    await refused(["--out", "foreign"], /checkpoint is of another net, recipe or seed/);
    truncateSync(at("foreign", "checkpoint.safetensors"), 5000);
    await refused(["--out", "foreign"], /cut off or no checkpoint/);
  });

  test("goes on from a model's weights for other classes, with layers that stay", async () => {
    const args = ["--data", "synthetic:classes=4,count=40,size=24,seed=5", "--from", at("whole", "model.onnx")];
    const tuned = await run([
      ...args,
      "--freeze",
      "block1",
      "--epochs",
      "1",
      "--batch",
      "8",
      "--workers",
      "0",
      "--out",
      "tuned",
      "--augment",
      "none",
    ]);
    done(tuned);
    expect(tuned.stderr).toContain("the last layer starts anew, for the 4 classes");
    const weights = (out: string): Map<string, string> =>
      new Map(
        Array.from(fromOnnx(readModel(bytes(out, "model.onnx"))).constants, ([v, t]) => [
          v.name,
          Buffer.from(t.bytes).toString("hex"),
        ]),
      );
    const [before, after] = [weights("whole"), weights("tuned")];
    const kept = [...before].filter(([name, hex]) => hex === after.get(name)).map(([name]) => name);
    expect(kept).toContain("block1.0.conv.weight");
    expect(kept).not.toContain("block2.0.conv.weight");
    expect(after.get("classes.weight")!.length).toBeGreaterThan(before.get("classes.weight")!.length);
  });

  test("on smaller pictures than the net is for leaves a net for its own size", async () => {
    done(await run([...data, ...net, "--train-size", "16", "--epochs", "1", "--out", "smaller"]));
    const [input] = fromOnnx(readModel(bytes("smaller", "model.onnx"))).inputs;
    expect(input!.shape?.slice(1)).toEqual([3, 24, 24]);
    expect(lines("smaller").at(-1)!.validation).toBeDefined();
    const other = await run([...data, ...net, "--train-size", "24", "--epochs", "1", "--out", "smaller"]);
    expect(other).toMatchObject({ code: 2 });
    expect(other.stderr).toContain("trainSize was 16, now 24");
  });
});

test("on attacked pictures, mixed ones too, it says how many it withstands, and so does the model", async () => {
  const args = ["--adversarial", "pgd", "--attack-steps", "2", "--eps", "8/255", "--attack-pictures", "4"];
  done(await run([...data, ...net, ...args, "--mixup", "0.4", "--epochs", "1", "--out", "robust"]));
  const { validation } = lines("robust").at(-1)!;
  expect(validation).toMatchObject({ robustness: { n: 4 } });
  const source = fromOnnx(readModel(bytes("robust", "model.onnx")));
  expect(JSON.parse(source.metadata["fovea.training"]!)).toMatchObject({
    recipe: { adversarial: "pgd", norm: "linf", eps: 8 / 255, attackSteps: 2, attackRate: 10 / 255, mixup: 0.4 },
    validation: { robustness: { n: 4, pgd: { value: expect.any(Number) } } },
  });
  expect(bytes("robust", "report.html").toString()).toContain("attacked, PGD");
  const other = await run([
    ...data,
    ...net,
    ...args,
    "--mixup",
    "0.4",
    "--epochs",
    "1",
    "--out",
    "robust",
    "--norm",
    "l2",
  ]);
  expect(other.stderr).toContain('norm was "linf", now "l2"');
});

describe("what cannot be", () => {
  const refused = async (args: readonly string[], code: number, message: RegExp): Promise<void> => {
    const ended = await run(args);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toMatch(/ {4}at |this is a fault of fovea/);
    expect(ended.code).toBe(code);
  };
  const small = [...data, ...net, "--epochs", "2"];

  test("a loss that is no number ends the run with the last good state and advice", async () => {
    await refused([...small, "--lr", "1e20", "--out", "nan"], 1, /diverged: at step \d+ .* try a lower learning rate/);
    expect(existsSync(at("nan", "lock"))).toBe(false);
  });

  test.skipIf(!existsSync("/dev/full"))("a full disk is told in one sentence", async () => {
    mkdirSync(at("full"));
    symlinkSync("/dev/full", at("full", "checkpoint.safetensors.part"));
    await refused([...small, "--out", "full"], 1, /^fovea: .*checkpoint could not be written \(the disk is full\).*$/m);
    expect(existsSync(at("full", "checkpoint.safetensors"))).toBe(false);
  });

  test("nothing is left of a folder that no run came to be in", async () => {
    await refused([...small, "--stem", "large", "--out", at("new", "run")], 2, /--stem is for ResNets/);
    expect(existsSync(at("new"))).toBe(false);
    await refused([...small, "--adversarial", "fgsm", "--eps", "8", "--out", "bytes"], 2, /8 of 255 is 8\/255/);
    expect(existsSync(at("bytes"))).toBe(false);
  });

  test.each([
    ["no data", ["--out", "none"], /'none' holds no run to go on with/],
    ["data that are not there", ["--data", "nowhere"], /nowhere.*there is no such file or folder/],
    ["a batch that is too large", [...small, "--batch", "100", "--out", "x"], /42 pictures do not fill a batch of 100/],
    [
      "a split that is not there",
      [...small, "--train-split", "practice", "--out", "x"],
      /no split 'practice': expected one of train \(42\)/,
    ],
    [
      "validation on what is trained on",
      [...small, "--train-split", "train,val", "--validate-split", "val", "--out", "x"],
      /'val' is trained on/,
    ],
    ["a net and a model", [...small, "--from", "a.onnx", "--out", "x"], /net and from.*leave out one/],
    [
      "a model for one picture at a time",
      [...data, "--from", "one.onnx", "--out", "x"],
      /is for batches of 1, not of 32/,
    ],
    ["layers that are not there", [...small, "--freeze", "bolck1", "--out", "x"], /no layer "bolck1": did you mean/],
    ["a flag of no sense", ["--lr", "-1"], /Expected a number above 0|expected a number above 0/],
    ["an out that is a file", [...small, "--out", "file"], /'file' is a file/],
  ])("%s", async (_, args, message) => {
    writeFileSync(at("file"), "");
    writeFileSync(at("one.onnx"), tinyNet());
    await refused(args, 2, message);
  });

  test("one class, an empty class, and pictures that cannot be read", async () => {
    done(
      await fovea(folder, ["data", "synthetic", "--out", "flowers", "--classes", "3", "--count", "60", "--size", "24"]),
    );
    const names = readdirSync(at("flowers", "train"));
    cpSync(at("flowers", "train", names[0]!), at("one", names[0]!), { recursive: true });
    await refused(["--data", "one", ...net], 2, /only one class/);
    cpSync(at("flowers", "train"), at("empty"), { recursive: true });
    mkdirSync(at("empty", "zinnia"));
    await refused(["--data", "empty", ...net], 2, /no pictures of zinnia/);

    const first = at("flowers", "train", names[0]!);
    const pictures = readdirSync(first);
    const spoil = (count: number): void => {
      for (const name of pictures.slice(0, count)) writeFileSync(join(first, name), "no picture");
    };
    spoil(2);
    const ended = await run(["--data", "flowers", ...net, "--size", "24", "--epochs", "1", "--out", "spoilt"]);
    done(ended);
    expect(ended.stderr).toMatch(/2 training pictures could not be read and were left out \(.*cannot be decoded/);
    spoil(12);
    await refused(
      ["--data", "flowers", ...net, "--size", "24", "--epochs", "1", "--out", "rotten"],
      2,
      /more than 10 of 42 pictures cannot be read/,
    );
  });
});
