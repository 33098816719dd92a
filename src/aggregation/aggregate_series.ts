/**
 * The series of an aggregation, as many as there is room for.
 *
 * @module
 */

import { AGGREGATE_LABEL_MAX_CHARS, AGGREGATE_STEPS_MAX, SKETCH_BINS_TOTAL_MAX } from "../limits.ts";
import type { FilterValue } from "../model/filter.ts";
import { AggregateCell } from "./aggregate_cell.ts";
import type { ResolvedAggregate } from "./aggregate_query.ts";
import { type BinBudget, QuantileSketch } from "./quantile_sketch.ts";
import type { SplitTime } from "./split_time.ts";

/** The values of the fields of `by`, in their order. */
export type Labels = readonly FilterValue[];

/** What the series of one aggregation share. */
interface SeriesShare {
  readonly query: ResolvedAggregate;
  readonly budget: BinBudget;
  /** Points of all series but the overflow. */
  pointCount: number;
}

/** See the module. */
export class SeriesTable {
  readonly #share: SeriesShare;
  readonly #byKey = new Map<string, Series>();
  #overflow: Series | undefined;

  constructor(query: ResolvedAggregate) {
    this.#share = { query, budget: { bins: SKETCH_BINS_TOTAL_MAX }, pointCount: 0 };
  }

  /** Those that were made, in that order. */
  get all(): readonly Series[] {
    return [...this.#byKey.values()];
  }

  /** The one that takes what has no room; `undefined` where nothing was. */
  get overflow(): Series | undefined {
    return this.#overflow;
  }

  /** The series of these labels, or the overflow. */
  find(labels: Labels): Series {
    if (labels.some(isLong)) return this.makeOverflow();
    const key = labels.map(labelKey).join(",");
    const found = this.#byKey.get(key);
    if (found !== undefined) return found;
    if (this.#byKey.size >= this.#share.query.seriesMax) return this.makeOverflow();
    const series = new Series(labels, this.#share);
    this.#byKey.set(key, series);
    return series;
  }

  /** The series of what has no room. */
  makeOverflow(): Series {
    this.#overflow ??= new Series(undefined, this.#share);
    return this.#overflow;
  }
}

/** The points of records with the same labels. */
export class Series {
  /** `undefined` for the overflow. */
  readonly labels: Labels | undefined;
  readonly #share: SeriesShare;
  readonly #cells = new Map<number, AggregateCell>();
  // The step that was used last: records mostly come in the order of time.
  #cell: AggregateCell | undefined;
  #startMs = Infinity;
  #endMs = -Infinity;

  constructor(labels: Labels | undefined, share: SeriesShare) {
    this.labels = labels;
    this.#share = share;
  }

  /** Starts of the steps that have values, and what they have, in order of time. `-Infinity` stands for all of the time. */
  get cells(): readonly (readonly [startMs: number, cell: AggregateCell])[] {
    return [...this.#cells].sort(([a], [b]) => a - b);
  }

  /**
   * Adds a finite value.
   *
   * @throws {RangeError} If it needs a point more than there may be.
   */
  add(value: number, time: SplitTime): void {
    const isLastStep = time.ms >= this.#startMs && time.ms < this.#endMs;
    const cell = isLastStep ? this.#cell : undefined;
    (cell ?? this.#enter(time.ms)).add(value, time);
  }

  #enter(ms: number): AggregateCell {
    const { stepMs } = this.#share.query;
    // The remainder is exact, a quotient would be rounded.
    const rest = stepMs === undefined ? 0 : ms % stepMs;
    this.#startMs = stepMs === undefined ? -Infinity : ms - (rest < 0 ? rest + stepMs : rest);
    this.#endMs = stepMs === undefined ? Infinity : this.#startMs + stepMs;
    this.#cell = this.#cells.get(this.#startMs) ?? this.#makeCell(this.#startMs);
    return this.#cell;
  }

  #makeCell(startMs: number): AggregateCell {
    const { query, budget } = this.#share;
    this.#checkRoom();
    if (this.labels !== undefined) this.#share.pointCount++;
    const cell = new AggregateCell(query.hasQuantiles ? new QuantileSketch(budget) : undefined);
    this.#cells.set(startMs, cell);
    return cell;
  }

  /** Where the range is known, so is the number of steps, and there is room for the points of every series. */
  #checkRoom(): void {
    const { query: { stepMs, pointsMax }, pointCount } = this.#share;
    if (this.#cells.size >= AGGREGATE_STEPS_MAX) {
      const expected = 'expected a longer "stepMs" or a shorter range';
      throw new RangeError(
        `Cannot aggregate: the records stand in more than ${AGGREGATE_STEPS_MAX} steps, ${expected}, received ${stepMs}`,
      );
    }
    if (this.labels !== undefined && pointCount >= pointsMax) {
      const expected = 'expected "from" and "to" or a longer "stepMs"';
      throw new RangeError(
        `Cannot aggregate: the series have more than ${pointsMax} points, ${expected}, received ${stepMs}`,
      );
    }
  }
}

/** Text that differs where labels do. Numbers are compared exactly, whatever their form, as filters do. */
function labelKey(label: FilterValue): string {
  if (typeof label === "string") return JSON.stringify(label);
  return Number.isInteger(label) ? String(BigInt(label as number)) : String(label);
}

function isLong(label: FilterValue): boolean {
  return typeof label === "string" && label.length > AGGREGATE_LABEL_MAX_CHARS;
}
