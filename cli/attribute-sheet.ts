/** @file Attributions of one photo as a sheet: the photo, then each method's map over it, with what was measured of it. */

import { likeliest, openAnswers } from "../src/attribution/answers.ts";
import { attribute } from "../src/attribution/attribute.ts";
import { explained } from "../src/attribution/explained.ts";
import { openFaithfulness } from "../src/attribution/faithfulness.ts";
import { heat } from "../src/attribution/heat.ts";
import type { Method } from "../src/attribution/method.ts";
import { type MethodName, methods } from "../src/attribution/methods.ts";
import { topPlace } from "../src/attribution/order.ts";
import type { Model } from "../src/model/model.ts";
import { fitPhoto } from "../src/preimage/encode.ts";
import { labelledGrid } from "../src/tensor/image.node.ts";
import { fitCrop, type Image, imageDims, toRgb } from "../src/tensor/image.ts";
import { Ending } from "./exit.ts";
import { type Looked, type LookOptions, labelOf } from "./looked.ts";
import type { LookJob } from "./recipe.ts";
import { progressLine } from "./say.ts";
import { stopSignal } from "./stop.ts";
import { digits, percent } from "./table.ts";

type AttributeJob = Extract<LookJob, { verb: "attribute" }>;

/** Pixels that a picture of the sheet has at least. */
const SIDE = 192;
/** Pictures in a row, at most. */
const COLUMNS = 5;

/** Throws `InputError` where a method cannot be used on the net, and `Ending` with 130 when it was stopped. */
export async function attributeSheet(
  model: Model,
  photo: Image,
  { methods: names, class: c, layer, steps, deletion, insertion }: AttributeJob,
  { size, seed, device, batch, quiet = false }: LookOptions,
): Promise<Looked> {
  const net = explained(model, { size, layer });
  const [, height, width] = net.picture;
  const image = fitPhoto(model, [height, width], photo);
  const question = { image: image.data, class: c };
  const compiling = { ...(device && { device }), batch };
  const start = performance.now();
  const answers = await openAnswers([net], compiling);
  const meter = await openFaithfulness(net, { ...compiling, steps, deletion, insertion });
  const line = progressLine("attribute", { quiet, unit: "looks" });
  const signal = stopSignal();
  try {
    const [[probabilities]] = (await answers.of([image.data])) as [[Float32Array]];
    const enlarging = Math.max(1, SIDE / Math.min(height, width));
    const [h, w] = [Math.round(enlarging * height), Math.round(enlarging * width)];
    const shown = toRgb(fitCrop(photo, h, w));
    const pictures = [shown];
    const captions = [`photo\n${percent(probabilities[c]!)} ${labelOf(net.labels, c)}`];
    const found = [];
    const looks = names.map((name) => methodOf(name).looks);
    const all = looks.reduce((a, b) => a + b, 0);
    for (const [i, name] of names.entries()) {
      const before = looks.slice(0, i).reduce((a, b) => a + b, 0);
      const method = methodOf(name);
      const progress = (done: number): void => line.update(before + done, all, name);
      const map = await attribute(net, method, question, { ...compiling, seed, signal, progress });
      const curves = await meter.of(question, map);
      signal.throwIfAborted();
      pictures.push(heat(map, shown));
      captions.push(`${name}\ndeletion ${digits3(curves.deletion.area)}\ninsertion ${digits3(curves.insertion.area)}`);
      const [, rows, columns] = imageDims(map);
      const [y, x] = topPlace(map, height, width);
      found.push({
        method: name,
        source: method.source,
        ...(method.ofLayer && { layer: net.layer?.address }),
        mapSize: [rows, columns],
        top: { y, x },
        deletion: curves.deletion.area,
        insertion: curves.insertion.area,
        curves: { deletion: curves.deletion.probabilities, insertion: curves.insertion.probabilities },
      });
    }
    return {
      image: await labelledGrid(pictures, captions, {
        columns: Math.ceil(pictures.length / Math.ceil(pictures.length / COLUMNS)),
      }),
      numbers: {
        class: { number: c, label: labelOf(net.labels, c), probability: probabilities[c] },
        answers: likeliest(probabilities, 3).map((number) => ({
          number,
          label: labelOf(net.labels, number),
          probability: probabilities[number],
        })),
        size: [height, width],
        steps,
        baselines: { deletion, insertion },
        methods: found,
        ms: Math.round(performance.now() - start),
        device: answers.device,
        notes: net.notes,
      },
      classes: [c],
      device: answers.device,
      provider: answers.provider,
      notes: net.notes,
    };
  } catch (error) {
    if (signal.aborted) throw new Ending(130, "stopped: nothing was written");
    throw error;
  } finally {
    line.end();
    await meter.dispose();
    await answers.dispose();
  }
}

const methodOf = (name: string): Method => methods[name as MethodName];

const digits3 = (x: number): string => digits(Number(x.toPrecision(3)));
