/**
 * Positions in a journal that stay valid while it rotates and compresses.
 *
 * @module
 */

import type { JournalKey } from "./journal_key.ts";

/** Opaque text: the place behind one record of one journal. Give it back as `after` to go on reading there. */
export type Cursor = string;

/** What a {@linkcode Cursor} says. */
export interface CursorPosition {
  readonly key: JournalKey;
  /** Base name of the sealed segment; `null` when it was the active one. */
  readonly segment: string | null;
  /** CRC-32 of the active segment's first line: finds it again after it was sealed. `null` for a sealed one. */
  readonly firstLine: number | null;
  /** Base name of the sealed segment before the active one, `null` for none: it stands behind that one still. */
  readonly previous: string | null;
  /** Offset in the raw segment behind the record. */
  readonly rawOffset: number;
}

/** Writes a position as opaque text that needs no escaping in a URL. */
export function encodeCursor(position: CursorPosition): Cursor {
  const { key, segment, firstLine, previous, rawOffset } = position;
  const text = JSON.stringify([key.stack, key.server, key.signal, segment, firstLine, previous, rawOffset]);
  return new TextEncoder().encode(text).toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * Reads a cursor back.
 *
 * @throws {RangeError} If `cursor` is not one that this version wrote.
 */
export function decodeCursor(cursor: Cursor): CursorPosition {
  const [stack, server, signal, segment, firstLine, previous, rawOffset] = cursorFields(cursor);
  const isText = [stack, server, signal].every((part) => typeof part === "string");
  const isPlace = segment === null
    ? Number.isSafeInteger(firstLine)
    : typeof segment === "string" && firstLine === null;
  const isOrdered = previous === null || typeof previous === "string";
  const isOffset = Number.isSafeInteger(rawOffset) && Number(rawOffset) >= 0;
  if (!isText || !isPlace || !isOrdered || !isOffset) throw badCursor(cursor);
  const key = { stack, server, signal } as JournalKey;
  return { key, segment, firstLine, previous, rawOffset } as CursorPosition;
}

function cursorFields(cursor: Cursor): readonly unknown[] {
  try {
    const fields: unknown = JSON.parse(
      new TextDecoder().decode(Uint8Array.fromBase64(cursor, { alphabet: "base64url" })),
    );
    return Array.isArray(fields) ? fields : [];
  } catch {
    throw badCursor(cursor);
  }
}

function badCursor(cursor: Cursor): RangeError {
  return new RangeError(`Cannot read from a cursor: expected one that Varve gave out, received "${cursor}"`);
}
