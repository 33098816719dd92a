/**
 * Reads a raw segment.
 *
 * @module
 */

import { LINE_MAX_BYTES, READ_CHUNK_BYTES } from "../limits.ts";
import type { FileHandle } from "../platform/file_system.ts";
import { fileChunks, type FileSpan, LINE_FEED, offsetBehindLast, readSpan } from "./file_bytes.ts";
import { gatherLines, isLineEnd } from "./line_blocks.ts";
import type { LineBlock, SegmentReader } from "./segment_reader.ts";

/**
 * Reads what the file holds now. An active file ends for a reader behind its last line feed: what follows is being
 * written. A sealed one ends at its end.
 *
 * @param file The reader's from now on; its `close` closes it.
 */
export function openRawReader(
  file: FileHandle,
  options: { readonly path: string; readonly kind: "active" | "sealed" },
): SegmentReader {
  const { sizeBytes } = file.stat();
  const end = () => {
    if (options.kind === "sealed") return sizeBytes;
    return offsetBehindLast(file, { end: sizeBytes, isWanted: (byte) => byte === LINE_FEED });
  };
  const forwards: SegmentReader["forwards"] = ({ fromRawOffset = 0, toRawOffset = Infinity } = {}) =>
    gatherLines(fileChunks(file, { start: fromRawOffset, end: Math.min(toRawOffset, end()) }), fromRawOffset);
  return {
    path: options.path,
    form: "raw",
    sizeBytes,
    rawBytes: sizeBytes,
    forwards,
    verify: forwards,
    backwards: ({ fromRawOffset = 0, toRawOffset = Infinity } = {}) =>
      readBackwards(file, { start: fromRawOffset, end: Math.min(toRawOffset, end()) }),
    timeRange: undefined,
    close: () => file.close(),
  };
}

async function* readBackwards(file: FileHandle, span: FileSpan): AsyncGenerator<LineBlock, void, void> {
  let chunkBytes = READ_CHUNK_BYTES;
  for (let end = span.end; end > span.start;) {
    const start = Math.max(span.start, end - chunkBytes);
    const bytes = await readSpan(file, { start, end });
    const isLongest = chunkBytes > LINE_MAX_BYTES;
    const first = start === span.start ? 0 : firstLine(bytes, { isHoleEnough: isLongest });
    if (first === undefined && !isLongest) {
      // A line longer than the chunk is read again with a longer one.
      chunkBytes *= 2;
      continue;
    }
    // A line longer than that is not held: only its start is looked for.
    const rawOffset = first === undefined ? offsetBehindLast(file, { end: start, isWanted: isLineEnd }) : start + first;
    yield first === undefined
      ? { bytes: bytes.subarray(0, 0), rawOffset, skippedBytes: end - rawOffset }
      : { bytes: bytes.subarray(first), rawOffset };
    end = rawOffset;
    chunkBytes = READ_CHUNK_BYTES;
  }
}

/** Where the first line starts that began within these bytes. The last byte may be the end of one that did not. */
function firstLine(bytes: Uint8Array, { isHoleEnough }: { readonly isHoleEnough: boolean }): number | undefined {
  const before = bytes.subarray(0, -1);
  const lineFeed = before.indexOf(LINE_FEED);
  const index = lineFeed < 0 && isHoleEnough ? before.indexOf(0) : lineFeed;
  return index < 0 ? undefined : index + 1;
}
