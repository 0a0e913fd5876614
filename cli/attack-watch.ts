/** @file What is seen of an attack while it runs: its progress, and the examples that it makes. */

import type { Outcome } from "../src/robustness/attack.ts";
import type { Work } from "./attack-work.ts";
import { type ProgressLine, progressLine } from "./say.ts";

/** The progress line of the attack that runs, and the examples that it makes. */
export class Watch {
  readonly #work: Work;
  #line: ProgressLine | undefined;
  #total = 0;
  readonly #drawn = new Map<string, number>();

  constructor(work: Work) {
    this.#work = work;
  }

  begin(name: string, total: number): void {
    this.end();
    this.#total = total;
    this.#line = progressLine(name, { quiet: this.#work.quiet, unit: "images" });
  }

  end(): void {
    this.#line?.end();
  }

  progress = ({ done, active }: { readonly done: number; readonly active: number }): void =>
    this.#line?.update(done, this.#total, `${active} under way`);

  async finished(outcome: Outcome, run: string): Promise<void> {
    const { records, examples, draw } = this.#work;
    if (!outcome.success || outcome.distance === 0) return;
    const there = this.#drawn.get(run) ?? records.examples.get(run)?.length ?? 0;
    if (there >= examples) return;
    this.#drawn.set(run, there + 1);
    records.exemplified(await draw(outcome), run);
  }
}
