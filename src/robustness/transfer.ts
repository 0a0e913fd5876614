/** @file Transfer (Szegedy et al. 2014, arXiv 1312.6199): adversarial pictures made on one net, shown to another. */

import type { Attack, Outcome } from "./attack.ts";
import type { Norm } from "./norms.ts";

/** An attack that only shows what it is given; pictures that it has nothing for stay as they are. */
export function given(
  name: string,
  pictures: ReadonlyMap<number, Float32Array>,
  { norm, eps }: { readonly norm: Norm; readonly eps?: number | undefined },
): Attack {
  return {
    name,
    source: "Szegedy et al. 2014, arXiv 1312.6199",
    norm,
    eps,
    gradients: false,
    scores: false,
    // biome-ignore lint/correctness/useYield: it asks the net nothing.
    *perturb({ item, image }) {
      return { picture: pictures.get(item) ?? image };
    },
  };
}

/** What an attack came to, to be shown to another net: also the tries that did not fool the first. */
export const transferOf = (outcomes: readonly Outcome[], attack: Pick<Attack, "norm" | "eps">): Attack =>
  given(
    `transfer-${outcomes[0]?.attack ?? attack.norm.name}`,
    new Map(outcomes.map(({ item, picture }) => [item, picture])),
    { norm: attack.norm, ...(attack.eps !== undefined && { eps: attack.eps }) },
  );
