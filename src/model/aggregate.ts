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
 * - `rate`: how many there are for each second of the step, or of that part of it that lies between `from` and `to`. Without a
 *   step, for each second from `from` to `to`; the earliest and the latest time of all records that count stand for a bound
 *   that is missing. `null` where that is no time at all.
 * - `sum`: as if it were added up with twice the digits of a `number` and then rounded. Infinite only if no number is as great.
 * - `min`, `max`, and `avg`, the sum divided by the count.
 * - `last`: that of the record with the latest time; of equal times, and where no record has one, that appended last, with the
 *   journals one after the other. Of a list, its last number.
 * - `p0` to `p100`, such as `p50` or `p99.9`: of n values in ascending order the one at rank ⌊p / 100 · (n - 1)⌋, counted from
 *   0. Exact for 64 values, and for `p0` and `p100`; else within 1 % of it. `null` where that cannot be held: of values with
 *   others beside them that are 10^17 times as far from zero, or less where very many points have values that far apart.
 */
export type AggregateFunction = "count" | "rate" | "sum" | "min" | "max" | "avg" | "last" | `p${number}`;

/** What {@linkcode RecordReader.aggregate} works out. */
export interface AggregateQuery extends RecordSelection {
  /** The figures that each point has. */
  readonly functions: readonly AggregateFunction[];
  /**
   * The field whose values are meant, named as filters name it. Only numbers count, an integer beyond 2^53 as the nearest
   * `number`; text does not, whatever it says, nor what is too great for a `number`. Of a list each number counts. A zero has
   * no sign. Only `count` and `rate` can do without a field; they then count records.
   */
  readonly field?: string | undefined;
  /**
   * Fields whose values tell series apart, named as filters name them; 16 at most. Where one is a list, a record counts in the
   * series of each of its elements. Default: all records are one series.
   */
  readonly by?: readonly string[] | undefined;
  /**
   * Length of a step in whole milliseconds. Steps are counted from 1970-01-01T00:00:00Z, 11,000 of them at most. A record
   * stands in that of its time, to the nanosecond; a trace in that of its start, or of `from` where it began before. Default:
   * all of the time is one step.
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
 * What an aggregation found.
 *
 * Memory is bounded whatever the records are. There are at most 1,000 series, and 100,000 points in all, with quantiles 12,000.
 * As many series are told apart as have room for a point in every step from `from` to `to`: those whose records come first.
 * Where `from` or `to` is not given, nobody knows the number of steps; then the call fails once there are too many points.
 */
export interface AggregateResult {
  /** In the order in which their first records came. */
  readonly series: readonly AggregateSeries[];
  /**
   * The records of all further series, and those with a label of more than 1,024 characters, as one series without labels;
   * `undefined` where there are none.
   */
  readonly overflow: AggregateSeries | undefined;
  /** Records that count. One that is in several series is one. */
  readonly records: number;
  /** Records that do not count because they have no time, where steps or bounds ask for one. */
  readonly recordsWithoutTime: number;
  /** Records that do not count because they have no number in `field`. */
  readonly recordsWithoutNumber: number;
}
