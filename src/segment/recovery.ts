/**
 * Mends the end of an active segment after a crash.
 *
 * @module
 */

import { LINE_MAX_BYTES } from "../limits.ts";
import type { FileHandle } from "../platform/file_system.ts";
import { type FileSpan, LINE_FEED, offsetBehindLast } from "./file_bytes.ts";
import { isLineEnd } from "./line_blocks.ts";
import { recordOfBytes } from "./lines.ts";

/** What recovery found at the end of an active segment. */
export type Recovery =
  /** The file was empty or ended in a line feed. */
  | { readonly kind: "clean" }
  /** The last line was whole but for its line feed, which it got. */
  | { readonly kind: "completed" }
  /** What stood behind the last whole line was no line and was cut off. */
  | { readonly kind: "cut"; readonly cutBytes: number };

/** A file as recovery leaves it. */
interface RecoveredSegment {
  readonly recovery: Recovery;
  /** Its length afterwards. */
  readonly sizeBytes: number;
}

/**
 * Pieces between holes that are looked at for a record. A power loss leaves a hole or two; a last line with more of them is
 * something else, and is left as it is.
 */
const PIECES_MAX = 64;

/**
 * Makes the file end behind a line feed: a whole last line gets its line feed, a torn one is cut off, and so are the NULs
 * that a power loss leaves where a file grew and its bytes did not come. A line directly behind such a hole, or directly
 * before it, is a line. One too long to be read is left, with a line feed. Costs a few small reads, whatever the file's
 * size, unless the last line is long; memory is bounded by {@linkcode LINE_MAX_BYTES}.
 *
 * Only the lock's holder may call it, before its first write.
 *
 * @returns What was done, and the length of the file in bytes afterwards.
 */
export function recoverSegment(file: FileHandle): RecoveredSegment {
  const { sizeBytes } = file.stat();
  let end = sizeBytes;
  for (let pieces = 0; pieces < PIECES_MAX; pieces++) {
    end = offsetBehindLast(file, { end, isWanted: (byte) => byte !== 0 });
    const start = offsetBehindLast(file, { end, isWanted: isLineEnd });
    const piece: FileSpan = { start, end };
    if (start < end && isRecord(file, piece)) return complete(file, { sizeBytes, end });
    end = start;
    if (start === 0 || endsInLineFeed(file, start)) return cut(file, { sizeBytes, end });
  }
  return complete(file, { sizeBytes, end: sizeBytes });
}

/** Keeps what stands before `end`, and ends its last line. */
function complete(file: FileHandle, { sizeBytes, end }: { sizeBytes: number; end: number }): RecoveredSegment {
  const { recovery } = cut(file, { sizeBytes, end });
  file.writeSync(Uint8Array.of(LINE_FEED), end);
  return { recovery: recovery.kind === "cut" ? recovery : { kind: "completed" }, sizeBytes: end + 1 };
}

function cut(file: FileHandle, { sizeBytes, end }: { sizeBytes: number; end: number }): RecoveredSegment {
  if (end === sizeBytes) return { recovery: { kind: "clean" }, sizeBytes };
  file.truncate(end);
  return { recovery: { kind: "cut", cutBytes: sizeBytes - end }, sizeBytes: end };
}

/** Whether it is a record, or too long to be told: nothing is cut off that might be one. */
function isRecord(file: FileHandle, { start, end }: FileSpan): boolean {
  if (end - start > LINE_MAX_BYTES) return true;
  const bytes = new Uint8Array(end - start);
  file.readSync(bytes, start);
  return recordOfBytes(bytes) !== undefined;
}

function endsInLineFeed(file: FileHandle, end: number): boolean {
  const last = new Uint8Array(1);
  file.readSync(last, end - 1);
  return last[0] === LINE_FEED;
}
