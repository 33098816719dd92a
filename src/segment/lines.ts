/**
 * Cuts blocks into lines.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import type { LineBlock, SegmentReader } from "./segment_reader.ts";

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

/**
 * The CRC-32 of a segment's first line, which tells it from every other one: lines carry the time. The same before and
 * after sealing and compression; `undefined` while there is no whole line.
 */
export async function firstLineChecksum(reader: SegmentReader): Promise<number | undefined> {
  for await (const { bytes } of reader.forwards()) return crc32(bytes.subarray(0, bytes.indexOf(LINE_FEED) + 1));
  return undefined;
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
