/** @file `fovea doctor`: versions, devices that work and why others do not, and how fast they are. */

import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import type { Command } from "commander";
import { chooseBackend, type Finding, findings } from "../src/runtime/choose.ts";
import { Ending } from "./exit.ts";
import { printJson } from "./say.ts";
import { digits, table } from "./table.ts";
import { packageVersion, version } from "./version.ts";

export const define = (command: Command): Command =>
  command
    .option("--json", "print the findings as JSON")
    .addHelpText("after", "\nExample:\n  fovea doctor")
    .action(doctor);

/** Prints the findings; ends with 1 when no device works. */
export async function doctor({ json = false }: { readonly json?: boolean }): Promise<void> {
  const devices = (await findings()).map(({ rate, ...finding }) => ({
    ...finding,
    ...(rate && { gflops: rate / 1e9 }),
  }));
  const auto = await chooseBackend("auto").then(
    ({ backend }) => backend.device,
    () => null,
  );
  const versions = {
    fovea: version,
    node: process.versions.node,
    ...Object.fromEntries(
      ["onnxruntime-node", "onnxruntime-web", "sharp"].map((name) => [name, packageVersion(name) ?? null]),
    ),
  };
  const machine = {
    system: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memory: totalmem(),
    freeMemory: freemem(),
  };

  if (json) printJson({ versions, machine, devices, auto });
  else process.stdout.write(`${text(versions, machine, devices, auto)}\n`);
  if (!auto) throw new Ending(1, "no device works here: install onnxruntime-node or onnxruntime-web with npm");
}

type Device = Omit<Finding, "rate"> & { readonly gflops?: number };

function text(
  versions: Readonly<Record<string, string | null>>,
  machine: { system: string; processor: string; cores: number; memory: number; freeMemory: number },
  devices: readonly Device[],
  auto: string | null,
): string {
  const gib = (bytes: number): string => `${digits(bytes / 2 ** 30)} GiB`;
  const rows = devices.map((d) => [
    d.device,
    d.package,
    d.works ? "works" : "no",
    d.gflops === undefined ? "-" : `${Math.round(d.gflops)} GFLOP/s`,
    d.works ? (d.device === auto ? "--device auto takes this one" : "") : (d.reason ?? ""),
  ]);
  return [
    ...Object.entries(versions).map(([name, v]) => `${name.padEnd(18)}${v ?? "not installed"}`),
    "",
    `${machine.system}, ${machine.processor}, ${machine.cores} cores, ${gib(machine.memory)} memory (${gib(machine.freeMemory)} free)`,
    "",
    table(
      [
        { title: "device" },
        { title: "package" },
        { title: "state" },
        { title: "MatMul", align: "right" },
        { title: "remark" },
      ],
      rows,
    ),
  ].join("\n");
}
