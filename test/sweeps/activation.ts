/** @file Sweeps of activation functions over their parameters, away from their kinks, and forward on them. */

import * as fc from "fast-check";
import { unary } from "./arithmetic.ts";
import { shape } from "./draw.ts";
import type { Case, Fill, Sweep } from "./sweep.ts";

const onlyFloat32 = "ORT has this function in float32 only";
const at = (min: number, max: number) => fc.double({ min, max, noNaN: true });

const onKinks: Case = {
  inputs: [{ shape: [7], values: [-3, -1, -0.5, 0, 0.5, 1, 3] }],
  gradcheck: false, // finite differences straddle the kinks
};

/** The function alone on all sides of its kinks, and with drawn parameters. */
const sweep = (op: string, float64: true | string, fill: Fill = "smooth", drawn: object = {}): Sweep => ({
  op,
  float64,
  cases: fc.oneof(
    unary(fill),
    fc.constant(onKinks),
    fc
      .record({ c: unary(fill), attributes: fc.record(drawn as Record<string, fc.Arbitrary<number>>) })
      .map(({ c, attributes }): Case => ({ ...c, attributes })),
  ),
});

const slopes: fc.Arbitrary<Case> = shape(2, 4).chain((dims) =>
  fc
    .constantFrom<number[]>([], [dims.at(-1)!], dims, [dims[1]!, ...dims.slice(2).map(() => 1)])
    .map((slope): Case => ({ inputs: [{ shape: dims, fill: "smooth" }, { shape: slope }] })),
);

const approximations = fc
  .record({ c: unary("normal"), approximate: fc.constantFrom("none", "tanh") })
  .map(({ c, approximate }): Case => ({ ...c, attributes: { approximate } }));

const biased: fc.Arbitrary<Case> = fc.nat(4).map((n) => ({ inputs: [{ shape: [2, n + 1] }, { shape: [n + 1] }] }));

export const sweeps: readonly Sweep[] = [
  { ...sweep("Relu", true), second: true },
  // Its gradient takes another form in float32.
  { op: "Relu", cases: unary("smooth"), float64: "the other half of Relu's rule is for float32", second: true },
  sweep("LeakyRelu", onlyFloat32, "smooth", { alpha: at(0.05, 0.5) }),
  { op: "PRelu", cases: slopes, float64: onlyFloat32 },
  sweep("Elu", onlyFloat32, "smooth", { alpha: at(0.2, 2) }),
  sweep("Selu", onlyFloat32, "smooth", { alpha: at(0.2, 2), gamma: at(0.5, 2) }),
  sweep("Celu", onlyFloat32, "smooth", { alpha: at(0.5, 2) }),
  // With the threshold where "smooth" values do not come.
  sweep("ThresholdedRelu", onlyFloat32, "smooth", { alpha: fc.constantFrom(0, 0.5, 1.5) }),
  sweep("Shrink", "ORT rounds the float64 form to float32", "smooth", {
    bias: at(0, 1),
    lambd: fc.constantFrom(0, 1, 1.5),
  }),
  { ...sweep("Sigmoid", true, "normal"), second: true },
  sweep("HardSigmoid", onlyFloat32, "unit", { alpha: at(0.1, 0.3), beta: at(0.3, 0.7) }),
  {
    op: "HardSigmoid",
    cases: fc.constant({ inputs: [{ shape: [4], values: [-4, -2, 2, 4] }], attributes: { alpha: 0.3, beta: 0.5 } }),
    float64: onlyFloat32,
    runs: 1,
  },
  sweep("HardSwish", onlyFloat32, "smooth"),
  {
    op: "Swish",
    cases: fc
      .record({ c: unary("normal"), alpha: at(0.5, 2) })
      .map(({ c, alpha }) => ({ ...c, attributes: { alpha }, opset: 24 })),
    float64: "ORT fuses it into a function that takes float32 only",
  },
  sweep("Softplus", onlyFloat32, "normal"),
  sweep("Softsign", onlyFloat32, "normal"),
  sweep("Mish", onlyFloat32, "normal"),
  { op: "Gelu", cases: approximations, float64: onlyFloat32 },
  { op: "com.microsoft.Gelu", cases: unary("normal"), float64: onlyFloat32 },
  { op: "com.microsoft.BiasGelu", cases: biased, float64: onlyFloat32 },
  {
    op: "com.microsoft.FastGelu",
    cases: fc.oneof(
      shape(1, 3).map((dims): Case => ({ inputs: [{ shape: dims }] })),
      biased,
    ),
    float64: onlyFloat32,
  },
  sweep("com.microsoft.QuickGelu", onlyFloat32, "normal", { alpha: at(1, 2) }),
];
