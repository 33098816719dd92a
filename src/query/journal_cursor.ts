/**
 * Where the reading of one journal stands.
 *
 * @module
 */

import { type Cursor, encodeCursor } from "../model/cursor.ts";
import type { JournalKey } from "../model/journal_key.ts";
import type { RecordOrder } from "../model/query.ts";
import type { RecordPosition, ScannedBlock, SegmentPlace } from "./journal_scan.ts";

/** Part of a journal: a line, or a block of them. */
export interface JournalSpan {
  readonly place: SegmentPlace;
  readonly rawOffset: number;
  readonly rawEnd: number;
}

/** See the module. */
export class JournalCursor {
  readonly #key: JournalKey;
  readonly #order: RecordOrder;
  readonly #after: RecordPosition | undefined;
  #first: JournalSpan | undefined;
  #last: JournalSpan | undefined;
  #isPastLast = false;

  /** Reading begins behind `after`, or with the first record of that order. */
  constructor(
    key: JournalKey,
    { order, after }: { readonly order: RecordOrder; readonly after: RecordPosition | undefined },
  ) {
    this.#key = key;
    this.#order = order;
    this.#after = after;
  }

  /** Where reading began; `undefined` where it found nothing to begin with. */
  get start(): Cursor | undefined {
    return this.#encode(this.#after ?? (this.#first && sideOf(this.#first, { order: this.#order, isPast: false })));
  }

  /** Where it goes on; `undefined` where it found nothing yet. */
  get reached(): Cursor | undefined {
    const last = this.#last && sideOf(this.#last, { order: this.#order, isPast: this.#isPastLast });
    return this.#encode(last ?? this.#after);
  }

  /** Everything before this span was given, or is not asked for. */
  moveTo(span: JournalSpan): void {
    this.#first ??= span;
    this.#last = span;
    this.#isPastLast = false;
  }

  /** So was the span. */
  movePast(span: JournalSpan): void {
    this.#last = span;
    this.#isPastLast = true;
  }

  #encode(position: RecordPosition | undefined): Cursor | undefined {
    return position && encodeCursor({ ...position, key: this.#key });
  }
}

/** The lines of a block that are meant. */
export function spanOf({ place, block, fromRawOffset, toRawOffset }: ScannedBlock): JournalSpan {
  const rawEnd = block.rawOffset + (block.skippedBytes ?? block.bytes.length);
  return { place, rawOffset: Math.max(block.rawOffset, fromRawOffset), rawEnd: Math.min(rawEnd, toRawOffset) };
}

/** The place before a span in some order, or past it. */
export function sideOf(
  { place, rawOffset, rawEnd }: JournalSpan,
  { order, isPast }: { readonly order: RecordOrder; readonly isPast: boolean },
): RecordPosition {
  const { segment, firstLine, previous } = place;
  return { segment, firstLine, previous, rawOffset: (order === "oldest") === isPast ? rawEnd : rawOffset };
}
