/** @file `fovea attack`: what it takes to fool a net, as a suite, a curve or single attacks, and whether that can be trusted. */

import { dirname, join } from "node:path";
import type { Command } from "commander";
import { InputError } from "../src/error.ts";
import type { Model } from "../src/model/model.ts";
import { transformsOf } from "../src/preimage/choices/transforms.ts";
import { type Classifier, classifierOf } from "../src/robustness/classifier.ts";
import { eot } from "../src/robustness/eot.ts";
import { expectEps } from "../src/robustness/norms.ts";
import { chooseBackend } from "../src/runtime/choose.ts";
import { type CompileOptions, contentHash } from "../src/runtime/compile.ts";
import { sizeOf } from "../src/tensor/tensor.ts";
import { type AttackFlags, type Plan, planOf, withAttackFlags } from "./attack-flags.ts";
import { type Pictures, picturesFor } from "./attack-pictures.ts";
import { Records } from "./attack-records.ts";
import { evaluated } from "./attack-run.ts";
import { asJson, asPage, asText, example, type Facts } from "./attack-told.ts";
import { chosenPictures, matched, squareSide } from "./evaluate.ts";
import { Ending } from "./exit.ts";
import { checkWritable, safeName, stem, writeOutput } from "./files.ts";
import { readModelFile, splitModel } from "./input.ts";
import { printJson, say } from "./say.ts";
import { stopSignal } from "./stop.ts";
import { digits } from "./table.ts";

export const define = (command: Command): Command => withAttackFlags(command).action(attack);

async function attack(args: string[], flags: AttackFlags): Promise<void> {
  const plan = planOf(flags);
  const [file, ...more] = splitModel(args, flags);
  if (more.length > 0) throw new InputError(`expected one model, got ${args.length}: the pictures go behind --data`);
  if (flags.portion !== undefined && flags.portion > 1) throw new InputError("--portion: expected a part of up to 1");
  const tell = flags.quiet ? () => {} : say;
  const { value: model } = await readModelFile(file, flags);
  const out = flags.out ?? `attack-${safeName(model.name)}-${plan.norm.name}-${safeName(plan.epsText)}.html`;
  checkWritable(out, [file]);
  const { dataset, split } = await chosenPictures(flags, tell);
  const data = matched(model, dataset, tell);
  const compiling: CompileOptions = {
    ...(flags.device && { device: flags.device }),
    ...(flags.threads && { threads: flags.threads }),
  };
  const { backend } = await chooseBackend(flags.device ?? "auto");
  const signal = stopSignal();
  const net = await netOf(model, flags, compiling);
  expectEps(plan.norm, plan.eps, sizeOf(net.picture));
  const other = flags.transferFrom === undefined ? undefined : await otherNet(flags, model, net, compiling);
  for (const note of net.notes) tell(`Note: ${note}.`);

  const pictures = picturesFor(net, data, flags);
  const settings = {
    net: model.name,
    sha256: await model.hash(),
    ...settingsOf(flags, plan),
    ...(other && { transferFrom: other.sha256 }),
    size: net.picture[1],
    preprocessing: model.preprocessing,
    data: data.name,
    split,
    pictures: await identity(flags, pictures),
  };
  const work = await contentHash(new TextEncoder().encode(JSON.stringify(settings)));
  const path = join(dirname(out), `${stem(out)}.${work.slice(0, 8)}.records.jsonl`);
  const records = new Records(path, work, flags.fresh);
  if (records.found > 0)
    tell(
      `Note: ${records.found} results of an earlier run are in '${path}' and are not made again; --fresh begins anew.`,
    );
  const labels = net.labels ?? data.classes;
  const start = performance.now();
  try {
    const found = await evaluated({
      plan,
      net,
      other: other?.net,
      pictures,
      records,
      options: { ...compiling, signal, seed: flags.seed ?? 0, ...(flags.batch && { batch: flags.batch }) },
      quiet: flags.quiet ?? false,
      checkPictures: flags.checkPictures,
      draws: flags.draws,
      examples: flags.examples,
      draw: (outcome) => example(net, labels, outcome),
    });
    if (!found)
      throw new Ending(130, `stopped: what is finished is in '${path}', and the same command goes on from there`);
    const ms = Math.round(performance.now() - start);
    for (const [name, why] of Object.entries(found.leftOut)) tell(`Note: ${name} is left out: it ${why}.`);
    const facts: Facts = {
      net: model.name,
      data: data.name,
      split,
      suite: plan.suite,
      norm: plan.norm.name,
      epsText: plan.epsText,
      notes: net.notes,
      settings: { ...settings, limit: flags.limit ?? null },
    };
    writeOutput(out, asPage(found, facts, records.examples.values()));
    const skipped = pictures.unreadable.size;
    const made = { targeted: isTargeted(flags), skipped, resumed: records.found, ms, device: backend.device };
    if (flags.json) printJson({ ...asJson(found, facts), ...made, out, records: path });
    else process.stdout.write(`${asText(found, facts)}\n`);
    if (skipped > 0) tell(`Note: ${skipped} pictures could not be read and do not count.`);
    tell(`Preprocessing: ${model.preprocessingSource}.`);
    tell(`${found.n} pictures on ${backend.device} in ${digits(ms / 1000)} s; the report is in '${out}'.`);
  } catch (error) {
    if (signal.aborted && !(error instanceof Ending))
      throw new Ending(130, `stopped: what is finished is in '${path}', and the same command goes on from there`);
    throw error;
  } finally {
    records.close();
    await pictures.close();
  }
}

