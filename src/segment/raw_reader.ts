/**
 * Reads a raw segment.
 *
 * @module
 */

import { READ_CHUNK_BYTES } from "../limits.ts";
import type { FileHandle } from "../platform/file_system.ts";
import type { LineBlock, SegmentReader } from "./segment_reader.ts";

const LINE_FEED = 0x0a;

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
  const hasOpenEnd = options.kind === "active";
  return {
    path: options.path,
    rawBytes: sizeBytes,
    forwards: (selection) => readForwards(file, { start: selection?.fromRawOffset ?? 0, sizeBytes, hasOpenEnd }),
    backwards: () => readBackwards(file, { sizeBytes, hasOpenEnd }),
    timeRange: undefined,
    close: () => file.close(),
  };
}

async function* readForwards(
  file: FileHandle,
  extent: { readonly start: number; readonly sizeBytes: number; readonly hasOpenEnd: boolean },
): AsyncGenerator<LineBlock, void, void> {
  let chunkBytes = READ_CHUNK_BYTES;
  for (let offset = extent.start; offset < extent.sizeBytes;) {
    const bytes = await readBytes(file, offset, Math.min(offset + chunkBytes, extent.sizeBytes));
    const isEnd = bytes.length < chunkBytes;
    const length = isEnd && !extent.hasOpenEnd ? bytes.length : bytes.lastIndexOf(LINE_FEED) + 1;
    if (length > 0) yield { bytes: bytes.subarray(0, length), rawOffset: offset };
    offset += length;
    if (isEnd) return;
    // A line longer than the chunk is read again with a longer one.
    chunkBytes = length === 0 ? chunkBytes * 2 : READ_CHUNK_BYTES;
  }
}

async function* readBackwards(
  file: FileHandle,
  extent: { readonly sizeBytes: number; readonly hasOpenEnd: boolean },
): AsyncGenerator<LineBlock, void, void> {
  let isOpenEnd = extent.hasOpenEnd;
  let chunkBytes = READ_CHUNK_BYTES;
  for (let end = extent.sizeBytes; end > 0;) {
    const start = Math.max(0, end - chunkBytes);
    const bytes = await readBytes(file, start, end);
    const length = isOpenEnd ? bytes.lastIndexOf(LINE_FEED) + 1 : bytes.length;
    // The first line of the chunk began before it, unless the file did.
    const first = start === 0 ? 0 : bytes.subarray(0, Math.max(0, length - 1)).indexOf(LINE_FEED) + 1;
    if (length > first && (start === 0 || first > 0)) {
      yield { bytes: bytes.subarray(first, length), rawOffset: start + first };
      end = start + first;
      isOpenEnd = false;
      chunkBytes = READ_CHUNK_BYTES;
    } else if (start === 0) {
      return;
    } else {
      chunkBytes *= 2;
    }
  }
}

async function readBytes(file: FileHandle, start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  return bytes.subarray(0, await file.read(bytes, start));
}
