/** @file Saved pictures: where they stand and the recipe they are made by, as the bytes of a safetensors file. */

import { InputError } from "../error.ts";
import { decodeTensors, encodeTensors } from "../tensor/safetensors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { History, PictureState } from "./run-state.ts";

export interface Saved {
  /** How the pictures are made, as JSON; up to whoever saves them. */
  readonly recipe: unknown;
  readonly states: readonly PictureState[];
}

/** Of what is written beside the tensors. */
interface Facts {
  readonly pictures: readonly { readonly step: number; readonly history: History }[];
  readonly recipe: unknown;
}

/** The tensors of the i-th picture are called `i.theta`, `i.m` …. */
export function encodeSaved({ recipe, states }: Saved): Uint8Array {
  const facts: Facts = { pictures: states.map(({ step, history }) => ({ step, history })), recipe };
  const tensors = states.flatMap((s, i) => Object.entries(s.tensors).map(([name, t]) => [`${i}.${name}`, t] as const));
  return encodeTensors({ tensors: Object.fromEntries(tensors), text: JSON.stringify(facts) });
}

/** Throws an `InputError` for anything but a whole file of saved pictures. */
export function decodeSaved(bytes: Uint8Array): Saved {
  try {
    const { tensors, text } = decodeTensors(bytes);
    const { pictures, recipe } = JSON.parse(text) as Facts;
    const states = pictures.map(({ step, history }, i): PictureState => {
      const own = Object.entries(tensors).flatMap(([name, t]): [string, Tensor][] =>
        name.startsWith(`${i}.`) ? [[name.slice(`${i}.`.length), t]] : [],
      );
      if (!Number.isSafeInteger(step) || !own.some(([name]) => name === "theta")) throw new Error("incomplete");
      return { step, history, tensors: Object.fromEntries(own) };
    });
    if (states.length === 0) throw new Error("empty");
    return { recipe, states };
  } catch {
    throw new InputError("expected the whole state of a picture as fovea saves it: make the picture anew");
  }
}
