/** @file Operators of the specification that fovea does not run, and why; the reason is what a user is told. */

const random = "draws random numbers while the net runs, so no answer could be repeated: export the net for evaluation";
const control = "holds a graph of its own: export the net for one fixed input size, so that nothing is left to decide";

const reasons: Readonly<Record<string, string>> = {
  Bernoulli: random,
  Multinomial: random,
  RandomNormal: random,
  RandomNormalLike: random,
  RandomUniform: random,
  RandomUniformLike: random,
  If: control,
  Loop: control,
  Scan: control,
};

/** Why an operator that has no record is refused. */
export const refusal = (op: string): string =>
  Object.hasOwn(reasons, op)
    ? reasons[op]!
    : "fovea has no record for this operator (docs/operators.md says how to add one)";
