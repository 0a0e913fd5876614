/** @file Convolution and its transpose. */

import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { sizeOf } from "../tensor/tensor.ts";
import { convolutionInputAdjoint, convolutionWeightAdjoint, convolve } from "./convolution-adjoint.ts";
import { int, ints, op, type RuleContext, resolve, string } from "./op.ts";
import { range, type } from "./shapes.ts";
import {
  exactPadEnd,
  explicitPads,
  isAutomatic,
  outputPadding,
  type TransposedAttributes,
  transposedWindows,
  type WindowAttributes,
  type Windows,
  windows,
} from "./window-geometry.ts";

const attributes = {
  auto_pad: string("NOTSET"),
  dilations: ints(),
  group: int(1),
  kernel_shape: ints(),
  pads: ints(),
  strides: ints(),
};
const transposedAttributes = { ...attributes, output_padding: ints(), output_shape: ints() };

type Operands = { readonly X: Value; readonly W: Value };

const convWindows = ({ X, W }: Operands, a: WindowAttributes): Windows => windows(X.shape, W.shape.slice(2), a);
const transposed = ({ X, W }: Operands, a: TransposedAttributes): Windows =>
  transposedWindows(X.shape, W.shape.slice(2), a);

/** The input's channels must be those the weights expect, and both must divide into the groups. */
function checkChannels({ X, W }: Operands, expected: number, group: number, { fail }: Pick<RuleContext, "fail">): void {
  if (X.shape.length !== W.shape.length || X.shape.length < 3)
    fail(`input [${X.shape}] and weights [${W.shape}] must both have two axes and one or more spatial ones`);
  if (X.shape[1] !== expected || W.shape[0]! % group !== 0)
    fail(`input [${X.shape}] and weights [${W.shape}] do not fit together in ${group} group(s)`);
}

/** Sum over everything but the channels. */
const biasAdjoint = ({ g, dy }: { readonly g: Builder; readonly dy: Value }): Value =>
  g.sum(dy, [0, ...range(dy.shape.length).slice(2)], false);

export const Conv = op({
  inputs: ["X", "W", "B?"],
  attributes,
  // Explicit pads: runtimes differ in what auto_pad means under dilation.
  upgrade: (g, { inputs, attributes: given }) => {
    if (!isAutomatic(given)) return undefined;
    const w = convWindows({ X: inputs[0]!, W: inputs[1]! }, resolve(Conv, given) as unknown as WindowAttributes);
    return [g.op("Conv", inputs, { ...given, ...explicitPads(w) })];
  },
  infer: (inputs, a, context) => {
    const { X, W } = inputs;
    checkChannels(inputs, W.shape[1]! * a.group, a.group, context);
    return [type(X.dtype, [X.shape[0]!, W.shape[0]!, ...convWindows(inputs, a).out])];
  },
  vjp: {
    X: ({ g, dy, ...inputs }, a) => convolutionInputAdjoint(g, dy, inputs.W, a.group, convWindows(inputs, a)),
    W: ({ g, dy, ...inputs }, a) => convolutionWeightAdjoint(g, inputs.X, dy, a.group, convWindows(inputs, a)),
    B: biasAdjoint,
  },
  macs: ({ W }, [y]) => sizeOf(y!.shape) * sizeOf(W.shape.slice(1)),
  window: convWindows,
});

export const ConvTranspose = op({
  inputs: ["X", "W", "B?"],
  attributes: transposedAttributes,
  upgrade: (g, { inputs, attributes: given }) => {
    if (!isAutomatic(given) && !given.output_shape) return undefined;
    const a = resolve(ConvTranspose, given) as unknown as TransposedAttributes;
    const w = transposed({ X: inputs[0]!, W: inputs[1]! }, a);
    const placing = { ...explicitPads(w), output_shape: undefined, output_padding: outputPadding(w) };
    return [g.op("ConvTranspose", inputs, { ...given, ...placing })];
  },
  infer: (inputs, a, context) => {
    const { X, W } = inputs;
    checkChannels(inputs, W.shape[0]!, a.group, context);
    return [type(X.dtype, [X.shape[0]!, W.shape[1]! * a.group, ...transposed(inputs, a).in])];
  },
  // The transpose of the transpose: with the windows of the convolution that it transposes, X and dY change places.
  vjp: {
    X: ({ g, dy, ...inputs }, a) => {
      const w = transposed(inputs, a);
      const placing = { group: a.group, strides: [...w.stride], dilations: [...w.dilation] };
      return convolve(g, dy, inputs.W, placing, w.padBegin, exactPadEnd(w), w.out);
    },
    W: ({ g, dy, ...inputs }, a) => convolutionWeightAdjoint(g, dy, inputs.X, a.group, transposed(inputs, a)),
    B: biasAdjoint,
  },
  macs: ({ X, W }) => sizeOf(X.shape) * sizeOf(W.shape.slice(1)),
  // Seen from the output, a stride of s takes steps of 1/s in the input, and output 0 reads from (pad − span + 1) / s on.
  window: (inputs, a) => {
    const w = transposed(inputs, a);
    const padBegin = w.stride.map((s, i) => (w.span[i]! - 1 - w.padBegin[i]!) / s);
    return { ...w, stride: w.stride.map((s) => 1 / s), padBegin };
  },
});
