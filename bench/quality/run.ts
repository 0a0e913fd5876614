/** @file The parts one after another, and what is printed and written of them. */

import { mkdirSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { writeOutput } from "../../cli/files.ts";
import { printJson, say } from "../../cli/say.ts";
import { stopSignal } from "../../cli/stop.ts";
import { findLayer, parseAddress } from "../../src/model/address.ts";
import { loadModel } from "../../src/model/load.node.ts";
import { mainLayers } from "../../src/model/main-layers.ts";
import type { Model } from "../../src/model/model.ts";
import { isShipped, shippedModel } from "../../src/model/shipped.node.ts";
import { matchLabels } from "../../src/preimage/measure-classes.ts";
import { photoTexture } from "../../src/preimage/measure-picture.ts";
import { shippedJudge } from "../../src/preimage/numbers-judge.node.ts";
import { encodePng } from "../../src/tensor/image.node.ts";
import type { Image } from "../../src/tensor/image.ts";
import type { Flags } from "./flags.ts";
import { invertPart, type PhotoPicture } from "./invert.ts";
import { invertTables, invertVerdicts } from "./invert-tables.ts";
import { maximizePart, type UnitPicture } from "./maximize.ts";
import { maximizeTables, maximizeVerdicts } from "./maximize-tables.ts";
import { page } from "./page.ts";
import { openQualityPeer } from "./peer.ts";
import { takePhotos } from "./photos.ts";
import { middleLayer, readUnits, usualUnits } from "./plan.ts";
import type { Photo, Setting } from "./setting.ts";
import { photoSheet, unitSheet } from "./sheets.ts";
import { type SpeedFigure, speedPart } from "./speed.ts";
import { speedTables, speedVerdicts } from "./speed-tables.ts";
import { codeHash, storeIn } from "./store.ts";
import { asText, type Table } from "./table.ts";
import { type Verdict, verdictTable } from "./verdict.ts";

interface Sheet {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly about: string;
  readonly image: Image;
}

const PHOTOS = "Photos rebuilt from layers, shallow to deep, with the errors of their codes";

interface Results {
  readonly maximize?: readonly UnitPicture[];
  readonly invert?: readonly PhotoPicture[];
  readonly speed?: readonly SpeedFigure[];
}

/** Returns the exit code: 130 after a Ctrl-C, with what there was until then on the table. */
export async function measure(flags: Flags): Promise<number> {
  const signal = stopSignal();
  const model = await opened(flags.model);
  const judgeModel = flags.judge === undefined ? await shippedJudge(model) : await opened(flags.judge);
  if (judgeModel) matchLabels(model, judgeModel);
  const { size, out, threads } = flags;
  const units = flags.units ? readUnits(model, size, flags.units) : usualUnits(model, size);
  const layers = (flags.layers ?? mainLayers(model, flags.quick ? 2 : 6).map((l) => l.address)).map(
    (name) => findLayer(model, name).address,
  );
  const middle = middleLayer(model, size);
  const photos = await takePhotos(flags.photos, flags.count, size);
  mkdirSync(out, { recursive: true });

  const wanted = [...units.map((unit) => parseAddress(model, unit).layer.address), ...layers, middle];
  const peer = await openQualityPeer(model, { layers: wanted, size, threads });
  if (!peer) say("PyTorch was not found: set FOVEA_PEER_PYTHON to a python with torch and NumPy to compare with it.");
  if (!judgeModel) say("No second net with the same classes ships yet, so there is no judge: give one with --judge.");
  const setting: Setting = {
    model,
    size,
    threads,
    seeds: flags.seeds,
    peer,
    signal,
    store: storeIn(join(out, "pictures"), { fresh: flags.fresh }),
    identity: {
      net: await model.hash(),
      code: codeHash(["src/preimage", "src/optimise"]),
      peer: codeHash(["bench/peers"]),
    },
  };
  const has = (part: Flags["only"][number]): boolean => flags.only.includes(part) && !signal.aborted;
  try {
    const results: Results = {
      ...(has("speed") && {
        speed: await speedPart(setting, {
          units: [`${middle}:17`, units.find((unit) => unit.startsWith("logits")) ?? "logits:0"],
          layer: middle,
          photo: photos[0]!,
          rounds: flags.rounds,
        }),
      }),
      ...(has("invert") && { invert: await invertPart(setting, { layers, photos, steps: flags.invertSteps }) }),
      ...(has("maximize") && { maximize: await maximizePart(setting, { units, steps: flags.steps, judgeModel }) }),
    };
    const facts = [
      `${model.name}, pictures of ${size}×${size}${judgeModel ? `; judge: ${judgeModel.name}` : "; no judge"}`,
      `${flags.steps} steps for a unit, ${flags.seeds} ${flags.seeds === 1 ? "seed" : "seeds"}; ${flags.invertSteps} steps for an inversion, ${photos.length} photos${flags.photos ? "" : " (synthetic flowers)"}`,
      `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${flags.threads} threads; peer: ${peer?.about ?? "none"}`,
    ];
    await told(flags, results, { facts, photos });
  } finally {
    peer?.close();
  }
  return signal.aborted ? 130 : 0;
}

const opened = (name: string): Promise<Model> => (isShipped(name) ? shippedModel(name) : loadModel(name));

async function told(
  flags: Flags,
  { maximize = [], invert = [], speed = [] }: Results,
  { facts, photos }: { readonly facts: readonly string[]; readonly photos: readonly Photo[] },
): Promise<void> {
  const slope = (await photoTexture(photos.map((p) => p.image))).spectrumSlope;
  const verdicts: Verdict[] = [...maximizeVerdicts(maximize), ...invertVerdicts(invert), ...speedVerdicts(speed)];
  const tables: Table[] = [
    ...(verdicts.length > 0 ? [verdictTable(verdicts)] : []),
    ...(maximize.length > 0 ? maximizeTables(maximize, slope) : []),
    ...(invert.length > 0 ? invertTables(invert) : []),
    ...(speed.length > 0 ? speedTables(speed) : []),
  ];
  const figures = {
    date: new Date().toISOString(),
    node: process.version,
    facts,
    verdicts,
    maximize: maximize.map(({ image: _, ...rest }) => rest),
    invert: invert.map(({ image: _, ...rest }) => rest),
    speed,
  };
  if (flags.json === "-") printJson(figures);
  else {
    process.stdout.write(`${[...facts, "", tables.map(asText).join("\n\n")].join("\n")}\n`);
    if (flags.quick) process.stdout.write("quick: few small pictures; these figures mean nothing\n");
    const file = flags.json ?? join(flags.out, "quality.json");
    writeOutput(file, `${JSON.stringify(figures, null, 2)}\n`);
    say(`figures: ${file}`);
  }

  const sheets: Sheet[] = [];
  const isClass = (p: UnitPicture): boolean => p.layer === "logits";
  for (const [name, about, chosen] of [
    ["quality-classes", "Classes: without regularisation, by Lucent's pipeline, by ours", maximize.filter(isClass)],
    ["quality-channels", "Channels: the same", maximize.filter((p) => !isClass(p))],
  ] as const)
    if (chosen.length > 0) sheets.push({ name, about, image: await unitSheet(chosen) });
  // Only synthetic flowers may go into the page: nobody's photos are published with it.
  const ofPhotos =
    invert.length > 0 ? [{ name: "quality-photos", about: PHOTOS, image: await photoSheet(invert, photos) }] : [];
  for (const { name, image } of [...sheets, ...ofPhotos]) {
    const path = join(flags.out, `${name}.png`);
    writeOutput(path, await encodePng(image));
    say(`sheet: ${path}`);
  }

  if (flags.markdown !== undefined) {
    const shown = flags.photos === undefined ? [...sheets, ...ofPhotos] : sheets;
    const folder = join(dirname(flags.markdown), "images");
    mkdirSync(folder, { recursive: true });
    for (const { name, image } of shown)
      writeOutput(
        join(folder, `${name}.webp`),
        await sharp(await encodePng(image))
          .webp({ quality: 85 })
          .toBuffer(),
      );
    const command = `FOVEA_PEER_PYTHON=python-with-torch npx tsx bench/quality/main.ts ${process.argv.slice(2).join(" ")}`;
    const links = shown.map(({ name, about }) => ({ path: `images/${name}.webp`, about }));
    writeOutput(flags.markdown, page({ command, facts, tables, sheets: links }));
    say(`page: ${flags.markdown}`);
  }
}
