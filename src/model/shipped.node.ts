/** @file The nets that ship with the package, by name. */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type LoadOptions, loadModel } from "./load.node.ts";
import type { Model } from "./model.ts";

/** File in models/, and what the net is; its card stands beside it. */
export const shippedNets = {
  flowers18: {
    file: "flowers18-resnet18.onnx",
    about: "ResNet-18 for 18 common flowers, 128×128 pixels",
  },
  flowers102: {
    file: "flowers102-resnet18.onnx",
    about: "ResNet-18 for the 102 flowers of Oxford, 64×64 pixels",
  },
  robust: {
    file: "flowers18-robust.onnx",
    about: "ResNet-18 for the same 18 flowers, 128×128 pixels, trained against attacks (L∞, 4/255)",
  },
  topdown: {
    file: "flowers18-topdown.onnx",
    about: "Top-down ResNet-18 (width 8) for the same 18 flowers, 128×128 pixels: from coarse to fine",
  },
  bottomup: {
    file: "flowers18-bottomup.onnx",
    about: "Pre-activation ResNet-18 (width 24) for the same 18 flowers, 128×128 pixels: the bottom-up twin of topdown",
  },
  "flowers18-judge": {
    file: "flowers18-judge.onnx",
    about:
      "A smaller ResNet-18 for the same 18 flowers, 80×80 pixels: the independent judge of pictures made for the first",
  },
  "flowers102-judge": {
    file: "flowers102-judge.onnx",
    about: "A smaller ResNet-18 for the 102 flowers of Oxford, 64×64 pixels: the independent judge for flowers102",
  },
} as const satisfies Record<string, { readonly file: string; readonly about: string }>;

export type ShippedNet = keyof typeof shippedNets;

/** What every verb works on when it is given no model. */
export const defaultNet: ShippedNet = "flowers18";

export const isShipped = (name: string): name is ShippedNet => Object.hasOwn(shippedNets, name);

/** Where a file of the package's models/ lies; `undefined` where it has none of that name. */
export function shippedFile(file: string): string | undefined {
  const path = fileURLToPath(new URL(`../../models/${file}`, import.meta.url));
  return existsSync(path) ? path : undefined;
}

/** Path of a net that ships. Throws where the package has been taken apart. */
export function shippedPath(name: ShippedNet): string {
  const { file } = shippedNets[name];
  const path = shippedFile(file);
  if (!path) throw new Error(`models/${file} is not there: install fovea anew`);
  return path;
}

/** Opens a net that ships; the flower ResNet by default. Throws what `loadModel` throws. */
export const shippedModel = (name: ShippedNet = defaultNet, options: LoadOptions = {}): Promise<Model> =>
  loadModel(shippedPath(name), options);
