/**
 * Aggregations over lines as a store's journals have them, and the same worked out without any of its code.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { AggregateFunction, AggregateQuery, AggregateResult } from "../../src/model/aggregate.ts";
import type { TimeSource } from "../../src/model/record_time.ts";
import { decodeRecord, type TelemetryRecord } from "../../src/model/record.ts";
import { parseRfc3339, timeFromInput } from "../../src/model/time.ts";
import { resolveAggregate } from "../../src/aggregation/aggregate_query.ts";
import { Aggregation } from "../../src/aggregation/aggregation.ts";
import { recordOfLine, splitLines } from "../../src/segment/lines.ts";

/** A query without what only says which journals are meant. */
export type Query = Omit<AggregateQuery, "signal">;

const BEFORE_ALL = -(2n ** 100n);
const BY_TS: TimeSource = { kind: "field", field: "ts" };

/** An aggregation that nothing was added to. */
export function aggregationOf(query: Query, source: TimeSource = BY_TS): Aggregation {
  return new Aggregation(resolveAggregate({ signal: "samples", ...query }), source);
}

/** Aggregates decoded records. */
export function aggregateRecords(query: Query, records: Iterable<TelemetryRecord>, source = BY_TS): AggregateResult {
  const aggregation = aggregationOf(query, source);
  for (const record of records) aggregation.addRecord(record);
  return aggregation.result();
}

/** Aggregates blocks of lines as a reader does; `decodedLines` is how many the aggregation did not read itself. */
export function aggregateBlocks(
  query: Query,
  blocks: Iterable<Uint8Array>,
  source = BY_TS,
): { readonly result: AggregateResult; readonly decodedLines: number } {
  const aggregation = aggregationOf(query, source);
  let decodedLines = 0;
  for (const bytes of blocks) {
    aggregation.addBlock(bytes, (start, end) => {
      for (const record of recordsIn(bytes.subarray(start, end))) {
        decodedLines++;
        aggregation.addRecord(record);
      }
    });
  }
  return { result: aggregation.result(), decodedLines };
}

/** The records of the good lines of a block. */
export function recordsIn(bytes: Uint8Array): readonly TelemetryRecord[] {
  return [...splitLines({ bytes, rawOffset: 0 })].map(recordOfLine).filter((record) => record !== undefined);
}

/** Aggregates lines, once from their bytes and once decoded, which must not differ. */
export function aggregateLines(query: Query, lines: readonly string[]): AggregateResult {
  const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  const { result } = aggregateBlocks(query, [bytes]);
  assert.deepEqual(aggregateRecords(query, lines.map(decodeRecord)), result);
  return result;
}

/** One value that counts. */
interface Sample {
  readonly labels: readonly unknown[];
  readonly time: bigint | undefined;
  readonly value: number;
}

/** Figures by labels and start of step, as the documentation defines them and one at a time. Without quantiles. */
export function referenceFigures(query: Query, records: readonly TelemetryRecord[]): Record<string, unknown> {
  const samples = records.flatMap((record) => samplesOf(query, record));
  const groups = Map.groupBy(samples, ({ labels, time }) => {
    const step = query.stepMs === undefined || time === undefined ? null : startOfStep(time, BigInt(query.stepMs));
    return JSON.stringify([labels.map(labelText), step]);
  });
  const times = samples.flatMap(({ time }) => time ?? []).sort((a, b) => Number(a - b));
  return Object.fromEntries(
    [...groups].map(([key, group]) => {
      const step = (JSON.parse(key) as [unknown, number | null])[1];
      const seconds = secondsOf(query, { step, first: times[0], last: times.at(-1) });
      const figures = query.functions.map((name) => [name, referenceFigure(name, group, seconds)]);
      return [key, Object.fromEntries(figures)];
    }),
  );
}

/** A result in the form of {@linkcode referenceFigures}. */
export function figuresOf(query: Query, { series }: AggregateResult): Record<string, unknown> {
  return Object.fromEntries(series.flatMap(({ labels, points }) =>
    points.map(({ timeMs, values }) => {
      const texts = (query.by ?? []).map((name) => labelText(labels[name]));
      return [JSON.stringify([texts, query.stepMs === undefined ? null : timeMs]), values];
    })
  ));
}

