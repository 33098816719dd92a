/**
 * Mends the end of an active segment after a crash.
 *
 * @module
 */

import { READ_CHUNK_BYTES } from "../limits.ts";
import { joinBytes } from "../model/bytes.ts";
import type { FileHandle } from "../platform/file_system.ts";

/** What recovery found at the end of an active segment. */
export type Recovery =
  /** The file was empty or ended in a line feed. */
  | { readonly kind: "clean" }
  /** The last line was whole but for its line feed, which it got. */
  | { readonly kind: "completed" }
  /** The last line was torn and was cut off. */
  | { readonly kind: "cut"; readonly cutBytes: number };

const LINE_FEED = 0x0a;

/**
 * Makes the file end behind a line feed: a whole last line gets its line feed, a torn one is cut off. Costs one small
 * read, whatever the file's size, unless the last line is long.
 *
 * Only the lock's holder may call it, before its first write.
 *
 * @returns What was done, and the length of the file in bytes afterwards.
 */
export function recoverSegment(file: FileHandle): { readonly recovery: Recovery; readonly sizeBytes: number } {
  const { sizeBytes } = file.stat();
  const last = readLastLine(file, sizeBytes);
  if (last.length === 0) return { recovery: { kind: "clean" }, sizeBytes };
  if (isRecord(last)) {
    file.writeSync(Uint8Array.of(LINE_FEED), sizeBytes);
    return { recovery: { kind: "completed" }, sizeBytes: sizeBytes + 1 };
  }
  file.truncate(sizeBytes - last.length);
  return { recovery: { kind: "cut", cutBytes: last.length }, sizeBytes: sizeBytes - last.length };
}

/** The bytes behind the last line feed. */
function readLastLine(file: FileHandle, sizeBytes: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let end = sizeBytes; end > 0;) {
    const start = Math.max(0, end - READ_CHUNK_BYTES);
    const chunk = new Uint8Array(end - start);
    // A file that somebody cuts while it is read yields zeros here, which are no record and are cut as well.
    file.readSync(chunk, start);
    const lineFeed = chunk.lastIndexOf(LINE_FEED);
    chunks.unshift(chunk.subarray(lineFeed + 1));
    if (lineFeed >= 0) break;
    end = start;
  }
  return joinBytes(chunks);
}

function isRecord(line: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line));
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
