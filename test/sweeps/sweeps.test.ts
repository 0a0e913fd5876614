/** @file Every operator record against ONNX Runtime and finite differences; set SWEEP_SEED to repeat a run, SWEEP_OP to narrow it. */

import * as fc from "fast-check";
import { describe, test } from "vitest";
import { sweeps } from "./all.ts";
import { runCase } from "./run.ts";
import type { Case } from "./sweep.ts";

const seed = Number(process.env.SWEEP_SEED ?? 20161117);
const only = process.env.SWEEP_OP;

describe(`operator sweeps, seed ${seed}`, () => {
  for (const sweep of sweeps.filter((s) => !only || s.op === only))
    test(sweep.op + (sweep.float64 === true ? "" : ` (float32: ${sweep.float64})`), async () => {
      const property = fc.asyncProperty(sweep.cases, fc.nat(), (c: Case, caseSeed: number) =>
        runCase(sweep, c, caseSeed),
      );
      await fc.assert(property, { seed, numRuns: sweep.runs ?? 20 });
    });
});
