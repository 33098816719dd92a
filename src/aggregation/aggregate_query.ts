/**
 * Checks what an aggregation is asked for.
 *
 * @module
 */

import {
  AGGREGATE_BY_MAX,
  AGGREGATE_POINTS_MAX,
  AGGREGATE_QUANTILE_POINTS_MAX,
  AGGREGATE_SERIES_MAX,
  AGGREGATE_STEPS_MAX,
} from "../limits.ts";
import type { AggregateFunction, AggregateQuery } from "../model/aggregate.ts";
import { timeFromInput, type TimeNs } from "../model/time.ts";
import { Field } from "../filter/field_values.ts";

/** A query that was checked, ready to be worked out. */
export interface ResolvedAggregate {
  /** Each once. */
  readonly functions: readonly AggregateFunction[];
  readonly field: Field | undefined;
  /** Each once. */
  readonly by: readonly Field[];
  readonly stepMs: number | undefined;
  readonly from: TimeNs | undefined;
  /** Exclusive. */
  readonly to: TimeNs | undefined;
  readonly hasQuantiles: boolean;
  /** Series that have room for all their points, as far as their number is known beforehand. */
  readonly seriesMax: number;
  /** Points of all series. */
  readonly pointsMax: number;
}

const PLAIN_FUNCTIONS: ReadonlySet<string> = new Set(["count", "rate", "sum", "min", "max", "avg", "last"]);
const FUNCTIONS_WITHOUT_FIELD: ReadonlySet<string> = new Set(["count", "rate"]);
const QUANTILE = /^p(?:100|\d{1,2}(?:\.\d{1,9})?)$/;

/**
 * Checks a query, but for the journals and the filter it names.
 *
 * @throws {RangeError} If a part of it cannot be used; the message names it.
 */
export function resolveAggregate(query: AggregateQuery): ResolvedAggregate {
  const { stepMs } = query;
  const functions = resolveFunctions(query);
  if (stepMs !== undefined && !(Number.isSafeInteger(stepMs) && stepMs > 0)) {
    throw unusable("stepMs", "a whole number of milliseconds from 1", stepMs);
  }
  const from = query.from === undefined ? undefined : timeFromInput(query.from, "from");
  const to = query.to === undefined ? undefined : timeFromInput(query.to, "to");
  const stepCount = countSteps({ stepMs, from, to });
  const hasQuantiles = functions.some(isQuantile);
  const pointsMax = hasQuantiles ? AGGREGATE_QUANTILE_POINTS_MAX : AGGREGATE_POINTS_MAX;
  return {
    functions,
    field: query.field === undefined ? undefined : fieldOf(query.field, "field"),
    by: resolveBy(query.by ?? []),
    stepMs,
    from,
    to,
    hasQuantiles,
    seriesMax: Math.min(AGGREGATE_SERIES_MAX, Math.floor(pointsMax / stepCount)),
    pointsMax,
  };
}

function resolveFunctions({ functions, field }: AggregateQuery): readonly AggregateFunction[] {
  if (!Array.isArray(functions) || functions.length === 0) {
    throw unusable("functions", "a list with at least one", functions);
  }
  const unknown = functions.find((name) => !PLAIN_FUNCTIONS.has(name) && !isQuantile(name));
  if (unknown !== undefined) {
    throw unusable("functions", `${[...PLAIN_FUNCTIONS].join(", ")} or a quantile such as p99`, unknown);
  }
  const needy = functions.find((name) => !FUNCTIONS_WITHOUT_FIELD.has(name));
  if (needy !== undefined && field === undefined) throw unusable("field", `a name, which "${needy}" needs`, field);
  return [...new Set(functions)];
}

function isQuantile(name: AggregateFunction): boolean {
  return QUANTILE.test(name);
}

function resolveBy(by: readonly string[]): readonly Field[] {
  if (!Array.isArray(by) || by.length > AGGREGATE_BY_MAX) {
    throw unusable("by", `a list of at most ${AGGREGATE_BY_MAX} names`, Array.isArray(by) ? by.length : by);
  }
  return [...new Set(by)].map((name) => fieldOf(name, "by"));
}

function fieldOf(name: string, member: string): Field {
  if (typeof name === "string") return new Field(name);
  throw unusable(member, "the name of a field", name);
}

/** Steps that the range has; 1 where it is open, because then nobody knows. */
function countSteps(
  { stepMs, from, to }: {
    readonly stepMs: number | undefined;
    readonly from: TimeNs | undefined;
    readonly to: TimeNs | undefined;
  },
): number {
  if (stepMs === undefined || from === undefined || to === undefined || to <= from) return 1;
  const stepNs = BigInt(stepMs) * 1_000_000n;
  const count = stepIndex(to - 1n, stepNs) - stepIndex(from, stepNs) + 1n;
  if (count <= AGGREGATE_STEPS_MAX) return Number(count);
  const reason = `longer steps, since "from" and "to" hold ${count} and at most ${AGGREGATE_STEPS_MAX} are given`;
  throw unusable("stepMs", reason, stepMs);
}

function stepIndex(time: TimeNs, stepNs: bigint): bigint {
  const rest = time % stepNs;
  return (time - (rest < 0n ? rest + stepNs : rest)) / stepNs;
}

function unusable(member: string, expected: string, received: unknown): RangeError {
  const value = typeof received === "string" || Array.isArray(received) ? JSON.stringify(received) : String(received);
  return new RangeError(`Cannot aggregate: expected "${member}" to be ${expected}, received ${value}`);
}
