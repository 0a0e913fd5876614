/** @file How each picture of a batch fares, and what is done for those that nothing draws anywhere. */

import { type Tensor, toNumbers } from "../tensor/tensor.ts";
import type { Subject } from "./axes.ts";
import { LEAK_STEPS } from "./leak.ts";
import type { History } from "./run-state.ts";

export type Course = { -readonly [K in keyof History]: History[K] };

/** Runs the step that comes next; `plain` without transforms. */
export type StepRun = (plain?: boolean) => Promise<Record<string, Tensor>>;

/** So many silent steps in a row, and it is asked whether the transforms only hid what the picture is for. */
const PATIENCE = 8;

/** A picture at its start, of some activation. */
export const courseOf = (activation: number): Course => ({
  activation,
  instead: false,
  leaking: 0,
  leaked: 0,
  silent: 0,
});

/** Takes down a step. */
export function noted(course: Course, objective: number, signal: number): void {
  course.objective = { start: course.objective?.start ?? objective, end: objective };
  if (course.leaking > 0) {
    course.leaking--;
    course.leaked++;
  }
  course.silent = signal === 0 ? course.silent + 1 : 0;
}

/** The pictures whose objective has no gradient at all, as they are without transforms. */
async function dead(courses: readonly Course[], run: StepRun): Promise<Course[]> {
  const signals = toNumbers((await run(true)).signal!);
  return courses.filter((_, i) => signals[i] === 0);
}

/** Before the first step: gives the dead their other objective, and lets gradients through rectifiers where that does not help. */
export async function wake(courses: readonly Course[], subjects: readonly Subject[], run: StepRun): Promise<void> {
  let found = await dead(courses, run);
  const replaceable = found.filter((course) => subjects[courses.indexOf(course)]!.instead);
  for (const course of replaceable) course.instead = true;
  if (replaceable.length > 0) found = await dead(courses, run);
  for (const course of found) course.leaking = LEAK_STEPS;
}

/** After a step: lets gradients through for the pictures that have died on the way. */
export async function checkSilent(courses: readonly Course[], run: StepRun): Promise<void> {
  const suspects = courses.filter((course) => course.leaking === 0 && course.silent >= PATIENCE);
  if (suspects.length === 0) return;
  const found = await dead(courses, run);
  for (const course of suspects) {
    if (found.includes(course)) course.leaking = LEAK_STEPS;
    course.silent = 0;
  }
}

/** @param off Whether the unit is zero in the end. */
export function notesOf({ instead, leaked }: Course, subject: Subject, off: boolean): string[] {
  const still = off ? ", and it is still off" : "";
  return [
    ...(instead ? [subject.instead!.note + still] : []),
    ...(leaked > 0
      ? [
          `nothing drew the picture anywhere: for ${leaked} steps gradients passed closed rectifiers${instead ? "" : still}`,
        ]
      : []),
  ];
}
