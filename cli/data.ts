/** @file `fovea data`: lists and gets public data sets, looks at one on disk, draws synthetic flowers. */

import { readdirSync } from "node:fs";
import type { Command } from "commander";
import { type PublicName, publicDatasets } from "../src/data/catalogue.ts";
import { classSizes, type Dataset, splitSizes } from "../src/data/dataset.ts";
import { getDataset } from "../src/data/get.node.ts";
import { type SyntheticOptions, syntheticFlowers } from "../src/data/synthetic.ts";
import { writeImageFolder } from "../src/data/write.node.ts";
import { InputError } from "../src/error.ts";
import { nearest } from "../src/model/nearest.ts";
import { DATA, readDataset, syntheticSettings } from "./dataset.ts";
import { Ending } from "./exit.ts";
import { isFile, isFolder } from "./files.ts";
import { type OutputFlags, withOutput } from "./options.ts";
import { printJson, progressLine, say } from "./say.ts";
import { withSettings } from "./setting.ts";
import { stopSignal } from "./stop.ts";
import { table } from "./table.ts";

const help = `
Examples:
  fovea data list
  fovea data get flowers102 --out data/flowers102
  fovea data info data/flowers102
  fovea data synthetic --out flowers --classes 4 --size 64`;

export function define(command: Command): Command {
  command.addHelpText("after", help);
  command
    .command("list")
    .description("the public data sets that can be had")
    .option("--json", "print them as JSON")
    .action(list);
  withOutput(command.command("get"))
    .description("download a public data set from its authors; broken off, it goes on when run again")
    .argument("<name>", "one of 'fovea data list'")
    .option("--out <folder>", "where to (default: data/<name>)")
    .action(get);
  command
    .command("info")
    .description("what is in a data set: format, classes, splits")
    .argument("<path>", DATA)
    .option("--json", "print everything as JSON")
    .action(info);
  withSettings(withOutput(command.command("synthetic")), syntheticSettings)
    .description("draw flowers whose classes differ in known factors, as a folder of PNGs")
    .requiredOption("--out <folder>", "where to; it must be empty or new")
    .action(synthetic);
  return command;
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

function list({ json = false }: { readonly json?: boolean }): void {
  const all = Object.entries(publicDatasets).map(([name, { title, download, home }]) => ({
    name,
    title,
    download,
    home,
  }));
  if (json) {
    printJson(all);
    return;
  }
  const rows = all.map(({ name, title, download, home }) => [name, megabytes(download), title, home]);
  const columns = [
    { title: "name" },
    { title: "download", align: "right" },
    { title: "what" },
    { title: "home" },
  ] as const;
  process.stdout.write(`${table(columns, rows)}\n`);
}

async function get(name: string, flags: OutputFlags & { readonly out?: string }): Promise<void> {
  const names = Object.keys(publicDatasets) as PublicName[];
  const known = names.find((n) => n === name);
  if (!known)
    throw new InputError(
      `there is no public data set '${name}' here: did you mean ${nearest(name, names).join(", ")}? 'fovea data list' shows all`,
    );
  const out = flags.out ?? `data/${name}`;
  if (isFile(out)) throw new InputError(`the output '${out}' is a file: give the name of a folder`);
  const { title, home } = publicDatasets[known];
  if (!flags.quiet) say(`${title}; its authors' terms: ${home}`);
  const signal = stopSignal();
  let line = { file: "", shown: progressLine("", { quiet: true }) };
  try {
    await getDataset(publicDatasets[known], out, {
      signal,
      onProgress: ({ file, received, total }) => {
        if (line.file !== file) {
          line.shown.end();
          line = { file, shown: progressLine(file, { quiet: flags.quiet ?? false, unit: "MB" }) };
        }
        const of = Math.ceil((total ?? received) / 1e6);
        line.shown.update(Math.floor(received / 1e6), of, "");
      },
      onUnpack: (archive) => {
        line.shown.end();
        if (!flags.quiet) say(`Unpacking ${archive} …`);
      },
    });
  } catch (error) {
    if (signal.aborted) throw new Ending(130, "stopped: run it again to go on");
    throw diskError(error, out);
  } finally {
    line.shown.end();
  }
  await info(out, { json: flags.json ?? false });
}

async function info(path: string, { json = false }: { readonly json?: boolean }): Promise<void> {
  const dataset = await readDataset(path);
  const { name, format, notes, items, classes } = dataset;
  const splits = Object.fromEntries(splitSizes(dataset));
  const rows = perClass(dataset);
  if (json) {
    printJson({ name, format, pictures: items.length, splits, classes: rows, notes });
    return;
  }
  const titles = Object.keys(splits);
  const lines = rows.map(({ label, n, splits: own }) => [label, String(n), ...titles.map((s) => String(own[s] ?? 0))]);
  const columns = [
    { title: "class", max: 40 },
    ...["pictures", ...titles].map((title) => ({ title, align: "right" as const })),
  ];
  const sums = Object.entries(splits).map(([split, n]) => `${split} ${n}`);
  process.stdout.write(
    [
      `${name}: ${format}, ${items.length} pictures of ${classes.length} classes (${sums.join(", ")})`,
      "",
      table(columns, lines),
      ...notes.map((note) => `\nNote: ${note}.`),
      "",
    ].join("\n"),
  );
}

function perClass(dataset: Dataset): { label: string; n: number; splits: Record<string, number> }[] {
  const sizes = classSizes(dataset);
  const rows = dataset.classes.map((label, i) => ({ label, n: sizes[i]!, splits: {} as Record<string, number> }));
  for (const { label, split } of dataset.items) {
    const { splits } = rows[label]!;
    splits[split] = (splits[split] ?? 0) + 1;
  }
  return rows;
}

async function synthetic(flags: SyntheticOptions & OutputFlags & { readonly out: string }): Promise<void> {
  const { out, json = false, quiet = false, ...options } = flags;
  if (isFile(out) || (isFolder(out) && readdirSync(out).length > 0))
    throw new InputError(`the output '${out}' is there already: give the name of a new or empty folder`);
  const dataset = syntheticFlowers(options);
  await writeImageFolder(dataset, out).catch((error: unknown) => {
    throw diskError(error, out);
  });
  if (json) printJson({ out, pictures: dataset.items.length, classes: dataset.classes });
  else if (!quiet) say(`${dataset.items.length} flowers of ${dataset.classes.length} classes: ${out}`);
}

/** A failure of the disk in words; anything else as it is. */
function diskError(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof InputError || code === undefined) return error;
  const why = code === "ENOSPC" ? "the disk is full: make room and run it again" : code;
  return new Ending(1, `'${path}' could not be written: ${why}`);
}
