/** @file A vitest reporter that ends a run with one plain line: how many tests passed, failed and were skipped. */

import type { Reporter, TestModule } from "vitest/node";

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) for (const test of module.children.allTests()) count[test.result().state]++;
    const broken = modules.filter((module) => module.errors().length > 0).length + errors.length;
    const skipped = count.skipped + count.pending;
    console.log(`${count.passed} passed, ${count.failed + broken} failed${skipped ? `, ${skipped} skipped` : ""}`);
  }
}
