/** @file Reads the idx files of MNIST: a magic number, the dimensions, bytes. */

import { expect } from "../error.ts";
import { sizeOf, Tensor } from "../tensor/tensor.ts";

/**
 * An idx array of unsigned bytes (type 0x08), as a view. Throws an `InputError` for other files, other element types
 * and files that are cut short; each begins with `name`.
 */
export function readIdx(bytes: Uint8Array, name = "idx"): Tensor<"uint8"> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rank = bytes[3] ?? 0;
  const start = 4 + 4 * rank;
  expect(
    bytes.length >= start && bytes[0] === 0 && bytes[1] === 0 && rank >= 1 && rank <= 8,
    () => `${name}: expected an idx file (as MNIST has), got other content: get it again`,
  );
  expect(bytes[2] === 8, () => `${name}: expected an idx file of unsigned bytes (type 8), got type ${bytes[2]}`);
  const dims = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const end = start + sizeOf(dims);
  expect(
    bytes.length === end,
    () => `${name}: expected ${end} bytes for dimensions ${dims.join(" × ")}, got ${bytes.length}: get it again`,
  );
  return new Tensor("uint8", dims, bytes.subarray(start));
}
