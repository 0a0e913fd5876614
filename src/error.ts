/** @file The one error class for what a user can mend: wrong files, wrong addresses, wrong sizes. */

/**
 * Input that cannot be worked with. The message is one sentence that says what was wrong, what was expected and what to
 * do; the command line prints it without a stack trace and exits with 2. Faults of fovea's own are plain `Error`s whose
 * message starts with `internal:`.
 */
export class InputError extends Error {
  override readonly name = "InputError";
}

/** Throws an `InputError` unless `condition` holds. */
export function expect(condition: unknown, message: () => string): asserts condition {
  if (!condition) throw new InputError(message());
}
