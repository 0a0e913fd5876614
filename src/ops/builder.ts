/** @file The builder: adds nodes, infers their types, folds constants, and never adds the same call twice. */

import { InputError } from "../error.ts";
import type { AttributeInput, Builder, Operand } from "../graph/builder.ts";
import { type Attributes, emptyGraph, type Graph, type Value } from "../graph/graph.ts";
import { onnxTypeNumber } from "../onnx/dtype.ts";
import { type DType, fromNumbers, type Shape, sizeOf, Tensor, tensor } from "../tensor/tensor.ts";
import { ruleContext } from "./context.ts";
import { isInline, nameInputs, type Primitive, resolve } from "./op.ts";
import { axesIn, range, sameShape } from "./shapes.ts";
import { recordOf } from "./table.ts";

/** Floats are folded on the host up to this many elements, integers (indices) further; whatever is larger is left to the runtime. */
const FOLD_LIMIT = 1 << 14;
const FOLD_LIMIT_INTEGERS = 1 << 17;
/** Constants up to this many bytes are shared when equal, so that equal calls are recognised. */
const SHARE_LIMIT = 256;

/** A builder that goes on where `graph` stands (a new, empty graph by default). The graph is changed in place. */
export function builderOf(graph: Graph = emptyGraph("graph")): Builder {
  return new GraphBuilder(graph);
}

class GraphBuilder implements Builder {
  readonly graph: Graph;
  label: string | undefined;
  readonly #ids = new Map<Value, number>();
  readonly #calls = new Map<string, readonly Value[]>();
  readonly #names = new Map<string, number>();
  readonly #shared = new Map<string, Value>();
  readonly #constants = new Map<Tensor, Value>();

  constructor(graph: Graph) {
    this.graph = graph;
    for (const node of graph.nodes) this.#names.set(node.name, 1);
  }

  input(name: string, dtype: DType, shape: Shape): Value {
    const value: Value = { name, dtype, shape };
    this.graph.inputs.push(value);
    return value;
  }

  output(value: Value, name?: string): Value {
    const { nodes, outputs, inputs, constants } = this.graph;
    const passedOn = inputs.includes(value) || constants.has(value) || outputs.includes(value);
    if (passedOn || (name !== undefined && name !== value.name)) {
      const renamed: Value = { name: name ?? `${value.name}_out`, dtype: value.dtype, shape: value.shape };
      nodes.push({
        op: "Identity",
        name: this.#unique(renamed.name),
        inputs: [value],
        outputs: [renamed],
        attributes: {},
      });
      value = renamed;
    }
    outputs.push(value);
    return value;
  }

  constant(t: Tensor, name?: string): Value {
    const key = t.bytes.byteLength <= SHARE_LIMIT ? `${t.dtype}[${t.dims}]${t.bytes.join()}` : undefined;
    const known = key === undefined ? this.#constants.get(t) : this.#shared.get(key);
    if (known) return known;
    const value: Value = { name: name ?? `c${this.graph.constants.size}`, dtype: t.dtype, shape: t.dims };
    this.graph.constants.set(value, t);
    if (key === undefined) this.#constants.set(t, value);
    else this.#shared.set(key, value);
    return value;
  }

  constantOf(v: Value): Tensor | undefined {
    return this.graph.constants.get(v);
  }

  scalar(x: number, dtype: DType): Value {
    return this.constant(fromNumbers(dtype, [x], []));
  }

  numbers(values: ArrayLike<number>, dims: Shape, dtype: DType): Value {
    return this.constant(fromNumbers(dtype, values, dims));
  }

  ints(values: readonly number[]): Value {
    return this.constant(tensor("int64", [values.length], BigInt64Array.from(values, BigInt)));
  }

  op(op: string, inputs: readonly (Operand | null)[], attributes?: AttributeInput): Value {
    return this.ops(op, inputs, attributes, 1)[0]!;
  }

