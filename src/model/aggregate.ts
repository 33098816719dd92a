/**
 * Figures over many records, and how they are asked for.
 *
 * @module
 */

import type { FilterValue } from "./filter.ts";
import type { RecordSelection } from "./query.ts";

/**
 * A figure over values.
 *
 * - `count`: how many there are.
 * - `rate`: how many there are for each second: of the part of the step that lies between `from` and `to`; without a step,
 *   of the time from `from` to `to`, where the earliest and the latest time of all records that count stand for a bound that
 *   is missing. `null` where that is no time at all.
 * - `sum`: exact to the last digit for up to a million values of like size; no partial sum overflows.
 * - `min`, `max`, and `avg`: the sum divided by the count.
 * - `last`: that of the record with the latest time; of equal times, and of records without one, that appended last. Journals
 *   follow one another in the order of an inventory. A trace that began before `from` counts as of `from`.
 * - `p50`, `p99.9`, from `p0` to `p100`: the value that so many percent of the others are at most, by rank from the least one
 *   (0 %) to the greatest (100 %), rounded down. Within 1 % of it; `p0` and `p100` are exact. `null` where that cannot be
 *   held: for values close to 0 next to others more than 10^17 times as far from it, or less where there are very many points.
 */
export type AggregateFunction = "count" | "rate" | "sum" | "min" | "max" | "avg" | "last" | `p${number}`;

/** What {@linkcode RecordReader.aggregate} works out. */
export interface AggregateQuery extends RecordSelection {
  /** The figures that each point has. */
  readonly functions: readonly AggregateFunction[];
  /**
   * The field whose values are meant, named as filters name it. Only numbers count, also integers to 64 bits, which are taken
   * as the nearest `number`; numbers written as text, and those that no `number` holds, do not. In a list each number counts.
   * A zero has no sign. Only `count` and `rate` can do without a field; they then count records.
   */
  readonly field?: string | undefined;
  /**
   * Fields whose values tell series apart, named as filters name them; 16 at most. A record counts in the series of its
   * values; where one field is a list, in that of each element. Default: all records are one series.
   */
  readonly by?: readonly string[] | undefined;
  /**
   * Length of a step in whole milliseconds; steps are counted from 1970-01-01T00:00:00Z. The step of a record is that of its
   * time, to the nanosecond; a trace stands in the step of its start, or of `from` where it began before. At most 11,000
   * steps. Default: all of the time is one step.
   */
  readonly stepMs?: number | undefined;
}

/** The figures of one series in one step. */
export interface AggregatePoint {
  /**
   * Start of the step, in milliseconds since the epoch; it may lie before `from`. Without a step, that of `from`, else the
   * earliest time of all records that count; `null` where none has a time.
   */
  readonly timeMs: number | null;
  /** By the name of the function. */
  readonly values: Readonly<Record<string, number | null>>;
}

/** The points of the records with the same labels. */
export interface AggregateSeries {
  /** The value of each field of `by`. `null` where a record has none, or one that is an object. */
  readonly labels: Readonly<Record<string, FilterValue>>;
  /** Those of the steps that have records, in order of time. */
  readonly points: readonly AggregatePoint[];
}

/**
 * What an aggregation found. Memory is bounded whatever the records are: there are at most 1,000 series and 100,000 points,
 * with quantiles 12,000. As many series as have room for all their points are told apart, those first whose records come
 * first; records of others, and those with a label of more than 1,024 characters, count in `overflow`.
 */
export interface AggregateResult {
  /** In the order in which their first records came. */
  readonly series: readonly AggregateSeries[];
  /** What was past the bounds, as one series without labels; `undefined` where nothing was. */
  readonly overflow: AggregateSeries | undefined;
  /** Records that count. A record that is in several series is one. */
  readonly records: number;
  /** Records that do not count because they have no time, where steps or bounds of time ask for one. */
  readonly recordsWithoutTime: number;
  /** Records that do not count because they have no number in `field`. */
  readonly recordsWithoutNumber: number;
}
