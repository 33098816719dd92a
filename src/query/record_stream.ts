/**
 * The records of one journal, in append order or from the newest back.
 *
 * @module
 */

import type { CursorPosition } from "../model/cursor.ts";
import type { TelemetryRecord } from "../model/record.ts";
import { recordTimeRange, type TimeSource } from "../model/record_time.ts";
import { parseRfc3339, type TimeRange } from "../model/time.ts";
import type { FileSystem } from "../platform/file_system.ts";
import { type JournalPlace, type JournalSnapshot, takeSnapshot } from "../journal/snapshot.ts";
import { firstLineChecksum, type Line, lineDamage, recordOfLine, splitLines } from "../segment/lines.ts";
import {
  type DamageListener,
  type LineBlock,
  openSealedSegment,
  type SegmentReader,
} from "../segment/segment_reader.ts";

/** A place in a journal. */
export type RecordPosition = Omit<CursorPosition, "key">;

/** One record of a journal. */
export interface PlacedRecord {
  readonly record: TelemetryRecord;
  /** Its own time; `undefined` when it does not say. */
  readonly time: TimeRange | undefined;
  /** The place behind it. */
  readonly position: RecordPosition;
}

/** How a journal is read. */
export interface RecordStreamOptions {
  readonly place: JournalPlace;
  readonly time: TimeSource;
  /** Only records whose time lies in this range. */
  readonly range?: TimeRange | undefined;
  /** Only records behind this place. */
  readonly after?: RecordPosition | undefined;
  /** Sealed segments that are opened before the first is read, so that pruning cannot take them from under the reader. */
  readonly openMax: number;
  /** Told of each damaged line and block; reading goes on. */
  readonly onDamage: DamageListener;
}

/** One segment of a snapshot. */
interface SegmentPlace {
  /** Base name; `null` for the active segment. */
  readonly segment: string | null;
  /** See {@linkcode CursorPosition.firstLine}. */
  readonly firstLine: number | null;
  /** See {@linkcode CursorPosition.previous}. */
  readonly previous: string | null;
  /** Opens it; `undefined` when it was pruned since the snapshot. */
  readonly open: () => SegmentReader | undefined;
}

/**
 * Reads a journal from its oldest record, or from `after`, up to what was written when the first block was asked for.
 * Yields the records of a block at a time; memory is bounded by two blocks. Retention may take the oldest segments before
 * they are read; a gap between records that are given needs more than `openMax` segments to be pruned meanwhile.
 */
export async function* readRecords(
  fileSystem: FileSystem,
  options: RecordStreamOptions,
): AsyncGenerator<PlacedRecord[], void, void> {
  const snapshot = takeSnapshot(fileSystem, options.place);
  const opened: SegmentReader[] = [];
  try {
    const places = await segmentPlaces(fileSystem, { snapshot, options });
    const start = await startAfter(places, options.after);
    const segments = openNewest(places.slice(start.index), { opened, openMax: options.openMax });
    // The cursor's own segment may be gone by now; then what is left is read from its start.
    const rawOffset = segments.length === places.length - start.index ? start.rawOffset : 0;
    for (const [index, place] of segments.entries()) {
      yield* readSegment(place, { options, fromRawOffset: index === 0 ? rawOffset : 0 });
    }
  } finally {
    snapshot.active?.close();
    for (const reader of opened) reader.close();
  }
}

/**
 * Opens segments from the newest back, and leaves out everything behind the first that is gone: retention takes the oldest
 * first. What is older than the `openMax` newest is opened when its turn comes.
 */
function openNewest(
  places: readonly SegmentPlace[],
  into: { readonly opened: SegmentReader[]; readonly openMax: number },
): SegmentPlace[] {
  const segments: SegmentPlace[] = [];
  for (const place of places.toReversed()) {
    if (into.opened.length >= into.openMax) {
      segments.unshift(place);
      continue;
    }
    const reader = place.open();
    if (reader === undefined) break;
    into.opened.push(reader);
    segments.unshift({ ...place, open: () => reader });
  }
  return segments;
}

/**
 * The last `count` records in append order. What is older stays unread where the segments allow it: only a `.gz` without
 * a block table is inflated from its start.
 */
export async function lastRecords(
  fileSystem: FileSystem,
  options: RecordStreamOptions & { readonly count: number },
): Promise<PlacedRecord[]> {
  const snapshot = takeSnapshot(fileSystem, options.place);
  let records: PlacedRecord[] = [];
  try {
    for (const place of (await segmentPlaces(fileSystem, { snapshot, options })).toReversed()) {
      if (records.length >= options.count) break;
      records = [...await lastOfSegment(place, { options, count: options.count - records.length }), ...records];
    }
  } finally {
    snapshot.active?.close();
  }
  return records;
}