  ops(op: string, inputs: readonly (Operand | null)[], attributes: AttributeInput = {}, outputs = 1): Value[] {
    const record = recordOf(op);
    if (!record) throw new InputError(`${op}: fovea has no record for this operator`);
    const operands = this.#operands(op, inputs);
    const given: Attributes = Object.fromEntries(
      Object.entries(attributes).filter((entry) => entry[1] !== undefined),
    ) as Attributes;
    const named = nameInputs(op, record, operands) as never;
    const resolved = resolve(record, given) as never;
    const context = { ...ruleContext(this, op), outputs };
    try {
      if (isInline(record)) return [...record.inline(this, named, resolved, context)];
      const simple = record.simplify?.(this, named, resolved, context);
      if (simple) return [...simple];
      const types = record.infer(named, resolved, context);
      const folded = this.#fold(record, operands, resolved, types);
      if (folded) return folded;
      return this.#append(op, operands, given, types);
    } catch (error) {
      // Shape helpers know no names: put the operator's in front.
      if (error instanceof InputError && !error.message.startsWith(op)) throw new InputError(`${op}: ${error.message}`);
      throw error;
    }
  }

  #append(
    op: string,
    operands: readonly (Value | null)[],
    attributes: Attributes,
    types: readonly { dtype: DType; shape: Shape }[],
  ): Value[] {
    const key = `${op}(${operands.map((v) => this.#id(v))})${attributesKey(attributes)}:${types.length}`;
    const known = this.#calls.get(key);
    if (known) return [...known];
    const { nodes } = this.graph;
    const name = this.#unique(this.label ?? op.split(".").at(-1)!.toLowerCase());
    const outputs = types.map(({ dtype, shape }, i): Value => ({ name: i ? `${name}.${i}` : name, dtype, shape }));
    nodes.push({ op, name, inputs: operands, outputs, attributes });
    this.#calls.set(key, outputs);
    return outputs;
  }

  /** `name`, or `name_2`, `name_3` … where that is taken. */
  #unique(name: string): string {
    const uses = (this.#names.get(name) ?? 0) + 1;
    this.#names.set(name, uses);
    return uses === 1 ? name : this.#unique(`${name}_${uses}`);
  }

  #fold(
    record: Primitive,
    operands: readonly (Value | null)[],
    attributes: never,
    types: readonly { dtype: DType; shape: Shape }[],
  ): Value[] | undefined {
    if (!record.evaluate) return undefined;
    const tensors = operands.map((v) => (v ? this.graph.constants.get(v) : undefined));
    if (operands.some((v, i) => v && !tensors[i])) return undefined;
    const integers = types.every((t) => t.dtype === "int64" || t.dtype === "int32" || t.dtype === "bool");
    const most = integers ? FOLD_LIMIT_INTEGERS : FOLD_LIMIT;
    if (types.some((t) => sizeOf(t.shape) > most)) return undefined;
    return record.evaluate(tensors, attributes, types).map((t) => this.constant(t));
  }

  /** Numbers take the element type of the first value among the operands. */
  #operands(op: string, inputs: readonly (Operand | null)[]): (Value | null)[] {
    const like = inputs.find((v): v is Value => v !== null && typeof v !== "number");
    const operands = inputs.map((v) => {
      if (typeof v !== "number") return v;
      if (!like) throw new Error(`internal: ${op}: numbers alone have no element type`);
      return this.scalar(v, like.dtype);
    });
    while (operands.length > 0 && operands.at(-1) === null) operands.pop();
    return operands;
  }

  #id(v: Value | null): number {
    if (!v) return -1;
    let id = this.#ids.get(v);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(v, id);
    }
    return id;
  }

  add(a: Operand, b: Operand): Value {
    return this.#arithmetic("Add", a, b);
  }
  sub(a: Operand, b: Operand): Value {
    return this.#arithmetic("Sub", a, b);
  }
  mul(a: Operand, b: Operand): Value {
    return this.#arithmetic("Mul", a, b);
  }
  div(a: Operand, b: Operand): Value {
    return this.#arithmetic("Div", a, b);
  }

  /** Leaves out `x · 1`, `x / 1`, `x + 0` and `x − 0`. */
  #arithmetic(op: "Add" | "Sub" | "Mul" | "Div", a: Operand, b: Operand): Value {
    const neutral = op === "Mul" || op === "Div" ? 1 : 0;
    if (b === neutral && typeof a !== "number") return a;
    if (a === neutral && typeof b !== "number" && (op === "Mul" || op === "Add")) return b;
    return this.op(op, [a, b]);
  }

  neg(a: Value): Value {
    return this.op("Neg", [a]);
  }
  exp(a: Value): Value {
    return this.op("Exp", [a]);
  }
  log(a: Value): Value {
    return this.op("Log", [a]);
  }
  sqrt(a: Value): Value {
    return this.op("Sqrt", [a]);
  }
  square(a: Value): Value {
    return this.op("Mul", [a, a]);
  }
  matmul(a: Value, b: Value): Value {
    return this.op("MatMul", [a, b]);
  }

  cast(a: Value, dtype: DType): Value {
    return a.dtype === dtype ? a : this.op("Cast", [a], { to: onnxTypeNumber[dtype] });
  }

  reshape(a: Value, shape: Shape): Value {
    return sameShape(a.shape, shape) ? a : this.op("Reshape", [a, this.ints(shape)], { allowzero: 1 });
  }

  transpose(a: Value, perm: readonly number[]): Value {
    return perm.every((p, i) => p === i) ? a : this.op("Transpose", [a], { perm });
  }

  expand(a: Value, shape: Shape): Value {
    return sameShape(a.shape, shape) ? a : this.op("Expand", [a, this.ints(shape)]);
  }

  concat(values: readonly Value[], axis: number): Value {
    return values.length === 1 ? values[0]! : this.op("Concat", values, { axis });
  }

  slice(
    a: Value,
    axes: readonly number[],
    starts: readonly number[],
    ends: readonly number[],
    steps = axes.map(() => 1),
  ): Value {
    const finite = ends.map((e) => Math.max(Math.min(e, 2 ** 31), -(2 ** 31)));
    return this.op("Slice", [a, this.ints(starts), this.ints(finite), this.ints(axes), this.ints(steps)]);
  }

  sum(a: Value, axes: readonly number[] = range(a.shape.length), keepdims = true): Value {
    return this.#reduce("ReduceSum", a, axes, keepdims);
  }

  mean(a: Value, axes: readonly number[] = range(a.shape.length), keepdims = true): Value {
    return this.#reduce("ReduceMean", a, axes, keepdims);
  }

  #reduce(op: string, a: Value, axes: readonly number[], keepdims: boolean): Value {
    if (axes.length === 0) return a;
    return this.op(op, [a, this.ints(axesIn(axes, a.shape.length))], { keepdims: keepdims ? 1 : 0 });
  }

  mask(a: Value, comparison: "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "Equal", b: Operand): Value {
    return this.cast(this.op(comparison, [a, b]), a.dtype);
  }

  where(condition: Value, a: Operand, b: Operand): Value {
    const like = typeof a === "number" ? b : a;
    if (typeof like === "number") throw new Error("internal: where: numbers alone have no element type");
    const [x, y] = [a, b].map((v) => (typeof v === "number" ? this.scalar(v, like.dtype) : v));
    return this.op("Where", [condition, x!, y!]);
  }

  zeros(like: Value): Value {
    return this.expand(this.scalar(0, like.dtype), like.shape);
  }
}

const attributesKey = (attributes: Attributes): string =>
  JSON.stringify(attributes, (_, v) => (v instanceof Tensor ? `${v.dtype}[${v.dims}]${v.bytes.join()}` : v));
