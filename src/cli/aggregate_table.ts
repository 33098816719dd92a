/**
 * Figures over records as a table for a person.
 *
 * @module
 */

import type { AggregatePoint, AggregateQuery, AggregateResult, AggregateSeries } from "../model/aggregate.ts";
import { formatRfc3339, timeFromMs } from "../model/time.ts";
import { displayTable } from "./display_text.ts";

/** What stands where there is no value. */
const NOTHING = "—";

/** Digits of a figure that a person reads; JSON has them all. */
const FIGURE_DIGITS = 6;

/** What records past the bounds of an aggregation are counted under. */
const OTHERS = "(others)";

/** The figures, a line for each series and step, by time and then in the order of the series; empty where there are none. */
export function aggregateTable({ series, overflow }: AggregateResult, query: AggregateQuery): string {
  const { functions, by = [], stepMs } = query;
  const hasTime = stepMs !== undefined;
  const labelsOf = ({ labels }: AggregateSeries) => by.map((name) => labelText(labels[name]));
  const rowsOf = (one: AggregateSeries, labels: readonly string[]) =>
    one.points.map((point) => ({
      timeMs: point.timeMs ?? 0,
      row: [...(hasTime ? [timeText(point)] : []), ...labels, ...functions.map((name) => figure(point.values[name]))],
    }));
  const rows = series.flatMap((one) => rowsOf(one, labelsOf(one)));
  if (overflow !== undefined) rows.push(...rowsOf(overflow, by.map(() => OTHERS)));
  if (rows.length === 0) return "";
  if (hasTime) rows.sort((a, b) => a.timeMs - b.timeMs);
  const heading = [...(hasTime ? ["TIME (UTC)"] : []), ...by, ...functions];
  return displayTable([heading, ...rows.map(({ row }) => row)], { numbersFrom: heading.length - functions.length });
}

/** What the figures leave out, each a line. */
export function aggregateNotes(result: AggregateResult, { field = "" }: AggregateQuery): readonly string[] {
  const { recordsWithoutTime, recordsWithoutNumber, overflow } = result;
  return [
    ...(recordsWithoutTime > 0 ? [`Left out: ${counted(recordsWithoutTime)} without a time`] : []),
    ...(recordsWithoutNumber > 0 ? [`Left out: ${counted(recordsWithoutNumber)} without a number in "${field}"`] : []),
    ...(overflow === undefined ? [] : [`There are more series than are told apart; "${OTHERS}" are the rest together`]),
  ];
}

function labelText(label: unknown): string {
  return label === null || label === undefined ? NOTHING : String(label);
}

function timeText({ timeMs }: AggregatePoint): string {
  return timeMs === null ? NOTHING : formatRfc3339(timeFromMs(timeMs));
}

function figure(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(FIGURE_DIGITS)));
}

function counted(records: number): string {
  return `${records} ${records === 1 ? "record" : "records"}`;
}
