/** @file Sweep of Einsum over equations of many kinds. */

import * as fc from "fast-check";
import type { Case, Sweep } from "./sweep.ts";

const equations = [
  "ij,jk->ik",
  "ij,jk",
  "bij,bjk->bik",
  "bhid,bhjd->bhij",
  "bhij,bhjd->bihd",
  "i,i->",
  "i,j->ij",
  "ij,ij->ij",
  "ij->ji",
  "ij->i",
  "ij->",
  "ab,cd->ac",
  "bchw,kc->bkhw",
  "bi,ij,bj->b",
  "ij,jk,kl->il",
  "...ij,...jk->...ik",
  "...ij,jk->...ik",
  "b...i,...i->b...",
  "...i->...",
  "ii->i",
  "ii->",
  "bii->b",
  "iij,jk->ik",
  "iji->j",
];

// Every letter has one extent, the ellipsis stands for two axes (or one, in the second operand).
const einsum = fc
  .tuple(fc.constantFrom(...equations), fc.infiniteStream(fc.integer({ min: 1, max: 3 })))
  .map(([equation, drawn]): Case => {
    const extents = new Map<string, number>();
    const extent = (label: string): number => {
      if (!extents.has(label)) extents.set(label, drawn.next().value);
      return extents.get(label)!;
    };
    const operands = equation.split("->")[0]!.split(",");
    const inputs = operands.map((labels) => ({
      shape: (labels.replace("...", "12").match(/./g) ?? []).map(extent),
    }));
    return { inputs, attributes: { equation } };
  });

export const sweeps: readonly Sweep[] = [{ op: "Einsum", cases: einsum, float64: true, runs: 60 }];
