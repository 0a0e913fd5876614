/** @file `fovea attribute --data`: how faithful methods are on a data set, and how well they point where that is known. */

import { decisionOf, openAnswers } from "../src/attribution/answers.ts";
import { explained } from "../src/attribution/explained.ts";
import { type MeasureOptions, type MethodMeasures, measure, type Subject } from "../src/attribution/measure.ts";
import { type MethodName, methods } from "../src/attribution/methods.ts";
import { flowerPlace } from "../src/attribution/pointing.ts";
import type { Model } from "../src/model/model.ts";
import type { DeviceName } from "../src/runtime/backend.ts";
import { type MeanInterval, wilson } from "../src/tensor/statistics.ts";
import { Ending } from "./exit.ts";
import { type DataFlags, labelledPictures } from "./labelled-pictures.ts";
import { labelOf } from "./looked.ts";
import { printJson, progressLine, say } from "./say.ts";
import { stopSignal } from "./stop.ts";
import { digits, table } from "./table.ts";

/** Pictures that the net answers at once. */
const TOGETHER = 8;

/** @param c Class that is explained; of each picture the net's own answer where it is left out. */
export async function attributeData(
  model: Model,
  names: readonly MethodName[],
  c: number | undefined,
  flags: DataFlags & { readonly layer?: string },
  options: MeasureOptions,
): Promise<void> {
  const tell = flags.quiet ? () => {} : say;
  const signal = stopSignal();
  const pictures = await labelledPictures(model, flags);
  const { data, split, size, count } = pictures;
  const start = performance.now();
  const line = progressLine("attribute", { quiet: flags.quiet ?? false, unit: "pictures" });
  try {
    const net = explained(model, { size, layer: flags.layer });
    for (const note of net.notes) tell(`Note: ${note}.`);
    const { device, threads } = options;
    const compiling = { ...(device && { device }), ...(threads && { threads }) };
    const answers = await openAnswers([net], { ...compiling, pictures: TOGETHER, batch: options.batch });
    let right = 0;
    let seen = 0;
    async function* subjects(): AsyncGenerator<Subject> {
      for await (const { item, number, image, label } of pictures.each()) {
        const [[own]] = (await answers.of([image])) as [[Float32Array]];
        const answer = decisionOf(own);
        right += Number(answer === label);
        seen++;
        yield { item: number, image, class: c ?? answer, object: flowerPlace(item, size) };
      }
    }
    const progress = (done: number): void => line.update(done, count, "");
    const found = await measure(
      net,
      names.map((name) => methods[name]),
      subjects(),
      { ...options, signal, progress },
    );
    await answers.dispose();
    line.end();
    if (found.n === 0) throw new Ending(130, "stopped: nothing was measured");
    const accuracy = { value: right / seen, interval: wilson(right, seen) };
    const ms = Math.round(performance.now() - start);
    report(found, { data: data.name, split, size, accuracy, device: answers.device, ms });
    function report(
      { n, methods: measured }: typeof found,
      facts: { data: string; split: string; size: number; accuracy: unknown; device: DeviceName; ms: number },
    ): void {
      const explains = c === undefined ? "answer" : labelOf(net.labels, c);
      if (flags.json)
        printJson({ n, explains, layer: net.layer, ...facts, methods: measured, stopped: signal.aborted });
      else process.stdout.write(`${text(measured, `${data.name}, split ${split}: ${n} pictures`)}\n`);
    }
    tell(`Preprocessing: ${model.preprocessingSource}.`);
    if (pictures.unreadable.size > 0)
      tell(`Note: ${pictures.unreadable.size} pictures could not be read and do not count.`);
    tell(`${found.n} pictures of ${size}×${size} on ${answers.device} in ${digits(ms / 1000)} s.`);
    if (signal.aborted) throw new Ending(130, `stopped after ${found.n} of ${count} pictures, which are measured`);
  } finally {
    line.end();
    await pictures.close();
  }
}

const three = (x: number): string => (Number.isFinite(x) ? x.toFixed(3) : "-");
const within = ([low, high]: readonly [number, number]): string => `${three(low)} to ${three(high)}`;
const mean = ({ mean, interval }: MeanInterval): [string, string] => [three(mean), within(interval)];

function text(measured: Readonly<Record<string, MethodMeasures>>, title: string): string {
  const all = Object.entries(measured);
  const area = all[0]?.[1].area;
  const pointed = area !== undefined;
  const number = (title: string) => ({ title, align: "right" as const });
  const columns = [
    { title: "method" },
    number("deletion"),
    { title: "95 %" },
    number("insertion"),
    { title: "95 %" },
    ...(pointed ? [number("points"), { title: "95 %" }, number("inside"), { title: "95 %" }] : []),
  ];
  const rows = all.map(([name, { deletion, insertion, pointing, inside }]) => [
    name,
    ...mean(deletion),
    ...mean(insertion),
    ...(pointing && inside ? [three(pointing.accuracy), within(pointing.interval), ...mean(inside)] : []),
  ]);
  return [
    title,
    "Areas under the curves: of deletion the lower the better, of insertion the higher.",
    ...(pointed ? [`Flowers take ${three(area)} of the pictures: what chance has for points and inside.`] : []),
    "",
    table(columns, rows),
  ].join("\n");
}
