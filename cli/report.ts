/** @file `fovea report`: what a net sees and keeps, measured, as one page and as JSON; thresholds make it fail a build. */

import { basename, dirname, isAbsolute, join } from "node:path";
import type { Command } from "commander";
import { InputError } from "../src/error.ts";
import type { Model } from "../src/model/model.ts";
import { type FinishedReport, type NetReportOptions, netReport } from "../src/preimage/net-report.ts";
import { openPhotos, photosOf } from "../src/preimage/photos.node.ts";
import type { Photos } from "../src/preimage/photos-source.ts";
import { planReport, type ReportPlan } from "../src/preimage/report-plan.ts";
import { netReportPage } from "../src/report/net-report.ts";
import { measuresOf } from "../src/report/net-report-measures.ts";
import { brokenText, brokenThresholds, expectKnown } from "../src/report/net-report-thresholds.ts";
import { chooseBackend } from "../src/runtime/choose.ts";
import { readDataset } from "./dataset.ts";
import { Ending } from "./exit.ts";
import { checkWritable, safeName, stem, writeOutput } from "./files.ts";
import { modelName, readModelFile, readPhoto, splitModel } from "./input.ts";
import { readJudge, readOther } from "./judge.ts";
import { type ModelFlags, type OutputFlags, withModelFlags, withOutput } from "./options.ts";
import { type Given, readConfig, resolved, settings } from "./report-config.ts";
import { openParts } from "./report-parts.ts";
import { printJson, progressLine, say } from "./say.ts";
import { readSettings, withSettings } from "./setting.ts";
import { stopSignal } from "./stop.ts";
import { version } from "./version.ts";

interface Flags extends Omit<Given, "model">, ModelFlags, OutputFlags {
  readonly config?: string;
  readonly printConfig?: boolean;
  readonly out?: string;
}

const help = `
Settings come from the flags, else from --config (JSON, the flags' names in camel case, and "model"), else from the
defaults. What is done is kept in a folder beside the page: a report that was stopped goes on when the same command is run
again, and only what other settings change is made anew.

Thresholds bound the report's numbers by name; * stands for any characters. The JSON file lists all names as "measures":
  {"thresholds": {"classes.*.probability": {"min": 0.9}, "inversion.layer3.1.error": {"max": 0.2}, "dead": {"max": 3}}}
The report is written all the same; then the exit code is 1 and each broken threshold is named.

Examples:
  fovea report --quick
  fovea report net.onnx --photos flowers --out report.html
  fovea report net.onnx --photos flowers --beside robust.onnx
  fovea report net.onnx --photos flowers --units 'layer3:0-15' --classes rose,tulip
  fovea report --config report.json --json`;

export const define = (command: Command): Command => {
  command
    .usage("[options] [model]")
    .argument("[model...]", "an .onnx file")
    .option("--config <file>", "settings as JSON; flags outweigh them")
    .option("--print-config", "print the settings as JSON and end");
  withSettings(command, settings);
  command.option("--out <file>", "the page; its JSON is written beside it (default: <model>-report.html)");
  return withModelFlags(withOutput(command)).addHelpText("after", help).action(report);
};

