/** @file Photos rebuilt from every layer by ours, and by Adam on pixels in PyTorch at equal steps and in equal time. */

import { progressLine } from "../../cli/say.ts";
import { invert } from "../../src/preimage/invert.ts";
import { texture } from "../../src/preimage/measure-picture.ts";
import { faithful } from "../../src/preimage/presets/faithful.ts";
import type { Image } from "../../src/tensor/image.ts";
import { psnr, ssim } from "../../src/tensor/similarity.ts";
import { openLooks, relativeError } from "./looks.ts";
import { drain, type Photo, type Setting, Stopped } from "./setting.ts";
import type { Made } from "./store.ts";

/** Our presets, and PyTorch with as many steps or as much time. */
export const ours = ["natural", "faithful"] as const;
export const inverters = [...ours, "equal steps", "equal time"] as const;
export type Ours = (typeof ours)[number];
export type Inverter = (typeof inverters)[number];

export interface PhotoPicture {
  readonly layer: string;
  readonly photo: string;
  readonly maker: Inverter;
  /** √(‖Φ(x) − Φ₀‖² / ‖Φ₀‖²), on the plain picture. */
  readonly error: number;
  /** Against the photo; decibels. */
  readonly psnr: number;
  readonly ssim: number;
  readonly totalVariation: number;
  readonly steps: number;
  readonly ms: number;
  readonly image: Image;
}

/** C of all of them: the largest of the paper's, at which errors are smallest. */
export const { codeWeight } = faithful;

/** The peer minimises the energy of `faithful`, the same sum of code and total variation. */
export const peerInversion = { rate: 0.02, weight: codeWeight } as const;

export interface InvertPart {
  readonly layers: readonly string[];
  readonly photos: readonly Photo[];
  readonly steps: number;
}

/** What a Ctrl-C left unmade is left out. */
export async function invertPart(setting: Setting, { layers, photos, steps }: InvertPart): Promise<PhotoPicture[]> {
  const { model, size, threads, peer, store, signal, identity } = setting;
  const looks = await openLooks(model, layers, setting);
  const line = progressLine("invert", { unit: "photos" });
  const pictures: PhotoPicture[] = [];
  const seed = 1;
  let done = 0;
  try {
    for (const layer of layers)
      for (const { name, image: photo } of photos) {
        const target = await looks.code(layer, photo);
        const common = { layer, photo: name, seed, size, steps, net: identity.net };
        const take = async (maker: Inverter, make: () => Promise<Made>, more: object): Promise<Made> => {
          if (signal.aborted) throw new Stopped();
          const made = await store({ ...common, maker, ...more }, make);
          const { image, ms } = made;
          pictures.push({
            layer,
            photo: name,
            maker,
            error: relativeError(await looks.code(layer, image), target),
            psnr: psnr(image, photo),
            ssim: ssim(image, photo),
            totalVariation: texture(image).totalVariation,
            steps: made.steps,
            ms,
            image,
          });
          return made;
        };
        const own = async (preset: Ours): Promise<Made> => {
          const make = async (): Promise<Made> => {
            const made = await drain(
              invert(model, photo, layer, { preset, codeWeight, size, steps, seed, threads, signal }),
            );
            if (made.steps < steps) throw new Stopped();
            return made;
          };
          return take(preset, make, { code: identity.code, codeWeight });
        };
        const [first, second] = [await own("natural"), await own("faithful")];
        if (peer) {
          const how = { ...peerInversion, output: layer, seed };
          await take("equal steps", () => peer.invert(photo, how, { steps }), { code: identity.peer, how });
          const milliseconds = Math.max(first.ms, second.ms);
          await take("equal time", () => peer.invert(photo, how, { milliseconds }), {
            code: identity.peer,
            how,
            milliseconds,
          });
        }
        line.update(++done, layers.length * photos.length, layer);
      }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  } finally {
    line.end();
    await looks.close();
  }
  return pictures;
}
