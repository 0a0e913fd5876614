/** @file Operators that pass their input on, at most in another element type. */

import { dtypeOfNumber } from "../onnx/dtype.ts";
import { cast } from "../tensor/tensor.ts";
import { int, op } from "./op.ts";
import { type } from "./shapes.ts";

export const Identity = op({
  inputs: ["input"],
  infer: ({ input }) => [input],
  vjp: { input: ({ dy }) => dy },
  // Only outputs that need a name of their own keep one.
  simplify: (_, { input }) => [input],
});

export const Cast = op({
  inputs: ["input"],
  attributes: { to: int(1), saturate: int(1) },
  simplify: (_, { input }, { to }) => (dtypeOfNumber(to) === input.dtype ? [input] : undefined),
  infer: ({ input }, { to }, { fail }) => {
    const dtype = dtypeOfNumber(to);
    if (!dtype) return fail(`element type ${to} is not supported`);
    return [type(dtype, input.shape)];
  },
  vjp: { input: ({ g, dy, input }) => g.cast(dy, input.dtype) },
  evaluate: ([t], _, [out]) => [cast(t!, out!.dtype)],
});

export const CastLike = op({
  inputs: ["input", "target_type"],
  attributes: { saturate: int(1) },
  inline: (g, { input, target_type }) => [g.cast(input, target_type.dtype)],
});

/** In inference its input; training mode draws random numbers, which a net that is looked at does not. */
export const Dropout = op({
  inputs: ["data", "ratio?", "training_mode?"],
  attributes: { seed: int() },
  inline: (g, { data, training_mode }, _, { ints, fail, outputs }) => {
    if (training_mode && ints(training_mode, "training_mode")[0])
      fail("training mode is not supported: export the net for inference");
    return outputs > 1 ? [data, g.expand(g.scalar(1, "bool"), data.shape)] : [data];
  },
});