/** Numbers are the same label where they are the same number, whatever their form. */
function labelText(label: unknown): string {
  if (typeof label === "string") return JSON.stringify(label);
  return typeof label === "number" && Number.isInteger(label) ? String(BigInt(label)) : String(label);
}

function samplesOf(query: Query, record: TelemetryRecord): readonly Sample[] {
  const time = typeof record["ts"] === "string" ? parseRfc3339(record["ts"]) : undefined;
  const { from, to, stepMs } = query;
  if (time === undefined && (from !== undefined || to !== undefined || stepMs !== undefined)) return [];
  if (time !== undefined && from !== undefined && time < timeFromInput(from, "from")) return [];
  if (time !== undefined && to !== undefined && time >= timeFromInput(to, "to")) return [];
  const values = query.field === undefined
    ? [0]
    : valuesOf(record, query.field).filter((value) => typeof value === "number" || typeof value === "bigint").map(
      Number,
    )
      .filter(Number.isFinite).map((value) => value + 0);
  let labels: unknown[][] = [[]];
  for (const name of query.by ?? []) {
    const found = valuesOf(record, name).map((value) => typeof value === "object" ? null : value);
    const distinct = found.length === 0 ? [null] : [...new Set(found)];
    labels = labels.flatMap((before) => distinct.map((label) => [...before, label]));
  }
  return labels.flatMap((each) => values.map((value): Sample => ({ labels: each, time, value })));
}

/** The values of a field of at most two names. */
function valuesOf(record: TelemetryRecord, name: string): readonly unknown[] {
  const [head = "", rest = ""] = name.split(/\.(.*)/);
  if (Object.hasOwn(record, name)) return [record[name]].flat(Infinity);
  const holders = Object.hasOwn(record, head) ? [record[head]].flat(Infinity) : [];
  return holders.flatMap((holder) =>
    typeof holder === "object" && holder !== null && Object.hasOwn(holder, rest)
      ? [(holder as TelemetryRecord)[rest]].flat(Infinity)
      : []
  );
}

function startOfStep(time: bigint, stepMs: bigint): number {
  const stepNs = stepMs * 1_000_000n;
  return Number((time - ((time % stepNs) + stepNs) % stepNs) / 1_000_000n);
}

function secondsOf(
  { from, to, stepMs }: Query,
  { step, first, last }: {
    readonly step: number | null;
    readonly first: bigint | undefined;
    readonly last: bigint | undefined;
  },
): number {
  const bounds = [
    from === undefined ? first : timeFromInput(from, "from"),
    to === undefined ? last : timeFromInput(to, "to"),
  ];
  let [start, end] = bounds;
  if (step !== null && stepMs !== undefined) {
    const [stepStart, stepEnd] = [BigInt(step) * 1_000_000n, BigInt(step + stepMs) * 1_000_000n];
    start = from !== undefined && start !== undefined && start > stepStart ? start : stepStart;
    end = to !== undefined && end !== undefined && end < stepEnd ? end : stepEnd;
  }
  return start === undefined || end === undefined ? 0 : Number(end - start) / 1e9;
}

function referenceFigure(name: AggregateFunction, samples: readonly Sample[], seconds: number): number | null {
  const values = samples.map(({ value }) => value);
  const sum = exactSum(values);
  switch (name) {
    case "count":
      return values.length;
    case "rate":
      return seconds > 0 ? values.length / seconds : null;
    case "sum":
      return sum;
    case "min":
      return Math.min(...values);
    case "max":
      return Math.max(...values);
    case "avg":
      return sum / values.length;
    default:
      return samples.reduce((last, sample) => (sample.time ?? BEFORE_ALL) >= (last.time ?? BEFORE_ALL) ? sample : last)
        .value;
  }
}

/** The sum of numbers that are multiples of 2^-40, rounded once. */
function exactSum(values: readonly number[]): number {
  return Number(values.reduce((sum, value) => sum + BigInt(value * 2 ** 40), 0n)) / 2 ** 40;
}
