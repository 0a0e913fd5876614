/** @file Finds weights that are not numbers, without unpacking them. */

import { InputError } from "../error.ts";
import type { DType, Tensor } from "../tensor/tensor.ts";

export interface BadWeights {
  readonly tensor: string;
  /** How many elements are NaN or infinite. */
  readonly count: number;
}

const CHUNK = 1 << 16;

/** Exponent bits: all set in NaN and in infinity. For float64, of its upper half. */
const exponents: { readonly [D in DType]?: number } = {
  float32: 0x7f80_0000,
  float64: 0x7ff0_0000,
  float16: 0x7c00,
  bfloat16: 0x7f80,
};

/** Tensors of several elements with NaN or infinity among them. A single number may be infinite: bounds and fills are. */
export function badWeights(constants: Iterable<readonly [{ readonly name: string }, Tensor]>): BadWeights[] {
  const found: BadWeights[] = [];
  for (const [{ name }, t] of constants) {
    const count = t.size > 1 ? countBad(t) : 0;
    if (count > 0) found.push({ tensor: name, count });
  }
  return found;
}

/** What is wrong, in words. */
export const badWeightsText = ({ tensor, count }: BadWeights): string =>
  `the weights "${tensor}" hold ${count} value${count === 1 ? "" : "s"} that ${count === 1 ? "is" : "are"} NaN or infinite: export the model again, or take an earlier checkpoint`;

/** Throws an `InputError` that names the first such tensor. */
export function expectGoodWeights(constants: Iterable<readonly [{ readonly name: string }, Tensor]>): void {
  const [bad] = badWeights(constants);
  if (bad) throw new InputError(badWeightsText(bad));
}

function countBad(t: Tensor): number {
  const mask = exponents[t.dtype];
  if (mask === undefined) return 0;
  const scratch = new Uint8Array(CHUNK);
  const halves = t.dtype === "float16" || t.dtype === "bfloat16";
  const words = halves ? new Uint16Array(scratch.buffer) : new Uint32Array(scratch.buffer);
  const [first, step] = t.dtype === "float64" ? [1, 2] : [0, 1];
  let count = 0;
  for (let at = 0; at < t.bytes.byteLength; at += CHUNK) {
    const part = t.bytes.subarray(at, at + CHUNK);
    scratch.set(part);
    const end = part.byteLength / words.BYTES_PER_ELEMENT;
    for (let i = first; i < end; i += step) if ((words[i]! & mask) === mask) count++;
  }
  return count;
}