async function report(args: string[], flags: Flags): Promise<void> {
  const { config: file, printConfig = false, out: asked, json = false, quiet = false, ...rest } = flags;
  const { model: named, labels } = rest;
  const own = Object.fromEntries(Object.entries(rest).filter(([name]) => Object.hasOwn(settings, name)));
  const inFile = file ? readConfig(file) : {};
  const config = resolved({ ...inFile, ...readSettings(settings, own, "the flags") });
  if (printConfig) return printJson(config);
  const chosen = named ?? (args.length === 0 ? config.model : undefined);
  const [path, ...more] = splitModel(args, { ...flags, ...(chosen !== undefined && { model: chosen }) });
  if (more.length > 0) throw new InputError(`expected one model, got ${args.length} arguments`);
  const tell = quiet ? () => {} : say;
  const { value: model, source } = await readModelFile(path, flags);
  const out = asked ?? `${safeName(modelName(source))}-report.html`;
  const jsonFile = join(dirname(out), `${stem(out)}.json`);
  for (const each of [out, jsonFile]) checkWritable(each, [path, ...(file ? [file] : [])]);
  const judge = await readJudge(config.judge, model, labels);
  const beside = config.beside === undefined ? undefined : await readBeside(config.beside, model, labels);
  const photos = config.photos === undefined ? undefined : await photosFrom(config.photos);
  const photo = config.photo === undefined ? undefined : (await readPhoto(config.photo, flags)).value;
  const plan = await planReport(model, {
    ...config,
    judge,
    beside,
    photos: photos !== undefined,
    photoNames: photos?.names,
    photo: (photos ?? photo) !== undefined,
  });
  const lacking = [
    ...(photos ? [] : ["--photos brings inversions and places among photos"]),
    ...(judge ? [] : ["--judge brings what a judge says"]),
    ...(beside ? [] : ["--beside brings a second net"]),
  ];
  expectKnown(config.thresholds, plan.measures, lacking.join(", "));
  if (judge === undefined && config.judge === undefined && plan.classCount > 0)
    tell("Note: no judge with these classes ships: --judge names a second net with the same classes.");
  if (photos === undefined) tell("Note: without --photos there are no inversions, and no photos to compare with.");
  const { backend, provider } = await chooseBackend(config.device);

  const { threads, batch } = config;
  const made = await make(
    model,
    plan,
    { out, quiet, tell },
    {
      ...config,
      ...(threads === undefined ? {} : { threads }),
      ...(batch === undefined ? {} : { batch }),
      photos,
      photo: photo && { name: basename(config.photo!), image: photo },
    },
  );
  const measures = measuresOf(made.report);
  const broken = brokenThresholds(config.thresholds, measures);
  const facts = {
    steps: `${config.steps} for units and classes, ${config.inversionSteps} for inversions, ${config.caricatureSteps} for caricatures`,
    seed: String(config.seed),
    made: `fovea ${version}, ${backend.device} (${provider})`,
  };
  const data = {
    fovea: version,
    device: backend.device,
    provider,
    settings: config,
    broken: broken.map((each) => ({ ...each, says: brokenText(each) })),
    measures: Object.fromEntries(measures),
    ...made.report,
  };
  writeOutput(
    out,
    netReportPage({
      ...made,
      thresholds: config.thresholds,
      broken,
      facts,
      command: commandText(process.argv.slice(2)),
    }),
  );
  writeOutput(jsonFile, `${JSON.stringify(data, null, 1)}\n`);
  if (json) printJson(data);
  for (const note of made.report.notes) tell(`Note: ${note}.`);
  tell(`${out}: ${summary(made)}; numbers in ${jsonFile}.`);
  if (broken.length > 0)
    throw new Ending(
      1,
      `${broken.length === 1 ? "a number breaks its threshold" : `${broken.length} numbers break their thresholds`}:\n${broken.map((b) => `  ${brokenText(b)}`).join("\n")}`,
    );
}

/** Makes the report, with a progress line; ends with 130 where Ctrl-C stopped it. */
async function make(
  model: Model,
  plan: ReportPlan,
  { out, quiet, tell }: { readonly out: string; readonly quiet: boolean; readonly tell: (sentence: string) => void },
  options: NetReportOptions,
): Promise<FinishedReport> {
  const signal = stopSignal();
  const parts = openParts(out);
  const line = progressLine("report", { quiet, unit: "%" });
  try {
    const making = netReport(model, plan, { ...options, keep: parts, signal });
    let next = await making.next();
    if (!next.done && next.value.kept > 0) tell(`${next.value.kept} parts are done already, in ${parts.folder}.`);
    while (!next.done) {
      const { done, total, title } = next.value;
      line.update(Math.round((1000 * done) / total) / 10, 100, title);
      next = await making.next();
    }
    line.end();
    if (next.value) return next.value;
    throw new Ending(130, `stopped: what is done is in ${parts.folder}; the same command goes on from there`);
  } finally {
    line.end();
    parts.close();
  }
}

const readBeside = (name: string, model: Model, labels: string | undefined): Promise<Model> =>
  readOther("--beside", name, model, labels, "stand beside");

const photosFrom = async (path: string): Promise<Photos> =>
  /^synthetic\b/.test(path) ? photosOf(await readDataset(path)) : openPhotos(path);

function summary({ report: { classes, units, inversion, dead, beside } }: FinishedReport): string {
  const known = classes.filter(({ numbers }) => numbers.rank === 1).length;
  const deadCount = (dead?.layers ?? []).reduce((n, { silent, constant }) => n + silent.length + constant.length, 0);
  return [
    ...(classes.length > 0 ? [`${classes.length} classes, of which the net knows ${known} by their pictures`] : []),
    `${units.length} units`,
    ...(inversion ? [`${inversion.cells.length} cells of inversions of ${inversion.photos} photos`] : []),
    ...(dead ? [`${deadCount} dead channels`] : []),
    ...(beside ? [`all beside ${beside.report.net.name}`] : []),
  ].join(", ");
}

/** As it was typed, but for where absolute paths lead. */
const commandText = (args: readonly string[]): string =>
  ["fovea", ...args.map((arg) => (isAbsolute(arg) ? basename(arg) : arg))]
    .map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replace(/'/g, "'\\''")}'`))
    .join(" ");
