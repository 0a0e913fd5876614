/** @file `npx tsx studies/topdown/main.ts TABLE`: trains and attacks the nets of a table, and writes it. */

import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isFolder, writeOutput } from "../../cli/files.ts";
import { jobsOf, type TableName, type TablePlan, tables } from "./plan.ts";
import { nameOf, readResult, runTable } from "./run.ts";
import { tableText } from "./write.ts";

const usage = `npx tsx studies/topdown/main.ts TABLE --data FOLDER [--out FOLDER] [--seeds LIST] [--only WORD]… [--jobs N]

TABLE is one of ${Object.keys(tables).join(", ")}.

  --data FOLDER   Fashion-MNIST or Flowers-102, as 'fovea data info' knows them
  --out FOLDER    results (studies/topdown/out/TABLE)
  --only WORD     only jobs whose name has WORD in it: a net, 'standard', 's0', 'train', 'curve' …
  --seeds LIST    in place of the plan's, such as 0,1
  --jobs N        run side by side (one for each core)
  --threads N     of each job (1): small nets are hardly faster with more
  --epochs N      in place of the plan's, and
  --limit N       at most so many attacked pictures: to try it out, in another --out
  --list          prints the jobs, and which are done
  --write         only writes the table from what is there

What is finished is kept; the same command goes on after an interruption, within a training and an attack too.
`;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string" },
    out: { type: "string" },
    only: { type: "string", multiple: true, default: [] },
    seeds: { type: "string" },
    jobs: { type: "string", default: String(availableParallelism()) },
    threads: { type: "string", default: "1" },
    epochs: { type: "string" },
    limit: { type: "string" },
    list: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);

process.exitCode = await study();

async function study(): Promise<number> {
  const [name, ...more] = positionals;
  if (flags.help || name === undefined || more.length > 0 || !Object.hasOwn(tables, name)) {
    (flags.help ? process.stdout : process.stderr).write(usage);
    return flags.help ? 0 : 2;
  }
  const planned: TablePlan = tables[name as TableName];
  const plan = { ...planned, ...(flags.seeds && { seeds: flags.seeds.split(",").map(Number) }) };
  const out = flags.out ?? join("studies", "topdown", "out", name);
  if (flags.list) {
    for (const job of jobsOf(plan)) {
      const result = readResult(out, job);
      process.stdout.write(`${result ? `${result.seconds} s`.padStart(10) : "-".padStart(10)}  ${nameOf(job)}\n`);
    }
    return 0;
  }
  if (!flags.write) {
    if (flags.data === undefined || !isFolder(flags.data)) {
      say(`--data: expected the folder of the pictures, got ${flags.data ?? "none"}`);
      return 2;
    }
    const [epochs, limit] = [flags.epochs, flags.limit].map((x) => (x === undefined ? undefined : Number(x)));
    const { data, only } = flags;
    const [threads, jobs] = [Number(flags.threads), Number(flags.jobs)];
    if (!(Number.isInteger(jobs) && jobs > 0)) {
      say(`--jobs: expected a whole number above 0, got ${flags.jobs}`);
      return 2;
    }
    const code = await runTable({ plan, data, out, only, threads, jobs, epochs, limit, tell: say });
    if (code !== 0) return code;
  }
  const found = new Map(jobsOf(plan).map((job) => [nameOf(job), readResult(out, job)]));
  const text = tableText(plan, (run, measurement) => found.get(`${run} ${measurement}`));
  writeOutput(join(out, "table.md"), text);
  process.stdout.write(text);
  return 0;
}
