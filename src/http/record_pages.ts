/**
 * Pages of records, and the texts that lead from one to the next.
 *
 * Such a text stands for a place in every journal that a page was read from. Because it names a place in each of them and no
 * time, no record is given twice or missed however their times lie, and while journals rotate, compress and are pruned.
 *
 * @module
 */

import { encodeName } from "../inventory/folder_names.ts";
import { ANSWER_MAX_CHARS, PAGE_PLACE_MAX_CHARS } from "../limits.ts";
import { type Cursor, decodeCursor } from "../model/cursor.ts";
import type { JournalKey } from "../model/journal_key.ts";
import { encodeRecord } from "../model/record.ts";
import type { RecordSelection, StoredRecord } from "../model/query.ts";
import type { Store } from "../store.ts";

/** Which page is asked for. */
export interface PageQuery extends RecordSelection {
  /** How many records it has at most. */
  readonly limit: number;
  /** The first records behind this place. */
  readonly after?: readonly Cursor[] | undefined;
  /** The last records before this place, where `after` is not given. Default: the newest ones. */
  readonly before?: readonly Cursor[] | undefined;
}

/** One page. */
export interface RecordPage {
  /** Oldest first, each as the JSON of `{ stack, server, record }`. */
  readonly records: readonly string[];
  /** Leads to what comes behind the last record; `null` where nothing is stored yet, or where there are too many journals. */
  readonly next: string | null;
  /** Leads to what comes before the first record; `null` where there is nothing, or where there are too many journals. */
  readonly previous: string | null;
}

/**
 * Reads a page. Ends early once it is {@linkcode ANSWER_MAX_CHARS} long. Holds its text; see {@linkcode Store.read} for what it costs to find them.
 *
 * @throws {RangeError} If a place is of a journal that the query does not ask for.
 * @throws {FilterSyntaxError} If a regular expression of the filter's is refused.
 */
export function readPage(store: Store, query: PageQuery): Promise<RecordPage> {
  return query.after === undefined ? pageBefore(store, query) : pageAfter(store, query);
}

/**
 * Reads a text that an earlier page gave. Whether it was one of the same query shows when a page is read.
 *
 * @throws {RangeError} If it is none.
 */
export function cursorsOfPlace(text: string): readonly Cursor[] {
  const cursors = text.split(PLACE_SEPARATOR);
  for (const { key: { stack, server } } of cursors.map(decodeCursor)) {
    encodeName(stack, "stack");
    encodeName(server, "server");
  }
  return cursors;
}

/** None of the characters of a cursor, and one that an address takes as it is. */
const PLACE_SEPARATOR = ".";

async function pageAfter(store: Store, { before: _before, ...query }: PageQuery): Promise<RecordPage> {
  const stream = store.read({ ...query, order: "oldest" });
  const page = new PageText(query.limit);
  for await (const stored of stream) {
    page.add(stored);
    if (page.isFull) break;
  }
  return { records: page.records, next: placeOf(stream.reached), previous: placeOf(stream.start) };
}

async function pageBefore(store: Store, { before, limit, ...selection }: PageQuery): Promise<RecordPage> {
  const stream = store.read({ ...selection, ...serversOf(selection, before), after: before, order: "newest" });
  // What a journal holds that was empty or missing at that place came after it.
  const known = before && new Set(before.map(journalOf));
  const ofKnown = (cursors: readonly Cursor[]) => cursors.filter((cursor) => known?.has(journalOf(cursor)) ?? true);
  const page = new PageText(limit);
  let reached: readonly Cursor[] = [];
  let hasOlder = false;
  for await (const stored of stream) {
    if (known?.has(nameOf(stored.key)) === false) continue;
    // One more is looked for, to know whether there is any.
    hasOlder = page.isFull;
    if (hasOlder) break;
    page.add(stored);
    if (page.isFull) reached = stream.reached;
  }
  return {
    records: page.records.toReversed(),
    next: placeOf(ofKnown(stream.start)),
    previous: hasOlder ? placeOf(ofKnown(reached)) : null,
  };
}

/** The servers of a place, where none are asked for: others came after it, and need not be read. */
function serversOf({ server }: RecordSelection, before: readonly Cursor[] | undefined): {
  readonly server?: PageQuery["server"];
} {
  if (server !== undefined || before === undefined) return {};
  return { server: [...new Set(before.map((cursor) => decodeCursor(cursor).key.server))] };
}

/** Records as text, as many as fit. */
class PageText {
  readonly #limit: number;
  readonly #records: string[] = [];
  #chars = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get records(): readonly string[] {
    return this.#records;
  }

  /** Whether no other record belongs here. One record does, however long it is. */
  get isFull(): boolean {
    return this.#records.length >= this.#limit || this.#chars >= ANSWER_MAX_CHARS;
  }

  add({ key: { stack, server }, record }: StoredRecord): void {
    const text = encodeRecord({ stack, server, record });
    this.#records.push(text);
    this.#chars += text.length;
  }
}

function placeOf(cursors: readonly Cursor[]): string | null {
  const text = cursors.join(PLACE_SEPARATOR);
  return text === "" || text.length > PAGE_PLACE_MAX_CHARS ? null : text;
}

function journalOf(cursor: Cursor): string {
  return nameOf(decodeCursor(cursor).key);
}

function nameOf({ stack, server }: JournalKey): string {
  return JSON.stringify([stack, server]);
}
