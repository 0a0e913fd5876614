/** @file What is kept of a suite, picture by picture: plain JSON that a later run goes on from. */

import type { Outcome } from "./attack.ts";

/** What an attack did to a picture, without the picture. */
export type AttackRecord = Pick<
  Outcome,
  "success" | "answer" | "distance" | "queries" | "gradients" | "zeroGradients" | "saturated"
>;

export interface PictureRecord {
  readonly label: number;
  /** The net's answer to the untouched picture. */
  readonly clean: number;
  readonly attacks: Record<string, AttackRecord>;
}

/** How far a suite has come, as plain JSON: a run from here redoes nothing. */
export interface SuiteRecord {
  /** What the numbers hold for; another net, attack, budget or seed does not go on from them. */
  readonly key: string;
  /** By the pictures' numbers. */
  readonly pictures: Record<string, PictureRecord>;
}

/** Whether the net is right about a picture, and no attack has fooled it yet. */
export const standing = (p: PictureRecord | undefined): boolean =>
  p !== undefined && p.clean === p.label && Object.values(p.attacks).every((a) => !a.success);

/** An outcome without its picture. */
export const recordOf = (o: Outcome): AttackRecord => ({
  success: o.success,
  answer: o.answer,
  distance: o.distance,
  queries: o.queries,
  gradients: o.gradients,
  zeroGradients: o.zeroGradients,
  saturated: o.saturated,
});