const isTargeted = ({ targeted = false, target }: AttackFlags): boolean => targeted || target !== undefined;

/** The net behind the changes of --eot. */
async function netOf(model: Model, flags: AttackFlags, options: CompileOptions): Promise<Classifier> {
  const net = await classifierOf(model, { ...options, size: squareSide(model, flags.size) });
  if (flags.eot === undefined) return net;
  const [, ...size] = net.picture;
  return eot(net, transformsOf(flags.eot, { shape: net.picture, size, steps: 1 }), flags.views);
}

/** The net of --transfer-from, which must see the same pictures and know the same classes. */
async function otherNet(flags: AttackFlags, model: Model, { picture, classes }: Classifier, options: CompileOptions) {
  const [file] = splitModel([flags.transferFrom!], {});
  const { value } = await readModelFile(file, flags.quiet ? { quiet: true } : {});
  const net = await classifierOf(value, { ...options, size: picture[1] });
  const names = (m: Model): string => JSON.stringify(m.labels?.names.map((name) => name.toLowerCase()));
  if (net.classes !== classes || (value.labels && model.labels && names(value) !== names(model)))
    throw new InputError(
      `--transfer-from: ${value.name} knows other classes than ${model.name}: give a net of the same`,
    );
  if (net.picture[0] !== picture[0])
    throw new InputError(
      `--transfer-from: ${value.name} sees ${net.picture[0]} channels, ${model.name} ${picture[0]}: give a net of the same pictures`,
    );
  return { net, sha256: await value.hash() };
}

/** What outcomes depend on beside net and pictures. */
const settingsOf = (flags: AttackFlags, { suite, norm, eps, names, effort, epsilons }: Plan) => ({
  suite,
  norm: norm.name,
  eps,
  ...(suite === "curve" ? { epsilons } : {}),
  attacks: names,
  ...effort,
  seed: flags.seed ?? 0,
  portion: flags.portion ?? 1,
  ...(isTargeted(flags) && { target: flags.target ?? "by chance" }),
  ...(flags.eot !== undefined && { eot: flags.eot, views: flags.views ?? 8 }),
});

/** Hash of the names and labels of all pictures, and of how drawn ones are drawn. */
function identity({ data: from }: AttackFlags, { data }: Pictures): Promise<string> {
  const drawn = from.startsWith("synthetic") ? from : "";
  const text = JSON.stringify([drawn, data.classes, data.items.map(({ name, label }) => [name, label])]);
  return contentHash(new TextEncoder().encode(text));
}
