/**
 * Seeded randomness.
 *
 * @module
 */

/** Marsaglia's xorshift with 32 bits of state; `zerolog/main.go` has the same. */
export class Random {
  #state: number;

  /** @param seed Not 0. */
  constructor(seed: number) {
    this.#state = seed;
  }

  /** The next whole number from 1 to 2^32 - 1. */
  next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state >>> 0;
  }

  /** The next whole number below `bound`. */
  below(bound: number): number {
    return this.next() % bound;
  }

  /** Words of 8 hexadecimal digits each. */
  hex(words: number): string {
    return Array.from(
      { length: words },
      () => this.next().toString(16).padStart(8, "0"),
    ).join("");
  }

  /** One of the choices, of which there is at least one. */
  pick<Choice>(choices: readonly Choice[]): Choice {
    // The index is below the length.
    return choices[this.below(choices.length)]!;
  }
}
