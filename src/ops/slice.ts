/** @file Taking parts along axes: Slice and Split. */

import { InputError } from "../error.ts";
import type { Value } from "../graph/graph.ts";
import { type Shape, type Tensor, toNumbers } from "../tensor/tensor.ts";
import { pick, stridedIndex } from "./evaluate.ts";
import { int, op, type RuleContext } from "./op.ts";
import { place, type Span, zerosOf } from "./place.ts";
import { axisIn, range, stridesOf, type } from "./shapes.ts";

type Ranges = {
  starts: readonly number[];
  ends: readonly number[];
  axes?: readonly number[];
  steps?: readonly number[];
};

const clamp = (x: number, low: number, high: number): number => Math.max(low, Math.min(x, high));

/** What half-open ranges take from a tensor of `shape`; ends beyond the extent are cut back, as the specification says. */
function spansOf(shape: Shape, { starts, ends, axes = range(starts.length), steps = [] }: Ranges): Span[] {
  return axes.map((a, i) => {
    const axis = axisIn(a, shape.length);
    const extent = shape[axis]!;
    const step = steps[i] ?? 1;
    if (step === 0) throw new InputError(`step 0 along axis ${axis}: expected any other number`);
    const fromFront = (x: number) => (x < 0 ? x + extent : x);
    const start = clamp(fromFront(starts[i]!), 0, step > 0 ? extent : extent - 1);
    const end = clamp(fromFront(ends[i]!), step > 0 ? 0 : -1, step > 0 ? extent : extent - 1);
    return { axis, start, step, count: Math.max(Math.ceil((end - start) / step), 0) };
  });
}

type SliceInputs = { data: Value; starts: Value; ends: Value; axes: Value | undefined; steps: Value | undefined };

const knownSpans = ({ data, starts, ends, axes, steps }: SliceInputs, { ints }: Pick<RuleContext, "ints">): Span[] =>
  spansOf(data.shape, {
    starts: ints(starts, "starts"),
    ends: ints(ends, "ends"),
    ...(axes && { axes: ints(axes, "axes") }),
    ...(steps && { steps: ints(steps, "steps") }),
  });

const taken = (shape: Shape, spans: readonly Span[]): Shape =>
  spans.reduce((out, { axis, count }) => out.with(axis, count), [...shape]);

function takeSpans(t: Tensor, spans: readonly Span[]): Tensor {
  const steps = stridesOf(t.dims);
  const offset = spans.reduce((sum, { axis, start }) => sum + start * steps[axis]!, 0);
  const shape = taken(t.dims, spans);
  for (const { axis, step } of spans) steps[axis]! *= step;
  return pick(t, stridedIndex(shape, steps, offset), shape);
}

export const Slice = op({
  inputs: ["data", "starts", "ends", "axes?", "steps?"],
  // Until opset 10 the ranges were attributes, and steps were 1.
  upgrade: (g, { inputs, attributes }) => {
    if (!attributes.starts) return undefined;
    const { starts, ends, axes = range((starts as number[]).length) } = attributes as unknown as Ranges;
    return [
      g.slice(
        inputs[0]!,
        axes,
        starts.map((s) => clamp(s, -(2 ** 31), 2 ** 31)),
        ends,
      ),
    ];
  },
  simplify: (_, inputs, __, c) =>
    knownSpans(inputs, c).every(({ axis, step, count }) => step > 0 && count === inputs.data.shape[axis])
      ? [inputs.data]
      : undefined,
  infer: (inputs, _, c) => [type(inputs.data.dtype, taken(inputs.data.shape, knownSpans(inputs, c)))],
  vjp: { data: (c) => place(c.g, c.dy, c.data.shape, knownSpans(c, c)) },
  evaluate: ([data, starts, ends, axes, steps]) => [
    takeSpans(
      data!,
      spansOf(data!.dims, {
        starts: toNumbers(starts!),
        ends: toNumbers(ends!),
        ...(axes && { axes: toNumbers(axes) }),
        ...(steps && { steps: toNumbers(steps) }),
      }),
    ),
  ],
});

/** Extents of the parts: as listed, or equal ones of which the last may be smaller. */
function partSizes(
  { input, split }: { input: Value; split: Value | undefined },
  axis: number,
  parts: number | undefined,
  { ints, fail }: RuleContext,
): number[] {
  const extent = input.shape[axis]!;
  const equal = parts && Math.ceil(extent / parts);
  if (!split && !equal) return fail("expected the input 'split' or the attribute 'num_outputs'");
  const sizes = split ? ints(split, "split") : range(parts!).map((i) => Math.min(equal!, extent - i * equal!));
  if (sizes.some((n) => n < 0) || sizes.reduce((a, b) => a + b, 0) !== extent)
    fail(`parts of [${sizes}] do not make up axis ${axis} of [${input.shape}]`);
  return sizes;
}

export const Split = op({
  inputs: ["input", "split?"],
  attributes: { axis: int(0), num_outputs: int() },
  // Until opset 13 the sizes were an attribute; until 18 neither sizes nor a number meant equal parts.
  upgrade: (g, { inputs, attributes, outputs }) => {
    const { split, ...rest } = attributes;
    if (split) return g.ops("Split", [inputs[0]!, g.ints(split as number[])], rest, outputs);
    if (inputs[1] || rest.num_outputs) return undefined;
    return g.ops("Split", [inputs[0]!], { ...rest, num_outputs: outputs }, outputs);
  },
  infer: (inputs, { axis, num_outputs }, c) => {
    const { dtype, shape } = inputs.input;
    const at = axisIn(axis, shape.length);
    return partSizes(inputs, at, num_outputs, c).map((n) => type(dtype, shape.with(at, n)));
  },
  vjp: {
    input: (c, { axis, num_outputs }) => {
      const { g, input, grads } = c;
      const at = axisIn(axis, input.shape.length);
      const parts = partSizes(c, at, num_outputs, c).map(
        (n, i) => grads[i] ?? zerosOf(g, input.dtype, input.shape.with(at, n)),
      );
      return g.concat(parts, at);
    },
  },
  evaluate: ([t], { axis }, outputs) => {
    const at = axisIn(axis, t!.dims.length);
    let start = 0;
    return outputs.map(({ shape }) => {
      const part = takeSpans(t!, [{ axis: at, start, step: 1, count: shape[at]! }]);
      start += shape[at]!;
      return part;
    });
  },
});
