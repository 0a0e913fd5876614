/** @file Units, each maximised by our `lucid`, by Lucent's pipeline in PyTorch and without regularisation, at equal steps. */

import { progressLine } from "../../cli/say.ts";
import { parseAddress } from "../../src/model/address.ts";
import type { Model } from "../../src/model/model.ts";
import { type MaximizeOptions, maximize } from "../../src/preimage/maximize.ts";
import { classProbabilities, judge, type Standing, standing } from "../../src/preimage/measure-classes.ts";
import { type Texture, texture } from "../../src/preimage/measure-picture.ts";
import { lucid } from "../../src/preimage/presets/lucid.ts";
import type { Image } from "../../src/tensor/image.ts";
import { channelMean, openLooks } from "./looks.ts";
import { drain, type Setting, Stopped } from "./setting.ts";
import type { Made } from "./store.ts";

/** Who made a picture. */
export const makers = ["none", "PyTorch", "fovea"] as const;
export type Maker = (typeof makers)[number];

export interface UnitPicture extends Texture {
  /** The address as it was asked for, and its layer. */
  readonly unit: string;
  readonly layer: string;
  readonly maker: Maker;
  readonly seed: number;
  /** Mean over the unit's positions, on the plain picture. */
  readonly activation: number;
  readonly steps: number;
  /** Of its steps. */
  readonly ms: number;
  /** The class in the net's answer and in the judge's, where the unit is one. */
  readonly net?: Standing;
  readonly judge?: Standing;
  readonly image: Image;
}

const ours: Readonly<Record<Exclude<Maker, "PyTorch">, MaximizeOptions>> = {
  fovea: { preset: "lucid" },
  // Pixels from noise, kept to colours that can be shown, and nothing else.
  none: { preset: "lucid", parametrisation: "pixels", transforms: "none", regularisers: "none", optimiser: "adam" },
};

export interface MaximizePart {
  readonly units: readonly string[];
  readonly steps: number;
  readonly judgeModel?: Model | undefined;
}

/** Makers take turns within a unit and a seed. What a Ctrl-C left unmade is left out. */
export async function maximizePart(
  setting: Setting,
  { units, steps, judgeModel }: MaximizePart,
): Promise<UnitPicture[]> {
  const { model, size, threads, seeds, peer, store, signal, identity } = setting;
  const jobs = units.flatMap((unit) =>
    Array.from({ length: seeds }, (_, i) =>
      makers.filter((maker) => maker !== "PyTorch" || peer).map((maker) => ({ unit, maker, seed: i + 1 })),
    ).flat(),
  );
  const looks = await openLooks(
    model,
    units.map((unit) => parseAddress(model, unit).layer.address),
    setting,
  );
  const line = progressLine("maximize", { unit: "pictures" });
  const pictures: UnitPicture[] = [];
  try {
    for (const [i, { unit, maker, seed }] of jobs.entries()) {
      const { layer, channel } = parseAddress(model, unit);
      const make = async (): Promise<Made> => {
        if (maker === "PyTorch") return peer!.maximize({ output: layer.address, channel: channel!, seed, steps });
        const made = await drain(
          maximize(model, unit, { ...ours[maker], size, steps, seed, batch: 1, threads, signal }),
        );
        if (made.steps < steps) throw new Stopped();
        return made;
      };
      const code = maker === "PyTorch" ? identity.peer : identity.code;
      const what = {
        unit,
        maker,
        seed,
        size,
        steps,
        net: identity.net,
        code,
        ...(maker !== "PyTorch" && { constants: lucid }),
      };
      const { image, ms, steps: done } = await store(what, make);
      const activation = channelMean(await looks.code(layer.address, image), channel!);
      pictures.push({ unit, layer: layer.address, maker, seed, activation, steps: done, ms, ...texture(image), image });
      line.update(i + 1, jobs.length, `${unit} ${maker}`);
      if (signal.aborted) break;
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  } finally {
    line.end();
    await looks.close();
  }
  return answered(model, judgeModel, pictures);
}

/** With what net and judge say of those that are for a class. */
async function answered(
  model: Model,
  judgeModel: Model | undefined,
  pictures: readonly UnitPicture[],
): Promise<UnitPicture[]> {
  const images = pictures.filter(isOfClass).map(({ image }) => image);
  if (images.length === 0) return [...pictures];
  const own = await classProbabilities(model, images);
  const other = judgeModel && (await judge(model, judgeModel, images));
  let at = 0;
  return pictures.map((picture) => {
    if (!isOfClass(picture)) return picture;
    const target = parseAddress(model, picture.unit).channel!;
    const [net, theirs] = [own[at]!, other?.[at]];
    at++;
    return { ...picture, net: standing(net, target), ...(theirs && { judge: standing(theirs, target) }) };
  });
}

const isOfClass = ({ layer }: UnitPicture): boolean => layer === "logits";
