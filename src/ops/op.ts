/** @file The record that holds everything fovea knows about one ONNX operator, and the helper that types it. */

import { InputError } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import type { Attributes, Value } from "../graph/graph.ts";
import type { AttributeKind } from "../graph/to-onnx.ts";
import type { DType, Shape, Tensor } from "../tensor/tensor.ts";

/** Element type and shape of an output; a `Value` is one too, so that `infer: ({ X }) => [X]` reads "like X". */
export interface Type {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** How an attribute is stored, and what it is when left out. */
export interface AttributeSpec<T> {
  readonly kind: AttributeKind;
  readonly default: T;
}
interface Declare<T> {
  (): AttributeSpec<T | undefined>;
  (byDefault: T): AttributeSpec<T>;
}
const declare = <T>(kind: AttributeKind): Declare<T> =>
  ((byDefault?: T) => ({ kind, default: byDefault })) as Declare<T>;

export const int = declare<number>("int");
export const ints = declare<readonly number[]>("ints");
export const float = declare<number>("float");
export const floats = declare<readonly number[]>("floats");
export const string = declare<string>("string");
export const tensorAttribute = declare<Tensor>("tensor");

type Specs = Readonly<Record<string, AttributeSpec<unknown>>>;
type Resolved<S extends Specs> = { readonly [K in keyof S]: S[K]["default"] };

/** Formal inputs: "X" must be there, "B?" may be left out, "data*" takes all that remain. */
type Named<N extends string> = {
  readonly [K in N as K extends `${string}?` | `${string}*` ? never : K]: Value;
} & {
  readonly [K in N as K extends `${infer R}?` ? R : never]: Value | undefined;
} & {
  readonly [K in N as K extends `${infer R}*` ? R : never]: readonly Value[];
};
type Bare<N extends string> = N extends `${infer R}?` | `${infer R}*` ? R : N;

export interface RuleContext {
  /** Contents of a value that is known when the graph is built. */
  constant(v: Value | undefined): Tensor | undefined;
  /** The same as plain integers; an `InputError` when it is only known at run time. */
  ints(v: Value, what: string): number[];
  /** Throws an `InputError` with the operator's name in front. */
  fail(message: string): never;
}

/** What a gradient rule sees beside the node's named inputs. */
export interface VjpContext extends RuleContext {
  readonly g: Builder;
  /** First output and its cotangent (zeros where only other outputs have one). */
  readonly y: Value;
  readonly dy: Value;
  readonly outputs: readonly (Value | null)[];
  readonly grads: readonly (Value | undefined)[];
}

/**
 * Cotangent of one input, of the *broadcast* shape or the input's own: the walker sums it back. `index` is the place
 * within a variadic input. Only called when somebody wants it.
 */
type InputRule<N extends string, A> = (c: Named<N> & VjpContext, attributes: A, index: number) => Value;

/** Sliding-window geometry, for receptive fields: one entry per spatial axis. */
export interface Window {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padBegin: readonly number[];
}

interface Facts<N extends string, S extends Specs> {
  /** Formal input names as the specification spells them, with "?" or "*" behind optional and variadic ones. */
  readonly inputs: readonly N[];
  readonly attributes?: S;
  /**
   * Rewrites a call as a file holds it, of whatever opset, into the form that graphs use. Gets positional inputs and raw
   * attributes; returns `undefined` when nothing needs to change.
   */
  readonly upgrade?: (
    g: Builder,
    call: {
      readonly inputs: readonly (Value | null)[];
      readonly attributes: Attributes;
      readonly opset: number;
      readonly outputs: number;
    },
    context: RuleContext,
  ) => Value[] | undefined;
  /** Multiply–accumulates of one call. */
  readonly macs?: (inputs: Named<N>, outputs: readonly Type[], attributes: Resolved<S>) => number;
  readonly window?: (inputs: Named<N>, attributes: Resolved<S>) => Window;
  /** What a user must be told who asks for a gradient through this operator, where it is not the derivative. */
  readonly remark?: string;
}

/** An operator that stays in the graph. */
export interface PrimitiveDefinition<N extends string, S extends Specs> extends Facts<N, S> {
  readonly infer: (
    inputs: Named<N>,
    attributes: Resolved<S>,
    context: RuleContext & { readonly outputs: number },
  ) => readonly Type[];
  /**
   * Gradient rule by input; an input without one has no gradient (integers, conditions). `"zero"` declares the operator
   * piecewise constant: its gradient is zero everywhere that it exists.
   */
  readonly vjp: { readonly [K in Bare<N>]?: InputRule<N, Resolved<S>> } | "zero";
  /** What a call comes to when it does nothing (or much less); `undefined` when it is needed. */
  readonly simplify?: (
    g: Builder,
    inputs: Named<N>,
    attributes: Resolved<S>,
    context: RuleContext,
  ) => readonly Value[] | undefined;
  /** Host evaluation, for folding; operands are in the order of the call. */
  readonly evaluate?: (
    operands: readonly (Tensor | undefined)[],
    attributes: Resolved<S>,
    outputs: readonly Type[],
  ) => readonly Tensor[];
  /** For fovea's own composite operators: the standard operators that the lowering pass puts in its place. */
  readonly lower?: (g: Builder, inputs: Named<N>, attributes: Resolved<S>) => readonly Value[];
}

/** An operator that is written in terms of others (or of constants) as soon as it is added. */
export interface InlineDefinition<N extends string, S extends Specs> extends Facts<N, S> {
  readonly inline: (
    g: Builder,
    inputs: Named<N>,
    attributes: Resolved<S>,
    context: RuleContext & { readonly outputs: number },
  ) => readonly Value[];
}

/** A record with its input names and attributes no longer in the type, as the table holds it. */
export type Primitive = PrimitiveDefinition<string, Specs>;
export type Inline = InlineDefinition<string, Specs>;
export type Op = Primitive | Inline;

export const isInline = (record: Op): record is Inline => "inline" in record;

/** Declares an operator; it only types its argument. */
export function op<const N extends string, S extends Specs = Record<never, never>>(
  definition: PrimitiveDefinition<N, S>,
): Primitive;
export function op<const N extends string, S extends Specs = Record<never, never>>(
  definition: InlineDefinition<N, S>,
): Inline;
export function op(definition: unknown): Op {
  return definition as Op;
}

/** Attributes of a call with the record's defaults filled in. */
export function resolve(record: Op, attributes: Attributes): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(record.attributes ?? {})) out[name] = attributes[name] ?? spec.default;
  return out;
}

