/** @file Bytes of an .onnx file → model record, with a plain word about every file that is something else. */

import { expect, InputError } from "../error.ts";
import { decode, WireError } from "./decode.ts";
import type { ModelRecord } from "./schema.ts";
import type { Fields } from "./wire.ts";

/** Oldest opset of the default domain that is understood. */
const oldestOpset = 7;

/**
 * Reads a model. All `bytes` fields of the record, the weights among them, are views on `bytes`.
 *
 * Throws an `InputError` where the bytes are no whole ONNX model or its opset is older than 7. Opsets newer than 22 are
 * read too: whether each operator is understood shows later.
 */
export function readModel(bytes: Uint8Array): ModelRecord {
  expect(bytes.byteLength > 0, () => "the file is empty: expected an ONNX model; export or download it again");
  const fields: Fields = {};
  let cause: WireError | undefined;
  try {
    decode("ModelProto", bytes, fields);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    cause = error;
  }
  const model = fields as ModelRecord;
  if (cause || !model.graph) {
    const likeness = looksLike(bytes);
    expect(!likeness, () => `this is no ONNX model: it looks like ${likeness}`);
    throw new InputError(complaint(model, bytes.byteLength, cause));
  }
  opsetOf(model);
  return model;
}

/** Operator-set version of the default domain. Throws an `InputError` where it is missing or older than 7. */
export function opsetOf(model: ModelRecord): number {
  const entry = model.opset_import?.find(({ domain = "" }) => domain === "" || domain === "ai.onnx");
  expect(
    entry,
    () => "the model does not say which version of the ONNX operators it uses: it may be cut off; export it again",
  );
  const opset = Number(entry.version ?? 0);
  expect(
    opset >= oldestOpset,
    () =>
      `the model uses opset ${opset}, but fovea reads opset ${oldestOpset} and newer: export it again with opset 17`,
  );
  return opset;
}

function complaint(model: ModelRecord, size: number, cause: WireError | undefined): string {
  const where = cause?.path ? ` in ${cause.path}` : "";
  if (model.ir_version === undefined && !model.graph)
    return "this is no ONNX model, or it is damaged from its first bytes on: expected a file made by an ONNX exporter";
  if (!cause) return "the ONNX file has no graph in it: it may be cut off; export or download it again";
  if (cause.cut) return `the ONNX file is cut off after ${size} bytes${where}: download or copy it again`;
  return `the ONNX file is damaged${where}: ${cause.message}; download or export it again`;
}

/** What other files begin with: [offset, Latin-1 text, what it is]. */
const signatures: readonly (readonly [number, string, string])[] = [
  [0, "PK\x03\x04", "a zip archive: unpack it first, or, if it is a PyTorch or Keras file, export it to ONNX"],
  [0, "\x1f\x8b", "a gzip file: unpack it first"],
  [0, "7z\xbc\xaf", "a 7-zip archive: unpack it first"],
  [0, "Rar!", "a RAR archive: unpack it first"],
  [257, "ustar", "a tar archive: unpack it first"],
  [0, "\x80\x02", "a Python pickle, as PyTorch writes it: export the net to ONNX"],
  [0, "\x89HDF", "an HDF5 file, as Keras writes it: convert the net to ONNX"],
  [4, "ORTM", "a model in ONNX Runtime's own .ort format: take the .onnx file that it was made from"],
  [4, "TFL3", "a TensorFlow Lite model: convert it to ONNX"],
  [0, "\x93NUMPY", "a NumPy array: give a model"],
  [0, "\x89PNG", "a PNG picture: give a model"],
  [0, "\xff\xd8\xff", "a JPEG picture: give a model"],
  [0, "%PDF", "a PDF document: give a model"],
  [0, "version https://git-lfs", "a Git LFS pointer, not the model itself: run `git lfs pull` where it came from"],
];

function looksLike(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 512));
  const signature = signatures.find(([offset, text]) => head.startsWith(text, offset));
  if (signature) return signature[2];
  if (/[^\t\n\f\r\x20-\x7e\x80-\xff]/.test(head)) return undefined;
  const text = head.replace(/^\xef\xbb\xbf/, "").trimStart();
  if (/^<(!doctype|html|\?xml|head|body)/i.test(text))
    return "a web page: perhaps the download was refused; download the file itself";
  if (/^[{[]/.test(text)) return "JSON text: give the .onnx file";
  return text.length >= 8 || bytes.byteLength === text.length ? "a text file: give the .onnx file" : undefined;
}
