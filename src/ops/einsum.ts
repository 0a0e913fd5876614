/** @file Einsum, written as diagonals, sums and one matrix product for every further operand. */

import { InputError } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { sizeOf } from "../tensor/tensor.ts";
import { op, string } from "./op.ts";
import { range } from "./shapes.ts";

/** An operand with one label for every axis, no label twice. */
interface Term {
  readonly value: Value;
  readonly labels: readonly string[];
}

export const Einsum = op({
  inputs: ["Inputs*"],
  attributes: { equation: string("") },
  inline: (g, { Inputs }, { equation }) => {
    const { inputs, output } = parse(
      equation,
      Inputs.map((v) => v.shape.length),
    );
    const terms = broadcasting(
      g,
      Inputs.map((value, i) => diagonal(g, value, inputs[i]!)),
    );
    const [first, ...others] = terms;
    const whole = others.reduce((product, term, i) => {
      const later = others.slice(i + 1).flatMap((t) => t.labels);
      return multiply(g, product, term, new Set([...output, ...later]));
    }, first!);
    const { value, labels } = sumOver(g, whole, new Set(output));
    return [
      g.transpose(
        value,
        output.map((l) => labels.indexOf(l)),
      ),
    ];
  },
});

/** Labels of every operand and of the output; the axes of an ellipsis are numbered from the back. */
function parse(equation: string, ranks: readonly number[]): { inputs: string[][]; output: string[] } {
  const wrong = (what: string): never => {
    throw new InputError(`equation '${equation}': ${what}`);
  };
  const [left = "", right] = equation.replaceAll(" ", "").split("->");
  const formulas = left.split(",");
  if (formulas.length !== ranks.length) wrong(`${formulas.length} operands are named, ${ranks.length} are there`);
  const letters = (formula: string): string[] => {
    if (!/^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(formula)) wrong(`'${formula}' holds more than letters and one ellipsis`);
    return formula.match(/[A-Za-z]|\.\.\./g) ?? [];
  };
  const numbered = (n: number) => range(n).map((i) => `${n - i}`);
  let widest = 0;
  const inputs = formulas.map((formula, i) => {
    const labels = letters(formula);
    const hidden = ranks[i]! - labels.filter((l) => l !== "...").length;
    const open = labels.includes("...");
    if (hidden < 0 || (hidden > 0 && !open)) wrong(`'${formula}' does not fit an operand of rank ${ranks[i]}`);
    widest = Math.max(widest, open ? hidden : 0);
    return labels.flatMap((l) => (l === "..." ? numbered(hidden) : [l]));
  });
  const all = inputs.flat();
  const once = all.filter((l) => /[A-Za-z]/.test(l) && all.indexOf(l) === all.lastIndexOf(l)).sort();
  const output =
    right === undefined
      ? [...numbered(widest), ...once]
      : letters(right).flatMap((l) => (l === "..." ? numbered(widest) : [l]));
  const unknown = output.find((l, i) => !all.includes(l) || output.indexOf(l) !== i);
  if (unknown) wrong(`output label '${unknown}' comes twice or in no operand`);
  return { inputs, output };
}

/** Takes the diagonal where a label comes twice: of two axes laid out as one, every (extent + 1)-th element. */
function diagonal(g: Builder, value: Value, labels: readonly string[]): Term {
  const second = labels.findIndex((l, i) => labels.indexOf(l) < i);
  if (second < 0) return { value, labels };
  const first = labels.indexOf(labels[second]!);
  const extent = value.shape[first]!;
  if (value.shape[second] !== extent)
    throw new InputError(`label '${labels[second]}' stands for extents ${extent} and ${value.shape[second]}`);
  const rest = range(labels.length).filter((i) => i !== first && i !== second);
  const outer = rest.map((i) => value.shape[i]!);
  const square = g.reshape(g.transpose(value, [...rest, first, second]), [...outer, extent * extent]);
  const picked = g.slice(square, [rest.length], [0], [extent * extent], [extent + 1]);
  return diagonal(g, picked, [...rest.map((i) => labels[i]!), labels[first]!]);
}

/** Drops an axis of extent 1 whose label has another extent elsewhere: the operand does not depend on it. */
function broadcasting(g: Builder, terms: readonly Term[]): Term[] {
  const extents = new Map<string, number>();
  for (const { value, labels } of terms)
    labels.forEach((l, i) => {
      const known = extents.get(l) ?? 1;
      const extent = value.shape[i]!;
      if (known !== 1 && extent !== 1 && known !== extent)
        throw new InputError(`label '${l}' stands for extents ${known} and ${extent}`);
      extents.set(l, known === 1 ? extent : known);
    });
  return terms.map(({ value, labels }) => {
    const kept = range(labels.length).filter((i) => value.shape[i] === extents.get(labels[i]!));
    return {
      value: g.reshape(
        value,
        kept.map((i) => value.shape[i]!),
      ),
      labels: kept.map((i) => labels[i]!),
    };
  });
}

/** Sums over the axes whose labels nobody wants any more. */
function sumOver(g: Builder, { value, labels }: Term, wanted: ReadonlySet<string>): Term {
  const gone = range(labels.length).filter((i) => !wanted.has(labels[i]!));
  return { value: g.sum(value, gone, false), labels: labels.filter((l) => wanted.has(l)) };
}

/**
 * Product of two operands, summed over what they share and nobody wants: of labels shared and wanted (batch), only in the
 * left, shared and unwanted (inner), only in the right, it is [batch…, left, inner] · [batch…, inner, right].
 */
function multiply(g: Builder, one: Term, two: Term, wanted: ReadonlySet<string>): Term {
  const a = sumOver(g, one, new Set([...wanted, ...two.labels]));
  const b = sumOver(g, two, new Set([...wanted, ...one.labels]));
  const shared = a.labels.filter((l) => b.labels.includes(l));
  const batch = shared.filter((l) => wanted.has(l));
  const inner = shared.filter((l) => !wanted.has(l));
  const left = a.labels.filter((l) => !shared.includes(l));
  const right = b.labels.filter((l) => !shared.includes(l));
  const extents = (t: Term, labels: readonly string[]) => labels.map((l) => t.value.shape[t.labels.indexOf(l)]!);
  const matrices = (t: Term, rows: readonly string[], columns: readonly string[]): Value =>
    g.reshape(
      g.transpose(
        t.value,
        [...batch, ...rows, ...columns].map((l) => t.labels.indexOf(l)),
      ),
      [...extents(t, batch), sizeOf(extents(t, rows)), sizeOf(extents(t, columns))],
    );
  const [x, y] = [matrices(a, left, inner), matrices(b, inner, right)];
  const product = inner.length > 0 ? g.matmul(x, y) : g.mul(x, y);
  return {
    value: g.reshape(product, [...extents(a, batch), ...extents(a, left), ...extents(b, right)]),
    labels: [...batch, ...left, ...right],
  };
}