/** Positional operands by formal name; an `InputError` when a required one is missing or there are too many. */
export function nameInputs(
  op: string,
  record: Op,
  inputs: readonly (Value | null)[],
): Record<string, Value | readonly Value[] | undefined> {
  const out: Record<string, Value | readonly Value[] | undefined> = {};
  record.inputs.forEach((formal, i) => {
    if (formal.endsWith("*")) out[formal.slice(0, -1)] = inputs.slice(i).filter((v) => v !== null);
    else if (formal.endsWith("?")) out[formal.slice(0, -1)] = inputs[i] ?? undefined;
    else {
      const v = inputs[i];
      if (!v) throw new InputError(`${op}: input '${formal}' is missing`);
      out[formal] = v;
    }
  });
  const variadic = record.inputs.at(-1)?.endsWith("*");
  if (!variadic && inputs.length > record.inputs.length)
    throw new InputError(`${op}: expected at most ${record.inputs.length} inputs, got ${inputs.length}`);
  return out;
}

/** Formal name and place within it (for variadic inputs) of the i-th operand. */
export function formalAt(record: Op, i: number): { name: string; index: number } {
  const last = record.inputs.length - 1;
  const formal = record.inputs[Math.min(i, last)]!;
  return formal.endsWith("*")
    ? { name: formal.slice(0, -1), index: i - last }
    : { name: formal.replace("?", ""), index: 0 };
}
