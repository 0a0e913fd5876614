/** @file Graphs to ONNX bytes, with attributes stored as the operator records declare them. */

import type { Graph } from "../graph/graph.ts";
import { type AttributeKind, toBytes } from "../graph/to-onnx.ts";
import { recordOf } from "./table.ts";

/** The operator set of every graph that fovea emits. */
export const OPSET = 21;

/** How an operator's attribute is stored; `undefined` when no record declares it. */
export const attributeKind = (op: string, name: string): AttributeKind | undefined =>
  recordOf(op)?.attributes?.[name]?.kind;

/** A graph as the bytes of an .onnx file. */
export const serialise = (graph: Graph, metadata: Readonly<Record<string, string>> = {}): Uint8Array =>
  toBytes(graph, { opset: OPSET, attributeKind, metadata });
