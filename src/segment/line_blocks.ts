/**
 * Cuts a stream of bytes into blocks of whole lines.
 *
 * @module
 */

import { LINE_MAX_BYTES } from "../limits.ts";
import { joinBytes } from "../model/bytes.ts";
import { LINE_FEED } from "./file_bytes.ts";
import type { LineBlock } from "./segment_reader.ts";

const NO_BYTES = new Uint8Array(0);

/** Whether a byte stands in no line: a line feed, or a NUL of a hole that a power loss left. */
export function isLineEnd(byte: number): boolean {
  return byte === LINE_FEED || byte === 0;
}

/**
 * The whole lines of a stream, a block for each chunk that ends one. What stands behind the last line feed is a line. Holds a
 * chunk and a line of {@linkcode LINE_MAX_BYTES}: of a longer line only the length is given.
 *
 * @param chunks The stream.
 * @param rawOffset Where it starts in the raw segment.
 */
export async function* gatherLines(
  chunks: AsyncIterable<Uint8Array>,
  rawOffset: number,
): AsyncGenerator<LineBlock, void, void> {
  const gathering = new Gathering(rawOffset);
  for await (const chunk of chunks) yield* gathering.add(chunk);
  yield* gathering.finish();
}

class Gathering {
  /** Where the line starts that is not whole yet. */
  #rawOffset: number;
  #pieces: Uint8Array[] = [];
  #pendingBytes = 0;
  #skippedBytes = 0;

  constructor(rawOffset: number) {
    this.#rawOffset = rawOffset;
  }

  *add(chunk: Uint8Array): Generator<LineBlock, void, void> {
    const rest = this.#skippedBytes > 0 ? yield* this.#skip(chunk) : chunk;
    const length = rest.lastIndexOf(LINE_FEED) + 1;
    if (length > 0) {
      this.#push(rest.subarray(0, length));
      yield this.#take(this.#pendingBytes);
    }
    this.#push(rest.subarray(length));
    if (this.#pendingBytes <= LINE_MAX_BYTES) return;
    // A hole ends a line as well, so that the good line behind a long one is not lost with it.
    const hole = joinBytes(this.#pieces).lastIndexOf(0) + 1;
    if (hole > 0) yield this.#take(hole);
    else this.#startSkipping();
  }

  *finish(): Generator<LineBlock, void, void> {
    if (this.#skippedBytes > 0) yield this.#takeSkipped();
    else if (this.#pendingBytes > 0) yield this.#take(this.#pendingBytes);
  }

  #push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#pendingBytes += piece.length;
  }

  /** The first `length` bytes that are pending, which end a line. */
  #take(length: number): LineBlock {
    const bytes = joinBytes(this.#pieces);
    const rawOffset = this.#rawOffset;
    this.#rawOffset += length;
    this.#pieces = length < bytes.length ? [bytes.subarray(length)] : [];
    this.#pendingBytes = bytes.length - length;
    return { bytes: bytes.subarray(0, length), rawOffset };
  }

  #startSkipping(): void {
    this.#skippedBytes = this.#pendingBytes;
    this.#pieces = [];
    this.#pendingBytes = 0;
  }

  /** Goes on with a line that is too long; gives back what follows it. */
  *#skip(chunk: Uint8Array): Generator<LineBlock, Uint8Array, void> {
    const ends = [chunk.indexOf(LINE_FEED), chunk.indexOf(0)].filter((index) => index >= 0);
    const length = ends.length === 0 ? 0 : Math.min(...ends) + 1;
    this.#skippedBytes += length > 0 ? length : chunk.length;
    if (length === 0) return NO_BYTES;
    yield this.#takeSkipped();
    return chunk.subarray(length);
  }

  #takeSkipped(): LineBlock {
    const block = { bytes: NO_BYTES, rawOffset: this.#rawOffset, skippedBytes: this.#skippedBytes };
    this.#rawOffset += this.#skippedBytes;
    this.#skippedBytes = 0;
    return block;
  }
}
