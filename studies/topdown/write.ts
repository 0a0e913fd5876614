/** @file The tables of the study as Markdown: means over seeds with 95 % intervals, and differences within seeds. */

import { costOf } from "../../src/nets/cost.ts";
import type { NetBuilder } from "../../src/nets/layers.ts";
import { nets } from "../../src/nets/net.ts";
import { meanInterval } from "../../src/tensor/statistics.ts";
import { type NetPlan, runName, type TablePlan, type Training } from "./plan.ts";
import type { Result } from "./run.ts";

/** The result of a measurement of a run, or of its training. */
export type Find = (run: string, measurement: string) => Result | undefined;

interface Accuracies {
  readonly clean?: number;
  readonly robustAccuracy?: number;
  readonly intervals?: {
    readonly robustAccuracy: readonly [number, number];
    readonly clean?: readonly [number, number];
  };
  readonly curve?: readonly {
    readonly attack: string;
    readonly eps: number;
    readonly accuracy: number;
    readonly interval: readonly [number, number];
  }[];
  readonly checks?: readonly { readonly name: string; readonly status: string; readonly says: string }[];
}

/** One number a seed, with the interval of the pictures alone. */
interface Column {
  readonly title: string;
  readonly of: (run: string) => { readonly value: number; readonly interval: readonly [number, number] } | undefined;
}

const trainings: readonly Training[] = ["standard", "adversarial"];

/** What there are results of; nets without any are left out. */
export function tableText(whole: TablePlan, find: Find): string {
  const plan = { ...whole, nets: whole.nets.filter((net) => runsOf(whole, net).some((run) => find(run, "train"))) };
  if (plan.nets.length === 0) return `## ${plan.title}\n\nNothing has been trained yet.\n`;
  const columns = columnsOf(plan, find);
  const parts = [
    `## ${plan.title}`,
    costTable(plan),
    ...trainings.map((training) => `### ${training} training\n\n${accuracyTable(plan, training, columns)}`),
    ...trainings
      .slice(0, plan.nets.length > 1 ? 2 : 0)
      .map(
        (training) =>
          `### ${training} training, difference to ${plan.nets[0]!.net} (points, same seeds)\n\n${differenceTable(plan, training, columns)}`,
      ),
    checksText(plan, find),
  ];
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

const runsOf = ({ seeds }: TablePlan, net: NetPlan): string[] =>
  seeds.flatMap((seed) => trainings.map((training) => runName(net, training, seed)));

/** Every number that any of the results holds. */
function columnsOf(plan: TablePlan, find: Find): Column[] {
  const runs = plan.nets.flatMap((net) => runsOf(plan, net));
  const [first] = plan.measurements;
  const columns: Column[] = [
    {
      title: "untouched",
      of: (run) => {
        const { clean: value, intervals } = (first && (find(run, first.name)?.json as Accuracies)) ?? {};
        return value === undefined || !intervals?.clean ? undefined : { value, interval: intervals.clean };
      },
    },
  ];
  for (const { name, flags } of plan.measurements) {
    const json = (run: string): Accuracies | undefined => find(run, name)?.json;
    if (name === "checks") continue;
    if (flags.suite !== "curve") {
      columns.push({
        title: name,
        of: (run) => {
          const { robustAccuracy: value, intervals } = json(run) ?? {};
          return value === undefined || !intervals ? undefined : { value, interval: intervals.robustAccuracy };
        },
      });
      continue;
    }
    const points = runs.map((run) => json(run)?.curve).find((curve) => curve !== undefined) ?? [];
    for (const { attack, eps } of points)
      columns.push({
        title: `${attack} ${short(eps)}`,
        of: (run) => {
          const point = json(run)?.curve?.find((p) => p.attack === attack && p.eps === eps);
          return point && { value: point.accuracy, interval: point.interval };
        },
      });
  }
  return columns;
}

const short = (eps: number): string => String(Number(eps.toPrecision(2)));
const points = (x: number): string => (100 * x).toFixed(1);

function markdown(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const full = rows.filter(([, ...cells]) => cells.some(Boolean));
  return [line(titles), line(titles.map((_, i) => (i === 0 ? "---" : "---:"))), ...full.map(line)].join("\n");
}

const label = ({ net, width }: NetPlan): string => (width === undefined ? net : `${net}, width ${width}`);

function costTable({ nets: chosen, classes, picture }: TablePlan): string {
  const costs = chosen.map(({ net, width }) => {
    const build = nets[net as keyof typeof nets] as (o: { classes: number; width?: number }) => NetBuilder;
    return costOf(build({ classes, ...(width !== undefined && { width }) }), [1, ...picture]);
  });
  const [first] = costs;
  const rows = chosen.map((net, i) => {
    const { parameters, macs } = costs[i]!;
    const ratio = (x: number, y: number): string => `×${(x / y).toFixed(2)}`;
    return [
      label(net),
      String(parameters),
      ratio(parameters, first!.parameters),
      `${(macs / 1e6).toFixed(2)} M`,
      ratio(macs, first!.macs),
    ];
  });
  return markdown(["net", "parameters", "", "MACs", ""], rows);
}

/** Means over the seeds that are there: Student's interval from two seeds on, that of the pictures (Wilson) for one. */
function accuracyTable({ nets: chosen, seeds }: TablePlan, training: Training, columns: readonly Column[]): string {
  const rows = columns.map(({ title, of }) => [
    title,
    ...chosen.map((net) => {
      const found = seeds.flatMap((seed) => of(runName(net, training, seed)) ?? []);
      if (found.length === 0) return "";
      const { mean, interval } = meanInterval(found.map(({ value }) => value));
      const [low, high] = found.length > 1 ? interval : found[0]!.interval;
      return `${points(mean)} (${points(Math.max(0, low))}–${points(Math.min(1, high))})`;
    }),
  ]);
  return markdown(["% right", ...chosen.map(label)], rows);
}

function differenceTable({ nets: chosen, seeds }: TablePlan, training: Training, columns: readonly Column[]): string {
  const [first, ...others] = chosen;
  const rows = columns.map(({ title, of }) => [
    title,
    ...others.map((net) => {
      const differences = seeds.flatMap((seed) => {
        const [a, b] = [of(runName(net, training, seed)), of(runName(first!, training, seed))];
        return a && b ? [a.value - b.value] : [];
      });
      if (differences.length === 0) return "";
      const { mean, interval } = meanInterval(differences);
      const signed = (x: number): string => `${x > 0 ? "+" : ""}${points(x)}`;
      const range = differences.length > 1 ? ` (${signed(interval[0])} to ${signed(interval[1])})` : " (one seed)";
      return signed(mean) + range;
    }),
  ]);
  return markdown(["points", ...others.map(label)], rows);
}

/** Checks that failed, net by net. */
function checksText({ nets: chosen, seeds }: TablePlan, find: Find): string {
  const lines = trainings.flatMap((training) =>
    chosen.flatMap((net) => {
      const checks = (find(runName(net, training, seeds[0]!), "checks")?.json as Accuracies | undefined)?.checks;
      if (!checks) return [];
      const failed = checks.filter(({ status }) => status === "failed");
      const of = checks.filter(({ status }) => status !== "not applicable").length;
      const words = failed.map(({ name, says }) => `**${name}** (${says})`).join("; ");
      return [
        `- ${label(net)}, ${training}: ${of - failed.length} of ${of} passed${words ? `; failed: ${words}` : ""}`,
      ];
    }),
  );
  return lines.length === 0 ? "" : `### Whether the attacks can be trusted\n\n${lines.join("\n")}`;
}
