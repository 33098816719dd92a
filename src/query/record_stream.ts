/**
 * The records of one journal that are asked for.
 *
 * @module
 */

import type { Filter } from "../model/filter.ts";
import { recordTimeRange, type TimeSource } from "../model/record_time.ts";
import type { TelemetryRecord } from "../model/record.ts";
import { parseRfc3339, type TimeRange } from "../model/time.ts";
import { type Line, lineDamage, type LineProbe, recordOfLine, splitLines } from "../segment/lines.ts";
import type { DamageListener } from "../segment/segment_reader.ts";
import { compileFilter } from "../filter/matcher.ts";
import { tokensOfFilter } from "../filter/needed_tokens.ts";
import type { JournalSpan } from "./journal_cursor.ts";
import type { JournalScan, ScannedBlock } from "./journal_scan.ts";
import { probeOfFilter } from "../filter/line_probe.ts";
import { timeWindow } from "./time_window.ts";

/** Which records of a journal are asked for, ready to be tried on one after the other. */
export interface RecordSearch {
  /** Where blocks are skipped. */
  readonly selection: JournalScan["selection"];
  /** Finds lines that may hold one; see {@linkcode probeOfFilter}. Default: every line. */
  readonly probe: LineProbe | undefined;
  /** Whether a line may hold a record of the time asked for. */
  readonly mayBeInTime: (line: string) => boolean;
  /** Whether a record is of the time asked for. */
  readonly isInTime: (record: TelemetryRecord) => boolean;
  /** Whether a record meets the filter; `undefined` where every one does. */
  readonly meetsFilter: ((record: TelemetryRecord) => boolean) | undefined;
}

/** One record of a journal, and its line. */
export interface PlacedRecord extends JournalSpan {
  readonly record: TelemetryRecord;
}

/** Prepares what is asked for records of signals with one source of time. */
export async function recordSearch(
  asked: { readonly range?: TimeRange | undefined; readonly filter?: Filter | undefined },
  time: TimeSource,
): Promise<RecordSearch> {
  const { range, filter } = asked;
  // First, because it refuses what is no filter.
  const meetsFilter = filter && await compileFilter(filter);
  return {
    selection: { range, tokens: filter && tokensOfFilter(filter) },
    probe: filter && probeOfFilter(filter),
    mayBeInTime: range === undefined ? () => true : timeWindow(range, time),
    isInTime: range === undefined ? () => true : (record) => overlaps(record, { range, source: time }),
    meetsFilter,
  };
}

/** How lines are looked at. */
export interface RecordLookup extends Pick<JournalScan, "order"> {
  readonly search: RecordSearch;
  readonly onDamage: DamageListener;
}

/**
 * The records of a block that are asked for. Each line is parsed when its turn comes. Damaged lines are reported and passed
 * over; those that cannot hold what is asked for are not looked at.
 */
export function* blockRecords(scanned: ScannedBlock, lookup: RecordLookup): Generator<PlacedRecord, void, void> {
  const { place, reader } = scanned;
  const { search, order, onDamage } = lookup;
  const lines = linesWithin(scanned, search);
  for (const line of order === "oldest" ? lines : Array.from(lines).reverse()) {
    const record = recordOfLine(line);
    if (record === undefined) onDamage(lineDamage(reader, line));
    else if (search.isInTime(record) && search.meetsFilter?.(record) !== false) {
      yield { record, place, rawOffset: line.rawOffset, rawEnd: line.rawEnd };
    }
  }
}

function* linesWithin(
  { block, fromRawOffset, toRawOffset }: ScannedBlock,
  { probe, mayBeInTime }: RecordSearch,
): Generator<Line, void, void> {
  for (const line of splitLines(block, probe)) {
    const isMeant = line.rawEnd > fromRawOffset && line.rawEnd <= toRawOffset;
    if (isMeant && (line.text === undefined || mayBeInTime(line.text))) yield line;
  }
}

/** A record without a time is in no range. */
function overlaps(
  record: TelemetryRecord,
  { range, source }: { readonly range: TimeRange; readonly source: TimeSource },
): boolean {
  const time = recordTimeRange(record, { source, parse: parseRfc3339 });
  return time !== undefined && time.latest >= range.earliest && time.earliest <= range.latest;
}
