/** @file Specialise: a graph as read, any opset and open shapes, becomes one with fixed types in fovea's own opset. */

import { InputError } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import {
  emptyGraph,
  type Graph,
  type SourceGraph,
  type SourceNode,
  type SourceValue,
  typeText,
  type Value,
} from "../graph/graph.ts";
import { dtypeOfNumber, onnxTypeNumber } from "../onnx/dtype.ts";
import { builderOf } from "../ops/builder.ts";
import { ruleContext } from "../ops/context.ts";
import { refusal } from "../ops/refused.ts";
import { recordOf } from "../ops/table.ts";
import { cast, type DType, isFloat, type Shape, type Tensor } from "../tensor/tensor.ts";
import { needed } from "./needed.ts";
import { unfolder } from "./unfold.ts";

export interface SpecialiseOptions {
  /** Shapes of inputs by name; needed where the file leaves dimensions open. */
  readonly shapes?: Readonly<Record<string, Shape>>;
  /** What the question needs; the file's outputs by default. Nodes that do not lead there are left out. */
  readonly outputs?: readonly SourceValue[];
  /** Computes in this element type throughout. By default only 16-bit floats are changed: they become float32. */
  readonly float?: "float32" | "float64";
  /** Adds the net to a graph that is being built, in place of a graph of its own; the outputs are then only in `values`. */
  readonly into?: Builder;
  /** Values that take the place of inputs, by input name. */
  readonly feeds?: Readonly<Record<string, Value>>;
  /** Values that take the place of constants, such as weights that are trained. */
  readonly constants?: (v: SourceValue) => Value | undefined;
  /** Emits a node in another form than inference has it; `undefined` leaves it as it is. */
  readonly emit?: EmitNode;
  /** Collects what cannot be understood in `unsupported` instead of throwing. */
  readonly lenient?: boolean;
}

/** `plain` emits the node as inference has it, from whatever inputs. */
export type EmitNode = (
  node: SourceNode,
  inputs: readonly (Value | null)[],
  plain: (inputs: readonly (Value | null)[]) => readonly Value[],
) => readonly Value[] | undefined;

export interface Unsupported {
  readonly node: string;
  readonly op: string;
  readonly reason: string;
}

export interface Specialised {
  readonly graph: Graph;
  /** Where each value of the source stands now; values that could not be computed are missing. */
  readonly values: ReadonlyMap<SourceValue, Value>;
  readonly unsupported: readonly Unsupported[];
}

/**
 * Fixes all shapes, brings every node into the current opset, and folds what is known (shape arithmetic above all).
 *
 * Throws `InputError` for an operator without a record or a call that does not fit, naming the node.
 */
export function specialise(source: SourceGraph, options: SpecialiseOptions = {}): Specialised {
  const outputs = options.outputs ?? source.outputs;
  const g = options.into ?? builderOf(emptyGraph(source.name));
  const floatOf = (dtype: DType): DType =>
    isFloat(dtype) ? (options.float ?? (dtype === "float64" ? "float64" : "float32")) : dtype;
  const values = new Map<SourceValue, Value>();
  const unsupported: Unsupported[] = [];

  for (const v of source.inputs) {
    const fed = options.feeds?.[v.name];
    if (fed) inputShape(v, fed.shape);
    values.set(v, fed ?? g.input(v.name, floatOf(v.dtype ?? "float32"), inputShape(v, options.shapes?.[v.name])));
  }

  const operand = (v: SourceValue | null): Value | null => {
    if (!v) return null;
    const known = values.get(v);
    if (known) return known;
    const t = source.constants.get(v);
    if (!t) throw new InputError(`'${v.name}' could not be computed`);
    const constant = options.constants?.(v) ?? g.constant(widen(t, floatOf), v.name);
    values.set(v, constant);
    return constant;
  };

  const run = (node: SourceNode): void => {
    g.label = nameOf(node) || undefined;
    if (unfold(node)) return;
    const inputs = node.inputs.map(operand);
    const plain = (from: readonly (Value | null)[]) => emit(g, node, from, source.opset, floatOf);
    const made = options.emit?.(node, inputs, plain) ?? plain(inputs);
    node.outputs.forEach((v, i) => {
      const value = made[i];
      if (v && value) values.set(v, value);
    });
  };
  const unfold = unfolder({ g, values, operand, run });
  for (const node of needed(source, outputs)) {
    try {
      run(node);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const reason = error.message.startsWith(`${node.op}: `) ? error.message.slice(node.op.length + 2) : error.message;
      const name = nameOf(node);
      if (!options.lenient) throw new InputError(`node '${name}' (${node.op}): ${reason}`);
      unsupported.push({ node: name, op: node.op, reason });
    }
  }
  g.label = undefined;
  for (const v of outputs) {
    const value = values.get(v) ?? (source.constants.has(v) ? operand(v) : undefined);
    if (value && options.into) continue;
    if (value) g.output(value, source.outputs.includes(v) ? v.name : undefined);
    else if (!options.lenient) throw new InputError(`output '${v.name}' could not be computed`);
  }
  return { graph: g.graph, values, unsupported };
}

const nameOf = (node: SourceNode): string => node.name || (node.outputs.find((v) => v)?.name ?? "");

function emit(
  g: Builder,
  node: SourceNode,
  inputs: readonly (Value | null)[],
  opset: number,
  floatOf: (dtype: DType) => DType,
): readonly Value[] {
  const record = recordOf(node.op);
  if (!record) throw new InputError(refusal(node.op));
  const attributes = widenAttributes(node, floatOf);
  const call = { inputs, attributes, opset, outputs: node.outputs.length };
  const made =
    record.upgrade?.(g, call, ruleContext(g, node.op)) ?? g.ops(node.op, inputs, attributes, node.outputs.length);
  // Constants that an operator makes from its attributes (ConstantOfShape, EyeLike) come in the file's type.
  return made.map((v) => g.cast(v, floatOf(v.dtype)));
}

/** A cast to a float type goes to the type that takes its place. */
function widenAttributes(node: SourceNode, floatOf: (dtype: DType) => DType): SourceNode["attributes"] {
  const { to } = node.attributes;
  if (node.op !== "Cast" || typeof to !== "number") return node.attributes;
  const dtype = dtypeOfNumber(to);
  return dtype ? { ...node.attributes, to: onnxTypeNumber[floatOf(dtype)] } : node.attributes;
}

const widen = (t: Tensor, floatOf: (dtype: DType) => DType): Tensor => cast(t, floatOf(t.dtype));

/**
 * A given shape wins over the file's: exporters write the size they happened to trace, and convolutional nets take others.
 * Where a net cannot, the node that fails says so.
 */
function inputShape(v: SourceValue, given: Shape | undefined): Shape {
  const declared = v.shape;
  if (given) {
    if (declared && declared.length !== given.length)
      throw new InputError(`input '${v.name}' is ${typeText(v)} in the file, so [${given}] does not fit`);
    return given;
  }
  if (declared?.every((d): d is number => typeof d === "number")) return declared;
  throw new InputError(`input '${v.name}' is ${typeText(v)} in the file: its size must be given`);
}
