/**
 * The records of one journal, in append order or from the newest back.
 *
 * @module
 */

import { SegmentCorruptError } from "../errors.ts";
import type { CursorPosition } from "../model/cursor.ts";
import { decodeRecord, type TelemetryRecord } from "../model/record.ts";
import { recordTimeRange, type TimeSource } from "../model/record_time.ts";
import { parseRfc3339, type TimeRange } from "../model/time.ts";
import type { FileSystem } from "../platform/file_system.ts";
import { type JournalPlace, type JournalSnapshot, takeSnapshot } from "../journal/snapshot.ts";
import { splitLines } from "../segment/lines.ts";
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
  /** Told of each damaged line and block; reading goes on. */
  readonly onDamage: DamageListener;
}

/** One segment of a snapshot and its place among the others. */
interface SegmentPlace {
  readonly segment: string | null;
  readonly previous: string | null;
  /** Opens it; `undefined` when it was pruned since the snapshot. */
  readonly open: () => SegmentReader | undefined;
}

/**
 * Reads a journal from its oldest record, or from `after`, up to what was written when the first block was asked for.
 * Yields the records of a block at a time; memory is bounded by a block.
 */
export async function* readRecords(
  fileSystem: FileSystem,
  options: RecordStreamOptions,
): AsyncGenerator<PlacedRecord[], void, void> {
  const snapshot = takeSnapshot(fileSystem, options.place);
  try {
    const places = segmentPlaces(fileSystem, { snapshot, options });
    const start = startAfter(places, options.after);
    for (const [index, place] of places.slice(start.index).entries()) {
      yield* readSegment(place, { options, fromRawOffset: index === 0 ? start.rawOffset : 0 });
    }
  } finally {
    snapshot.active?.close();
  }
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
    for (const place of segmentPlaces(fileSystem, { snapshot, options }).toReversed()) {
      if (records.length >= options.count) break;
      records = [...await lastOfSegment(place, { options, count: options.count - records.length }), ...records];
    }
  } finally {
    snapshot.active?.close();
  }
  return records;
}

function segmentPlaces(
  fileSystem: FileSystem,
  from: { readonly snapshot: JournalSnapshot; readonly options: RecordStreamOptions },
): SegmentPlace[] {
  const { snapshot: { sealed, active }, options: { place: { folder }, onDamage } } = from;
  const places: SegmentPlace[] = sealed.map((segment, index) => ({
    segment: segment.base,
    previous: sealed[index - 1]?.base ?? null,
    open: () => openSealedSegment(fileSystem, { folder, segment, onDamage }),
  }));
  if (active !== undefined) places.push({ segment: null, previous: sealed.at(-1)?.base ?? null, open: () => active });
  return places;
}

/**
 * Finds a position again. When retention has removed what it refers to, reading starts with the oldest record behind it
 * that is left: a record may come twice then, and none is missed.
 */
function startAfter(
  places: readonly SegmentPlace[],
  after: RecordPosition | undefined,
): { readonly index: number; readonly rawOffset: number } {
  if (after === undefined) return { index: 0, rawOffset: 0 };
  const isSame = (place: SegmentPlace) =>
    after.segment === null ? place.previous === after.previous : place.segment === after.segment;
  const index = places.findIndex(isSame);
  if (index >= 0) return { index, rawOffset: after.rawOffset };
  const behind = after.segment ?? after.previous ?? "";
  const next = places.findIndex(({ segment }) => segment === null || segment > behind);
  return { index: next < 0 ? places.length : next, rawOffset: 0 };
}

async function* readSegment(
  place: SegmentPlace,
  work: { readonly options: RecordStreamOptions; readonly fromRawOffset: number },
): AsyncGenerator<PlacedRecord[], void, void> {
  const { options } = work;
  const reader = place.open();
  if (reader === undefined) return;
  // A file that is shorter than the place to go on at was begun anew, after a wipe.
  const fromRawOffset = (reader.rawBytes ?? Infinity) < work.fromRawOffset ? 0 : work.fromRawOffset;
  try {
    const range = options.range === undefined ? {} : { range: options.range };
    for await (const block of reader.forwards({ fromRawOffset, ...range })) {
      yield blockRecords(block, { place, reader, options }).filter(({ position }) =>
        position.rawOffset > fromRawOffset
      );
    }
  } finally {
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
  let records: PlacedRecord[] = [];
  try {
    if (reader.backwards === undefined) {
      for await (const block of reader.forwards()) {
        records = [...records, ...blockRecords(block, { place, reader, options })].slice(-count);
      }
      return records;
    }
    for await (const block of reader.backwards()) {
      records = [...blockRecords(block, { place, reader, options }), ...records];
      if (records.length >= count) break;
    }
    return records.slice(-count);
  } finally {
    reader.close();
  }
}

function blockRecords(
  block: LineBlock,
  from: { readonly place: SegmentPlace; readonly reader: SegmentReader; readonly options: RecordStreamOptions },
): PlacedRecord[] {
  const { place: { segment, previous }, reader, options: { time: source, range, onDamage } } = from;
  const records: PlacedRecord[] = [];
  for (const line of splitLines(block)) {
    const record = line.text === undefined ? undefined : decodeOrSkip(line.text);
    if (record === undefined) {
      onDamage(new SegmentCorruptError(reader.path, line.rawOffset, { reason: "the line is no JSON object" }));
      continue;
    }
    const time = recordTimeRange(record, { source, parse: parseRfc3339 });
    if (range !== undefined && !overlaps(time, range)) continue;
    records.push({ record, time, position: { segment, previous, rawOffset: line.rawEnd } });
  }
  return records;
}

/** A record without a time is in no range. */
function overlaps(time: TimeRange | undefined, range: TimeRange): boolean {
  return time !== undefined && time.latest >= range.earliest && time.earliest <= range.latest;
}

function decodeOrSkip(text: string): TelemetryRecord | undefined {
  try {
    return decodeRecord(text);
  } catch {
    return undefined;
  }
}
