/**
 * Works out figures over records, one record after the other.
 *
 * Each record is looked at once, and what comes out does not depend on whether it came as bytes or decoded.
 *
 * @module
 */

import { isUtf8 } from "node:buffer";
import { AGGREGATE_SERIES_MAX, LINE_MAX_BYTES } from "../limits.ts";
import type { AggregatePoint, AggregateResult, AggregateSeries } from "../model/aggregate.ts";
import type { FilterValue } from "../model/filter.ts";
import { recordTimeRange, type TimeSource } from "../model/record_time.ts";
import type { TelemetryRecord } from "../model/record.ts";
import { parseRfc3339 } from "../model/time.ts";
import { LINE_FEED } from "../segment/file_bytes.ts";
import type { ResolvedAggregate } from "./aggregate_query.ts";
import { type Labels, type Series, SeriesTable } from "./aggregate_series.ts";
import type { Field } from "../filter/field_values.ts";
import { LineScanner } from "./line_scanner.ts";
import { SeriesMemory } from "./series_memory.ts";
import {
  BEFORE_ALL,
  BEHIND_ALL,
  earlierOf,
  isBefore,
  laterOf,
  secondsBetween,
  type SplitTime,
  splitTime,
} from "./split_time.ts";

/** Told of whole lines of a block that have to be decoded: where the first starts, and where the last ends. */
export type OtherLinesListener = (start: number, end: number) => void;

/** How lines are read. */
interface LineReading {
  readonly scanner: LineScanner;
  readonly memory: SeriesMemory;
}

/** The figures of one query. Memory is bounded whatever the records are; see {@linkcode AggregateResult}. */
export class Aggregation {
  readonly #query: ResolvedAggregate;
  readonly #source: TimeSource;
  readonly #from: SplitTime;
  readonly #to: SplitTime;
  readonly #needsTime: boolean;
  readonly #table: SeriesTable;
  /** What reads lines without decoding them; `undefined` where a record's time is not a field's. */
  readonly #lines: LineReading | undefined;
  #records = 0;
  #recordsWithoutTime = 0;
  #recordsWithoutNumber = 0;
  #earliest = BEHIND_ALL;
  #latest = BEFORE_ALL;

  constructor(query: ResolvedAggregate, source: TimeSource) {
    this.#query = query;
    this.#source = source;
    this.#from = query.from === undefined ? BEFORE_ALL : splitTime(query.from);
    this.#to = query.to === undefined ? BEHIND_ALL : splitTime(query.to);
    this.#needsTime = query.from !== undefined || query.to !== undefined || query.stepMs !== undefined;
    this.#table = new SeriesTable(query);
    this.#lines = lineReading(query, { source, table: this.#table });
  }

  /**
   * Adds the records of whole lines of a journal. Lines that it cannot read from their bytes alone, which need not hold a
   * record, it hands to `onOther`, in their turn, so that {@linkcode addRecord} can be called for what they hold.
   *
   * @throws {RangeError} If there are more points than there may be; see {@linkcode AggregateQuery.stepMs}.
   */
  addBlock(bytes: Uint8Array, onOther: OtherLinesListener): void {
    const lines = this.#lines;
    const end = lines !== undefined && isUtf8(bytes) ? bytes.lastIndexOf(LINE_FEED) + 1 : 0;
    let otherStart = -1;
    for (let offset = 0; lines !== undefined && offset < end;) {
      const next = lines.scanner.scan(bytes, offset);
      if (next < 0 || next - offset > LINE_MAX_BYTES) {
        if (otherStart < 0) otherStart = offset;
        offset = bytes.indexOf(LINE_FEED, offset) + 1;
        continue;
      }
      if (otherStart >= 0) onOther(otherStart, offset);
      otherStart = -1;
      this.#addScanned(bytes, lines);
      offset = next;
    }
    if (otherStart < 0) otherStart = end;
    if (otherStart < bytes.length) onOther(otherStart, bytes.length);
  }

