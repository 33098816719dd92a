/**
 * The bytes that may wait for the disk, shared by the journals of a store.
 *
 * @module
 */

/** See the module. */
export class QueueBudget {
  readonly #maxBytes: number;
  #usedBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that wait. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Reserves `bytes`, or returns false when they do not fit. */
  take(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.#maxBytes) return false;
    this.#usedBytes += bytes;
    return true;
  }

  /** Gives reserved bytes back. */
  give(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}
