/**
 * Bytes that grow in place, and of which parts can be kept as they are at no cost.
 *
 * @module
 */

const NO_BYTES = new Uint8Array(0);

/** A file's bytes at one moment. */
export class MemoryBytes {
  /** The content, followed by unused capacity, which is zero. */
  #bytes: Uint8Array;
  #sizeBytes: number;
  /** How many bytes from the start somebody keeps: these are never changed in place. */
  #keptBytes: number;

  /** Starts with `content`, which is never changed. */
  constructor(content: Uint8Array = NO_BYTES) {
    this.#bytes = content;
    this.#sizeBytes = content.length;
    this.#keptBytes = content.length;
  }

  /** How many there are. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The first `sizeBytes` bytes as they are now, for ever. Costs no copy, until they are written over. */
  keep(sizeBytes: number = this.#sizeBytes): Uint8Array {
    this.#keptBytes = Math.max(this.#keptBytes, sizeBytes);
    return this.#bytes.subarray(0, sizeBytes);
  }

  /** Fills `buffer` from `offset` as far as the bytes go, and returns how many there were. */
  read(buffer: Uint8Array, offset: number): number {
    const available = this.#bytes.subarray(0, this.#sizeBytes).subarray(offset, offset + buffer.length);
    buffer.set(available);
    return available.length;
  }

  /** Copies `buffer` to `offset`. A gap before it becomes zeros; no bytes change nothing. */
  write(buffer: Uint8Array, offset: number): void {
    if (buffer.length === 0) return;
    const endBytes = offset + buffer.length;
    this.#prepare(offset, endBytes);
    this.#bytes.set(buffer, offset);
    this.#sizeBytes = Math.max(this.#sizeBytes, endBytes);
  }

  /** Sets the length, with zeros at the end when there were fewer. */
  truncate(sizeBytes: number): void {
    if (sizeBytes < this.#sizeBytes) {
      this.#prepare(sizeBytes, this.#sizeBytes);
      this.#bytes.fill(0, sizeBytes, this.#sizeBytes);
    } else {
      this.#prepare(this.#sizeBytes, sizeBytes);
    }
    this.#sizeBytes = sizeBytes;
  }

  /** Makes the bytes from `startBytes` to `endBytes` ours to change. Doubles the room, so that appending costs constant time a byte. */
  #prepare(startBytes: number, endBytes: number): void {
    const isTooSmall = endBytes > this.#bytes.length;
    if (!isTooSmall && startBytes >= this.#keptBytes) return;
    const bytes = new Uint8Array(isTooSmall ? Math.max(endBytes, this.#bytes.length * 2) : this.#bytes.length);
    bytes.set(this.#bytes.subarray(0, this.#sizeBytes));
    this.#bytes = bytes;
    this.#keptBytes = 0;
  }
}