  /**
   * Adds one record, in the order of appending.
   *
   * @throws {RangeError} If there are more points than there may be; see {@linkcode AggregateQuery.stepMs}.
   */
  addRecord(record: TelemetryRecord): void {
    const range = recordTimeRange(record, { source: this.#source, parse: parseRfc3339 });
    const start = range === undefined ? undefined : splitTime(range.earliest);
    if (!this.#isInTime(start, range === undefined ? undefined : splitTime(range.latest))) return;
    const numbers = this.#query.field === undefined ? [0] : numbersOf(record, this.#query.field);
    if (numbers.length === 0) {
      this.#recordsWithoutNumber++;
      return;
    }
    // What began before the range stands in its first step.
    const time = start === undefined ? BEFORE_ALL : laterOf(start, this.#from);
    this.#countRecord(time);
    for (const series of this.#seriesOf(record)) {
      for (const number of numbers) series.add(number, time);
    }
  }

  /** The figures of what was added so far. */
  result(): AggregateResult {
    const { overflow } = this.#table;
    return {
      series: this.#table.all.map((series) => this.#figuresOf(series)),
      overflow: overflow && this.#figuresOf(overflow),
      records: this.#records,
      recordsWithoutTime: this.#recordsWithoutTime,
      recordsWithoutNumber: this.#recordsWithoutNumber,
    };
  }

  #addScanned(bytes: Uint8Array, { scanner, memory }: LineReading): void {
    const time = scanner.hasTime ? scanner.time : undefined;
    if (!this.#isInTime(time, time)) return;
    const number = this.#query.field === undefined ? 0 : scanner.number;
    if (!Number.isFinite(number)) {
      this.#recordsWithoutNumber++;
      return;
    }
    this.#countRecord(time ?? BEFORE_ALL);
    memory.find(bytes, scanner).add(number, time ?? BEFORE_ALL);
  }

  /** Whether a record of this time is asked for; counts it where it has none that could tell. */
  #isInTime(start: SplitTime | undefined, end: SplitTime | undefined): boolean {
    if (!this.#needsTime) return true;
    if (start !== undefined && end !== undefined) return isBefore(start, this.#to) && !isBefore(end, this.#from);
    this.#recordsWithoutTime++;
    return false;
  }

  #countRecord({ ms, ns }: SplitTime): void {
    this.#records++;
    if (this.#query.stepMs !== undefined || ms === -Infinity) return;
    const time = { ms, ns };
    this.#earliest = earlierOf(time, this.#earliest);
    this.#latest = laterOf(time, this.#latest);
  }

  /** Every series that the record counts in: of a list each element is a label. */
  #seriesOf(record: TelemetryRecord): Iterable<Series> {
    let all: Labels[] = [[]];
    for (const field of this.#query.by) {
      const labels = labelsOf(record, field);
      // Past the bound of series they would have no room, and to work them all out could take for ever.
      if (all.length * labels.length > AGGREGATE_SERIES_MAX) return [this.#table.makeOverflow()];
      all = all.flatMap((before) => labels.map((label) => [...before, label]));
    }
    // Several can be in the overflow.
    return new Set(all.map((labels) => this.#table.find(labels)));
  }

  #figuresOf(series: Series): AggregateSeries {
    const { by, functions } = this.#query;
    const labels = Object.fromEntries(series.labels?.map((label, index) => [by[index]?.name, label]) ?? []);
    const points = series.cells.map(([startMs, cell]): AggregatePoint => {
      const { timeMs, seconds } = this.#stepOf(startMs);
      return { timeMs, values: cell.figures(functions, seconds) };
    });
    return { labels, points };
  }

  /** What a point says of its step, and how much of that lies in the range. */
  #stepOf(startMs: number): { readonly timeMs: number | null; readonly seconds: number } {
    const { stepMs, from, to } = this.#query;
    if (stepMs !== undefined) {
      const start = laterOf({ ms: startMs, ns: 0 }, this.#from);
      const end = earlierOf({ ms: startMs + stepMs, ns: 0 }, this.#to);
      return { timeMs: startMs, seconds: secondsBetween(start, end) };
    }
    const start = from === undefined ? this.#earliest : this.#from;
    const end = to === undefined ? this.#latest : this.#to;
    return { timeMs: Number.isFinite(start.ms) ? start.ms : null, seconds: secondsBetween(start, end) };
  }
}

function lineReading(
  { field, by }: ResolvedAggregate,
  { source, table }: { readonly source: TimeSource; readonly table: SeriesTable },
): LineReading | undefined {
  if (source.kind !== "field") return undefined;
  const fields = by.map(({ name }) => name);
  const scanner = new LineScanner({ timeKey: source.field, numberField: field?.name, fields });
  return { scanner, memory: new SeriesMemory(table, fields.map((name) => scanner.indexOf(name))) };
}

function numbersOf(record: TelemetryRecord, field: Field): readonly number[] {
  const numbers: number[] = [];
  field.some(record, (value) => {
    // A zero that is added loses its sign.
    if (typeof value === "number" || typeof value === "bigint") numbers.push(Number(value) + 0);
    return false;
  });
  return numbers.filter(Number.isFinite);
}

/** The labels that a field gives a record, each once. */
function labelsOf(record: TelemetryRecord, field: Field): readonly FilterValue[] {
  const labels = new Set<FilterValue>();
  field.some(record, (value) => {
    labels.add(typeof value === "object" ? null : value as FilterValue);
    return labels.size > AGGREGATE_SERIES_MAX;
  });
  return labels.size === 0 ? [null] : [...labels];
}
