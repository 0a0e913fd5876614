/** @file What must be said aloud about gradients that are not the derivative. */

import type { SourceGraph, SourceValue } from "../graph/graph.ts";
import { recordOf } from "../ops/table.ts";
import { needed } from "../passes/needed.ts";

/** Remarks on the operators that lead to `outputs`, each once, with the operators that it is on. */
export function remarks(source: SourceGraph, outputs: readonly SourceValue[] = source.outputs): string[] {
  const byRemark = new Map<string, Set<string>>();
  for (const { op } of needed(source, outputs)) {
    const remark = recordOf(op)?.remark;
    if (remark) byRemark.set(remark, (byRemark.get(remark) ?? new Set()).add(op.slice(op.lastIndexOf(".") + 1)));
  }
  return [...byRemark].map(([remark, ops]) => `${[...ops].join(", ")}: ${remark}`);
}
