/**
 * Cuts blocks into lines.
 *
 * @module
 */

import type { LineBlock } from "./segment_reader.ts";

/** One line of a segment, without its line feed. */
export interface Line {
  /** `undefined` when its bytes are not UTF-8, and so not what was written. */
  readonly text: string | undefined;
  /** Where it starts in the raw segment. */
  readonly rawOffset: number;
  /** Where the next line starts. */
  readonly rawEnd: number;
}

const decoder = new TextDecoder("utf-8", { fatal: true });
const LINE_FEED = 0x0a;

/** The lines of a block, blank ones left out. A carriage return before the line feed and a byte-order mark are not part of a line. */
export function* splitLines(block: LineBlock): Generator<Line, void, void> {
  const { bytes } = block;
  for (let start = 0; start < bytes.length;) {
    const lineFeed = bytes.indexOf(LINE_FEED, start);
    const end = lineFeed < 0 ? bytes.length : lineFeed;
    const next = lineFeed < 0 ? end : lineFeed + 1;
    const text = decodeText(bytes.subarray(start, end));
    if (text === undefined || text.trim() !== "") {
      yield { text, rawOffset: block.rawOffset + start, rawEnd: block.rawOffset + next };
    }
    start = next;
  }
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
