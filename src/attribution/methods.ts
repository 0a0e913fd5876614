/** @file All attribution methods, by the names that users type. */

import type { Method } from "./method.ts";
import { cam } from "./methods/cam.ts";
import { chance, middle } from "./methods/controls.ts";
import { gradCam } from "./methods/grad-cam.ts";
import { gradient } from "./methods/gradient.ts";
import { gradientInput } from "./methods/gradient-input.ts";
import { integratedGradients } from "./methods/integrated-gradients.ts";
import { layerCam } from "./methods/layer-cam.ts";
import { occlusion } from "./methods/occlusion.ts";
import { rise } from "./methods/rise.ts";
import { smoothGrad } from "./methods/smooth-grad.ts";

export const methods = {
  cam,
  "grad-cam": gradCam,
  "layer-cam": layerCam,
  gradient,
  "gradient-input": gradientInput,
  "integrated-gradients": integratedGradients,
  "smooth-grad": smoothGrad,
  occlusion,
  rise,
  random: chance,
  centre: middle,
} satisfies Readonly<Record<string, Method>>;

export type MethodName = keyof typeof methods;
export const methodNames = Object.keys(methods) as MethodName[];
