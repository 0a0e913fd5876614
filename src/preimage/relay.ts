/** @file Passes on what a generator yields, changed on the way. */

/** Yields `change` of all that `steps` yields and returns what it returns; closes it when nobody wants more. */
export async function* relay<Y, Z, R>(steps: AsyncGenerator<Y, R>, change: (yielded: Y) => Z): AsyncGenerator<Z, R> {
  try {
    for (;;) {
      const next = await steps.next();
      if (next.done) return next.value;
      yield change(next.value);
    }
  } finally {
    await steps.return(undefined as never);
  }
}
