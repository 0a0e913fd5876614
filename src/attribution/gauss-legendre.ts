/** @file The rule of Gauss and Legendre: places and weights that integrate polynomials of degree 2n − 1 over 0…1 exactly. */

export interface Node {
  readonly at: number;
  readonly weight: number;
}

/**
 * `n` places in 0…1, rising. They are the zeros of Pₙ, found by Newton's method from cos(π (i + 3/4) / (n + 1/2)), with
 * weights 2 / ((1 − x²) P′ₙ(x)²) on −1…1 (Abramowitz & Stegun 25.4.29).
 */
export function gaussLegendre(n: number): Node[] {
  return Array.from({ length: n }, (_, i): Node => {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    for (let round = 0; round < 8; round++) {
      const { value, slope } = legendre(n, x);
      x -= value / slope;
    }
    const { slope } = legendre(n, x);
    return { at: (x + 1) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
  });
}

/** Pₙ and its slope: (k + 1) Pₖ₊₁ = (2k + 1) x Pₖ − k Pₖ₋₁ and (x² − 1) P′ₙ = n (x Pₙ − Pₙ₋₁). */
function legendre(n: number, x: number): { readonly value: number; readonly slope: number } {
  let [before, value] = [0, 1];
  for (let k = 0; k < n; k++) [before, value] = [value, ((2 * k + 1) * x * value - k * before) / (k + 1)];
  return { value, slope: (n * (x * value - before)) / (x * x - 1) };
}
