/**
 * Text that repeats within a body, decoded once.
 *
 * @module
 */

/** A power of two: the hash is masked with it. Typical bodies have some dozens of keys. */
const SLOT_COUNT = 512;

/** One remembered text. */
interface Slot {
  readonly start: number;
  readonly length: number;
  readonly text: string;
}

/**
 * Gives the same string for the same bytes, as long as no other ones took their slot. Attribute keys repeat with every
 * record; one string for each spares decoding it, and spares the runtime looking up its hash for every record's field.
 */
export class KeyCache {
  readonly #body: Uint8Array;
  readonly #decode: (start: number, end: number) => string;
  readonly #slots: (Slot | undefined)[] = new Array(SLOT_COUNT).fill(undefined);

  /** For the text of one body, which must not change meanwhile. */
  constructor(body: Uint8Array, decode: (start: number, end: number) => string) {
    this.#body = body;
    this.#decode = decode;
  }

  /** The text from `start` to `end`. */
  text(start: number, end: number): string {
    const index = this.#hash(start, end) & (SLOT_COUNT - 1);
    const slot = this.#slots[index];
    if (slot !== undefined && this.#holds(slot, start, end)) return slot.text;
    const text = this.#decode(start, end);
    this.#slots[index] = { start, length: end - start, text };
    return text;
  }

  /** Keys that differ mostly do so in their length, their end or their middle, seldom in how they start. */
  #hash(start: number, end: number): number {
    const body = this.#body;
    const middle = body[(start + end) >>> 1] ?? 0;
    return (end - start) + 31 * (body[end - 1] ?? 0) + 7 * middle + 3 * (body[end - 3] ?? 0);
  }

  #holds({ start: known, length }: Slot, start: number, end: number): boolean {
    if (length !== end - start) return false;
    const body = this.#body;
    for (let offset = 0; offset < length; offset++) if (body[known + offset] !== body[start + offset]) return false;
    return true;
  }
}
