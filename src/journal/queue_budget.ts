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

  /** Whether half of them are taken. */
  get isHalfUsed(): boolean {
    return this.#usedBytes > this.#maxBytes / 2;
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
