/** @file Model record → bytes of an .onnx file. */

import { encode } from "./encode.ts";
import type { ModelRecord } from "./schema.ts";

/** The file's bytes; weights are copied once. Throws an `InputError` beyond 2 GiB. */
export const writeModel = (model: ModelRecord): Uint8Array => encode("ModelProto", model);
