/**
 * What a query says, checked.
 *
 * @module
 */

import { type CursorPosition, decodeCursor } from "../model/cursor.ts";
import type { Filter } from "../model/filter.ts";
import type { JournalKey } from "../model/journal_key.ts";
import type { JournalSelection, ReadQuery, RecordSelection } from "../model/query.ts";
import { BEFORE_ALL_TIMES, BEHIND_ALL_TIMES, timeFromInput, type TimeRange } from "../model/time.ts";
import { parseFilter } from "../filter/syntax.ts";

/** Which records are asked for; what is `undefined` stands for all. */
export interface AskedRecords {
  readonly range: TimeRange | undefined;
  readonly filter: Filter | undefined;
}

/**
 * What a selection says of records.
 *
 * @throws {RangeError} If a time cannot be used.
 * @throws {FilterSyntaxError} If the filter's text cannot be understood.
 */
export function askedRecords(selection: RecordSelection): AskedRecords {
  const { filter } = selection;
  return { range: rangeOf(selection), filter: typeof filter === "string" ? parseFilter(filter) : filter };
}

/**
 * The places that reading goes on from.
 *
 * @throws {RangeError} If a cursor is none, or of a journal that the query does not ask for.
 */
export function positionsOf(query: ReadQuery): readonly CursorPosition[] {
  const { after = [] } = query;
  const positions = (typeof after === "string" ? [after] : after).map(decodeCursor);
  for (const { key } of positions) {
    if (isAsked(key, query)) continue;
    const place = `${key.stack}/${key.server}/${key.signal}`;
    throw new RangeError(`Cannot read from a cursor: it is of journal "${place}", which the query does not ask for`);
  }
  return positions;
}

/** Checks how many records are asked for; throws `RangeError` where that is no whole number. */
export function checkCount(count: number, of: { readonly action: string; readonly name: string }): void {
  if (Number.isSafeInteger(count) && count >= 0) return;
  throw new RangeError(`Cannot ${of.action}: expected "${of.name}" to be a whole number, received ${count}`);
}

function rangeOf({ from, to }: RecordSelection): TimeRange | undefined {
  if (from === undefined && to === undefined) return undefined;
  return {
    earliest: from === undefined ? BEFORE_ALL_TIMES : timeFromInput(from, "from"),
    // `to` is exclusive, and a range's ends are inclusive.
    latest: to === undefined ? BEHIND_ALL_TIMES : timeFromInput(to, "to") - 1n,
  };
}

function isAsked({ stack, server, signal }: JournalKey, query: JournalSelection): boolean {
  const servers = typeof query.server === "string" ? [query.server] : query.server;
  return signal === query.signal && (query.stack ?? stack) === stack && (servers?.includes(server) ?? true);
}
