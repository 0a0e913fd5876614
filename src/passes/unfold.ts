/** @file If and Loop, unfolded where their conditions are known once the shapes are fixed. */

import { expect, InputError } from "../error.ts";
import type { Builder } from "../graph/builder.ts";
import type { SourceBody, SourceNode, SourceValue, Value } from "../graph/graph.ts";
import { refusal } from "../ops/refused.ts";
import { tensor, toNumbers } from "../tensor/tensor.ts";
import { type Held, isSequence, sequenceOps } from "./sequences.ts";

/** Bound on the rounds of all loops together, so that a small file cannot unfold without end. */
const mostRounds = 10_000;

/** What unfolding needs of the pass that it belongs to. */
export interface Unfolding {
  readonly g: Builder;
  readonly values: Map<SourceValue, Value>;
  operand(v: SourceValue | null): Value | null;
  /** Adds one node of the source, unfolding it where that is called for. */
  run(node: SourceNode): void;
}

/**
 * Adds nodes that hold graphs or work on sequences; false for all others.
 *
 * The function throws an `InputError` where a condition or a number of rounds depends on the picture.
 */
export function unfolder({ g, values, operand, run }: Unfolding): (node: SourceNode) => boolean {
  const sequences = new Map<SourceValue, readonly Value[]>();
  let rounds = 0;
  const hold = (v: SourceValue | null): Held => (v && sequences.get(v)) ?? operand(v);
  const give = (v: SourceValue | null | undefined, held: Held | undefined): void => {
    if (!v || !held) return;
    if (isSequence(held)) sequences.set(v, held);
    else values.set(v, held);
  };
  const known = (held: Held | undefined, what: string): number => {
    const t = held && !isSequence(held) ? g.constantOf(held) : undefined;
    if (t) return toNumbers(t)[0]!;
    throw new InputError(`${what} is only known while the net runs: export the net for one fixed input size`);
  };
  const bodyOf = (node: SourceNode, name: string): SourceBody => {
    const body = node.bodies?.[name];
    if (!body) throw new InputError(refusal(node.op));
    return body;
  };
  const enter = (body: SourceBody, args: readonly Held[]): Held[] => {
    body.inputs.forEach((v, i) => {
      give(v, args[i]);
    });
    for (const node of body.nodes) run(node);
    return body.outputs.map(hold);
  };

  const decide = (node: SourceNode): Held[] => {
    const branches = [bodyOf(node, "else_branch"), bodyOf(node, "then_branch")] as const;
    const condition = known(hold(node.inputs[0] ?? null), "its condition");
    return enter(branches[condition ? 1 : 0], []);
  };

  const repeat = (node: SourceNode): Held[] => {
    const body = bodyOf(node, "body");
    const [trips, condition, ...initial] = node.inputs.map(hold);
    const most = trips ? known(trips, "its number of rounds") : Number.POSITIVE_INFINITY;
    let going = condition ? known(condition, "its condition") !== 0 : true;
    let state = initial;
    const collected: Value[][] = body.outputs.slice(1 + initial.length).map(() => []);
    for (let i = 0; going && i < most; i++) {
      expect(rounds++ < mostRounds, () => `its loops take more than ${mostRounds} rounds: export the net without them`);
      const round = g.constant(tensor("int64", [], BigInt64Array.of(BigInt(i))));
      const results = enter(body, [round, g.constant(tensor("bool", [], Uint8Array.of(1))), ...state]);
      going = known(results[0], "its condition") !== 0;
      state = results.slice(1, 1 + initial.length);
      results.slice(1 + initial.length).forEach((held, k) => {
        if (held && !isSequence(held)) collected[k]!.push(g.reshape(held, [1, ...held.shape]));
      });
    }
    const scans = collected.map((parts) => {
      expect(parts.length > 0, () => "it collects the results of no round at all: export the net without it");
      return g.concat(parts, 0);
    });
    return [...state, ...scans];
  };

  const results = (node: SourceNode): readonly Held[] | undefined => {
    if (node.op === "If") return decide(node);
    if (node.op === "Loop") return repeat(node);
    const sequenceOp = Object.hasOwn(sequenceOps, node.op) ? sequenceOps[node.op] : undefined;
    if (sequenceOp) return [sequenceOp(g, node.inputs.map(hold), node.attributes)];
    const passed = node.op === "Identity" && hold(node.inputs[0] ?? null);
    return passed && isSequence(passed) ? [passed] : undefined;
  };

  return (node) => {
    const made = results(node);
    if (!made) return false;
    node.outputs.forEach((v, i) => {
      give(v, made[i]);
    });
    return true;
  };
}
