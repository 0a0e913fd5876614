/** @file Element types by their number in ONNX files. */

import type { DType } from "../tensor/tensor.ts";

/** TensorProto.DataType numbers. */
export const onnxTypeNumber: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
};

/** Element type of an ONNX type number; `undefined` for strings, complex numbers and types of under eight bits. */
export const dtypeOfNumber = (number: number): DType | undefined =>
  (Object.keys(onnxTypeNumber) as DType[]).find((dtype) => onnxTypeNumber[dtype] === number);
