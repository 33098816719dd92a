/**
 * What happened in a simulation, counted by kind, so that one sees that it did.
 *
 * @module
 */

/** See the module. */
export class Counts {
  readonly #counts = new Map<string, number>();

  /** Counts something that happened. */
  add(what: string, times = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
  }

  /** How often it happened. */
  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  /** Adds what happened elsewhere. */
  include(other: Counts): void {
    for (const [what, times] of other.#counts) this.add(what, times);
  }

  /** Everything, sorted by name. */
  entries(): readonly (readonly [string, number])[] {
    return [...this.#counts].sort(([a], [b]) => a < b ? -1 : 1);
  }
}