async function segmentPlaces(
  fileSystem: FileSystem,
  from: { readonly snapshot: JournalSnapshot; readonly options: RecordStreamOptions },
): Promise<SegmentPlace[]> {
  const { snapshot: { sealed, active }, options: { place: { folder }, onDamage } } = from;
  const places: SegmentPlace[] = sealed.map((segment) => ({
    segment: segment.base,
    firstLine: null,
    previous: null,
    open: () => openSealedSegment(fileSystem, { folder, segment, onDamage }),
  }));
  const firstLine = active === undefined ? undefined : await firstLineChecksum(active);
  const previous = sealed.at(-1)?.base ?? null;
  // Without a first line it has no record either.
  if (firstLine !== undefined) places.push({ segment: null, firstLine, previous, open: () => active });
  return places;
}

/**
 * Finds a position again. When its segment was pruned or wiped, reading starts with the oldest record behind it that is
 * left.
 */
async function startAfter(
  places: readonly SegmentPlace[],
  after: RecordPosition | undefined,
): Promise<{ readonly index: number; readonly rawOffset: number }> {
  if (after === undefined) return { index: 0, rawOffset: 0 };
  const { segment, rawOffset } = after;
  if (segment === null) {
    const index = await findActive(places, after);
    if (index !== undefined) return { index, rawOffset };
    const oldest = places.findIndex((place) => isBehind(place, after.previous));
    return { index: oldest < 0 ? places.length : oldest, rawOffset: 0 };
  }
  const index = places.findIndex((place) => place.segment === null || place.segment >= segment);
  if (index < 0) return { index: places.length, rawOffset: 0 };
  return { index, rawOffset: places[index]?.segment === segment ? rawOffset : 0 };
}

/** Where the segment is now that was active when the cursor was made; `undefined` when it was pruned or wiped. */
async function findActive(places: readonly SegmentPlace[], after: RecordPosition): Promise<number | undefined> {
  for (const [index, place] of places.entries()) {
    if (!isBehind(place, after.previous)) continue;
    const reader = place.open();
    if (reader === undefined) continue;
    try {
      const isLongEnough = (reader.rawBytes ?? Infinity) >= after.rawOffset;
      if (isLongEnough && await firstLineChecksum(reader) === after.firstLine) return index;
    } finally {
      // The snapshot's own is still to be read.
      if (place.segment !== null) reader.close();
    }
  }
  return undefined;
}

function isBehind(place: SegmentPlace, previous: string | null): boolean {
  return place.segment === null || previous === null || place.segment > previous;
}

async function* readSegment(
  place: SegmentPlace,
  work: { readonly options: RecordStreamOptions; readonly fromRawOffset: number },
): AsyncGenerator<PlacedRecord[], void, void> {
  const { options, fromRawOffset } = work;
  const reader = place.open();
  if (reader === undefined) return;
  const range = options.range === undefined ? {} : { range: options.range };
  const blocks = reader.forwards({ fromRawOffset, ...range });
  try {
    for (let next = await blocks.next(); next.done !== true;) {
      const block = next.value;
      next = await blocks.next();
      // Before the last records are taken: of many journals that are merged, those that are short then hold no file open.
      if (next.done === true) reader.close();
      yield blockRecords(block, { place, reader, options }).filter(({ position }) =>
        position.rawOffset > fromRawOffset
      );
    }
  } finally {
    await blocks.return();
    reader.close();
  }
}

async function lastOfSegment(
  place: SegmentPlace,
  work: { readonly options: RecordStreamOptions; readonly count: number },
): Promise<PlacedRecord[]> {
  const { options, count } = work;
  const reader = place.open();
  if (reader === undefined) return [];
  try {
    const newestFirst: PlacedRecord[] = [];
    for await (const block of reader.backwards()) {
      for (const line of [...splitLines(block)].reverse()) {
        const record = placedRecord(line, { place, reader, options });
        if (record !== undefined) newestFirst.push(record);
        if (newestFirst.length >= count) return newestFirst.reverse();
      }
    }
    return newestFirst.reverse();
  } finally {
    reader.close();
  }
}

/** Where a line was read. */
interface LineOrigin {
  readonly place: SegmentPlace;
  readonly reader: SegmentReader;
  readonly options: RecordStreamOptions;
}

function blockRecords(block: LineBlock, from: LineOrigin): PlacedRecord[] {
  const records: PlacedRecord[] = [];
  for (const line of splitLines(block)) {
    const record = placedRecord(line, from);
    if (record !== undefined) records.push(record);
  }
  return records;
}

/** The record of a line; `undefined` when it holds none, which is reported, or one outside the range. */
function placedRecord(line: Line, from: LineOrigin): PlacedRecord | undefined {
  const { place: { segment, firstLine, previous }, reader, options: { time: source, range, onDamage } } = from;
  const record = recordOfLine(line);
  if (record === undefined) {
    onDamage(lineDamage(reader, line));
    return undefined;
  }
  const time = recordTimeRange(record, { source, parse: parseRfc3339 });
  if (range !== undefined && !overlaps(time, range)) return undefined;
  return { record, time, position: { segment, firstLine, previous, rawOffset: line.rawEnd } };
}

/** A record without a time is in no range. */
function overlaps(time: TimeRange | undefined, range: TimeRange): boolean {
  return time !== undefined && time.latest >= range.earliest && time.earliest <= range.latest;
}
