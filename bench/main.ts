/** @file `npm run bench`: runs the entries one after another and prints one table; `--help` tells the rest. */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { entries } from "./entries/all.ts";
import { type EntryResult, table } from "./figure.ts";
import { inProcess } from "./process.ts";

const usage = `npm run bench -- [--only NAME]… [--json FILE] [--quick]

  --only NAME   only the entries whose name has NAME in it
  --json FILE   where the figures go (bench/out/bench.json)
  --quick       few rounds on small nets: only to see that everything runs

Every figure is a median with its quartiles; ratios are taken round by round from jobs that take turns. PyTorch stands in
the same table where FOVEA_PEER_PYTHON (or python3) can import torch.

Entries:
${entries.map((e) => `  ${e.name.padEnd(18)}${e.about}`).join("\n")}
`;

const { values: flags } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    json: { type: "string", default: fileURLToPath(new URL("out/bench.json", import.meta.url)) },
    quick: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (flags.help) process.stdout.write(usage);
else await bench();

async function bench(): Promise<void> {
  const chosen = entries.filter((e) => flags.only.length === 0 || flags.only.some((name) => e.name.includes(name)));
  if (chosen.length === 0) {
    process.stderr.write(`no entry has '${flags.only.join("' or '")}' in its name\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  const results: EntryResult[] = [];
  for (const { name, about, needs = [] } of chosen) {
    const missing = needs.filter((path) => !existsSync(path));
    if (missing.length > 0) {
      results.push({ entry: name, figures: [], notes: [`left out: ${missing.join(", ")} is not there`] });
      continue;
    }
    process.stderr.write(`${name}: ${about}\n`);
    try {
      results.push(await inProcess("run-entry.ts", [name, ...(flags.quick ? ["--quick"] : [])]));
    } catch (error) {
      const { stderr = "", message } = error as Error & { readonly stderr?: string };
      process.stderr.write(`${stderr || message}\n`);
      results.push({ entry: name, figures: [], notes: ["failed; the others went on"] });
      process.exitCode = 1;
    }
  }
  process.stdout.write(`${table(results)}\n`);
  if (flags.quick) process.stdout.write("quick: smaller nets and few rounds; these figures mean nothing\n");
  const machine = { cpu: cpus()[0]?.model, threads: availableParallelism(), node: process.version };
  mkdirSync(dirname(flags.json), { recursive: true });
  writeFileSync(
    flags.json,
    `${JSON.stringify({ date: new Date().toISOString(), machine, quick: flags.quick, results }, null, 2)}\n`,
  );
  process.stderr.write(`figures: ${flags.json}\n`);
}
