/** @file Convolution as ONNX Runtime's optimiser fuses it, in its own domain `com.microsoft`. */

import { floats, int, ints, op, string } from "./op.ts";

/** Names that each activation's parameters have as an operator of its own. */
const activations: Readonly<Record<string, readonly string[]>> = {
  Relu: [],
  Sigmoid: [],
  Tanh: [],
  LeakyRelu: ["alpha"],
  HardSigmoid: ["alpha", "beta"],
};

export const FusedConv = op({
  inputs: ["X", "W", "B?", "Z?"],
  attributes: {
    activation: string(""),
    activation_params: floats([]),
    auto_pad: string("NOTSET"),
    dilations: ints(),
    group: int(1),
    kernel_shape: ints(),
    pads: ints(),
    strides: ints(),
  },
  // activation(X ∗ W + B + Z)
  inline: (g, { X, W, B, Z }, { activation, activation_params, ...placing }, { fail }) => {
    const convolved = g.op("Conv", [X, W, B ?? null], placing);
    const sum = Z ? g.add(convolved, Z) : convolved;
    if (activation === "") return [sum];
    const [low = 0, high = 6] = activation_params;
    if (activation === "Clip") return [g.op("Clip", [sum, low, high])];
    const names = activations[activation] ?? fail(`activation '${activation}' is not supported`);
    return [g.op(activation, [sum], Object.fromEntries(names.map((name, i) => [name, activation_params[i]])))];
  },
});
