/** @file The command line: names the verbs, loads the one that is called, and turns every ending into an exit code. */

import { Command } from "commander";
import { guardOutput, leave } from "./exit.ts";
import { version } from "./version.ts";

interface Verb {
  /** Adds arguments, options, help and the action. */
  readonly define: (command: Command) => unknown;
}

const verbs: Readonly<Record<string, readonly [summary: string, load: () => Promise<Verb>]>> = {
  inspect: ["list a net's layers, their addresses, shapes and costs", () => import("./inspect.ts")],
  grad: ["gradient of a unit for a raw input, as .npy", () => import("./grad.ts")],
  gradcheck: ["compare a net's gradient with finite differences", () => import("./gradcheck.ts")],
  maximize: ["a picture of what a unit, channel or class wants to see", () => import("./maximize.ts")],
  caricature: ["a photo, exaggerated the way a layer sees it", () => import("./caricature.ts")],
  invert: ["rebuild a photo from what a layer keeps of it", () => import("./invert.ts")],
  dream: ["more of whatever a layer sees in a photo, from coarse to fine", () => import("./dream.ts")],
  attribute: ["where in a photo a class is seen, by several methods, measured", () => import("./attribute.ts")],
  levels: ["how a top-down net decides as its levels are opened", () => import("./levels.ts")],
  train: ["train a net on labelled pictures, or fine-tune one", () => import("./train.ts")],
  evaluate: ["how well a net knows the pictures of a data set", () => import("./evaluate.ts")],
  attack: ["what it takes to fool a net, and whether that can be trusted", () => import("./attack.ts")],
  data: ["get, look at and make data sets", () => import("./data.ts")],
  report: ["what a net sees and keeps, as one page with numbers and thresholds", () => import("./report.ts")],
  repro: ["make a picture again from the recipe in its file", () => import("./repro.ts")],
  doctor: ["which devices work here, and why others do not", () => import("./doctor.ts")],
};

/** `error: unknown option '--sise'\n(Did you mean --size?)` becomes one sentence that ends in where to look. */
const usageError =
  (name: string) =>
  (text: string, write: (line: string) => void): void => {
    const sentence = text
      .trim()
      .replace(/^error: |\.$/g, "")
      .replace(/\.?\s*\n\(Did/g, " (did")
      .replace(/\. ([A-Z])/g, (_, letter: string) => `: ${letter.toLowerCase()}`);
    write(`fovea: ${sentence}; '${name} --help' shows how it is used\n`);
  };

function program(): Command {
  const root = new Command("fovea")
    .description(
      "Looks closely at deep nets: opens any ONNX image classifier, differentiates it, and shows what it sees.",
    )
    .usage("<verb> …")
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: usageError("fovea") })
    .helpCommand("help [verb]", "the options of a verb, with examples")
    .addHelpText(
      "after",
      `
Data go to stdout, words to stderr. Exit code: 0 done, 1 the work failed, 2 wrong usage or input, 130 stopped by Ctrl-C.
'fovea <verb> --help' shows options and examples.`,
    )
    .hook("preSubcommand", async (_, called) => {
      const verb = await verbs[called.name()]?.[1]();
      verb?.define(called);
    });
  for (const [name, [summary]] of Object.entries(verbs))
    root
      .command(name)
      .description(summary)
      .configureOutput({ outputError: usageError(`fovea ${name}`) });
  return root;
}

guardOutput();
const root = program();
if (process.argv.length <= 2) root.outputHelp();
else await root.parseAsync().then(() => leave(), leave);
