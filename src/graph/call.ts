/** @file What a node record says of itself: operator, module, tensors of types that fovea knows or not. */

import { dtypeOfNumber } from "../onnx/dtype.ts";
import type { NodeRecord, TensorRecord } from "../onnx/schema.ts";
import { type External, tensorOf, typeName } from "../onnx/tensor.ts";
import type { AttributeValue } from "./graph.ts";

export const opName = ({ op_type = "", domain = "" }: NodeRecord): string =>
  domain === "" || domain === "ai.onnx" ? op_type : `${domain}.${op_type}`;

export const isForeign = (t: TensorRecord): boolean => dtypeOfNumber(t.data_type ?? 0) === undefined;

export const tensorOrOpaque = (t: TensorRecord, external: External | undefined): AttributeValue =>
  isForeign(t) ? { opaque: `a tensor of ${typeName(t.data_type ?? 0)}` } : tensorOf(t, external);

/** PyTorch notes `: ResNet/layer1: Sequential/layer1.0: BasicBlock/relu_1: aten.relu.default`, the call itself last. */
export function modulesOf({ metadata_props }: NodeRecord): string[] | undefined {
  const namespace = metadata_props?.find(({ key }) => key === "namespace")?.value;
  return namespace
    ?.split("/")
    .slice(0, -1)
    .map((part) => part.replace(/:.*$/s, ""))
    .filter((part) => part !== "");
}
