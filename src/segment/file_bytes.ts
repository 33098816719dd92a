/**
 * Pieces of a segment's file: from one offset on, or looked for from the end back.
 *
 * @module
 */

import { READ_CHUNK_BYTES } from "../limits.ts";
import type { FileHandle } from "../platform/file_system.ts";

/** Part of a file. */
export interface FileSpan {
  readonly start: number;
  /** Offset behind the last byte. */
  readonly end: number;
}

/** The byte that ends a line. */
export const LINE_FEED = 0x0a;

const FIRST_SCAN_BYTES = 4096;

/** The bytes of a span; fewer when the file ends before. */
export async function readSpan(file: FileHandle, { start, end }: FileSpan): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  return bytes.subarray(0, await file.read(bytes, start));
}

/** The bytes of a span, one chunk behind the other. */
export async function* fileChunks(
  file: FileHandle,
  { start, end, chunkBytes = READ_CHUNK_BYTES }: FileSpan & { readonly chunkBytes?: number },
): AsyncGenerator<Uint8Array, void, void> {
  yield* readSpans(file, chunkSpans({ start, end }, chunkBytes));
}

/** The bytes of spans, up to where the file ends. Each is read while the one before it is used. */
export async function* readSpans(
  file: FileHandle,
  spans: Iterable<FileSpan>,
): AsyncGenerator<Uint8Array, void, void> {
  let ahead: Promise<Uint8Array> | undefined;
  for (const span of spans) {
    const bytes = ahead;
    ahead = readSpan(file, span);
    // Whoever stops early does not wait for it.
    ahead.catch(() => {});
    if (bytes !== undefined) yield await bytes;
  }
  if (ahead !== undefined) yield await ahead;
}

function* chunkSpans({ start, end }: FileSpan, chunkBytes: number): Generator<FileSpan, void, void> {
  for (let offset = start; offset < end; offset += chunkBytes) {
    yield { start: offset, end: Math.min(offset + chunkBytes, end) };
  }
}

/**
 * The offset behind the last byte before `end` that is wanted; 0 when there is none. Holds a chunk at a time, however far
 * back it has to look.
 */
export function offsetBehindLast(
  file: FileHandle,
  { end, isWanted }: { readonly end: number; readonly isWanted: (byte: number) => boolean },
): number {
  let chunkBytes = FIRST_SCAN_BYTES;
  for (let chunkEnd = end; chunkEnd > 0;) {
    const start = Math.max(0, chunkEnd - chunkBytes);
    const chunk = new Uint8Array(chunkEnd - start);
    file.readSync(chunk, start);
    // The array's own findLastIndex takes ten times as long.
    for (let index = chunk.length - 1; index >= 0; index--) {
      if (isWanted(chunk[index] ?? 0)) return start + index + 1;
    }
    chunkEnd = start;
    chunkBytes = Math.min(chunkBytes * 2, READ_CHUNK_BYTES);
  }
  return 0;
}
