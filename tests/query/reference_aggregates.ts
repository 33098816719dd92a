/**
 * Random aggregations, and their figures by `zcat | jq` and its `group_by`.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { AggregateFunction, AggregateQuery, AggregateResult, FilterValue } from "../../mod.ts";
import { pick, type Random } from "./json_forms.ts";
import { compareKeys, isChosen, type KnownQuery } from "./reference_answer.ts";
import { JQ_PATTERNS } from "./reference_conditions.ts";
import { heldBy, JQ_RECORD, jqExpression, jqFunctions, runJq } from "./reference_jq.ts";
import { randomQuery } from "./reference_queries.ts";
import type { ReferenceRoot } from "./reference_root.ts";
import { spanOfRecord } from "./reference_time.ts";

/** An aggregation in the words of a store, and what the reference needs to know of it. */
export interface ReferenceAggregate {
  readonly query: AggregateQuery;
  readonly known: KnownQuery;
}

/** What jq says of an aggregation. */
export interface JqFigures {
  readonly records: number;
  readonly recordsWithoutTime: number;
  readonly recordsWithoutNumber: number;
  /** Earliest and latest time of the records that count; `null` where none has one. */
  readonly earliest: SplitPair | null;
  readonly latest: SplitPair | null;
  readonly points: readonly JqPoint[];
}

/** Whole milliseconds and the nanoseconds beyond them: jq has no integers of 64 bits, and compares lists by their items. */
type SplitPair = readonly [ms: number, ns: number];

interface JqPoint {
  readonly labels: readonly FilterValue[];
  /** Start of the step in milliseconds; `null` without a step. */
  readonly step: number | null;
  /** Place of its first record among those that count. */
  readonly first: number;
  /** Sorted. */
  readonly numbers: readonly number[];
  readonly sum: number;
  readonly last: number;
}

const FUNCTIONS = ["count", "rate", "sum", "min", "max", "avg", "last", "p0", "p50", "p90", "p99.9", "p100"] as const;
const STEPS_MS = [1000, 7000, 60_000, 3_600_000] as const;
const SPANS = "resourceSpans.scopeSpans.spans";

/** Numeric fields of each signal, some of them in lists, and fields to tell series apart by. */
const FIELDS: Readonly<Record<string, { readonly numeric: Names; readonly by: Names }>> = {
  logs: {
    numeric: ["ms", "ms", "http.status", "args", "n", "session", "tool"],
    by: ["level", "tool", "http.method", "http.status", "tags", "http", "admin", "nothing", "trace_id"],
  },
  timeseries: { numeric: ["value", "value", "n"], by: ["name", "labels.tool", "labels.code", "unit", "labels"] },
  traces: { numeric: [`${SPANS}.kind`, "n", `${SPANS}.status.code`], by: [`${SPANS}.name`, `${SPANS}.kind`] },
};

type Names = readonly [string, ...string[]];

/** A random aggregation over the journals of one signal. */
export function randomAggregate(root: ReferenceRoot, random: Random): ReferenceAggregate {
  const { query, known } = randomQuery(root, random);
  const isTimed = random() < 0.6;
  const { from, to } = isTimed ? known : {};
  const fields = FIELDS[known.signal];
  assert.ok(fields !== undefined);
  const field = random() < 0.85 ? pick(fields.numeric, random) : undefined;
  const functions = field === undefined ? ["count", "rate"] as const : FUNCTIONS.filter(() => random() < 0.5);
  const isFiltered = random() < 0.5;
  const stepMs = random() < 0.5 ? undefined : pick(STEPS_MS, random);
  const isTooMany = stepMs !== undefined && from !== undefined && to !== undefined &&
    to - from > BigInt(stepMs) * 10_000n * 1_000_000n;
  const by = Array.from({ length: Math.floor(random() * 3) }, () => pick(fields.by, random));
  const { signal, stack, server, order } = known;
  const journals = { signal, stack, server };
  return {
    query: {
      ...journals,
      ...(isTimed ? { from: query.from, to: query.to } : {}),
      ...(isFiltered ? { filter: query.filter } : {}),
      functions: functions.length === 0 ? ["count"] : functions,
      ...(field === undefined ? {} : { field }),
      ...(by.length === 0 && random() < 0.5 ? {} : { by: [...new Set(by)] }),
      ...(stepMs === undefined || isTooMany ? {} : { stepMs }),
    },
    known: { ...journals, order, from, to, filter: isFiltered ? known.filter : undefined },
  };
}

/** Asks `zcat | jq` for the figures of many aggregations over one signal. Its records have to be plain. */
export async function askFigures(
  { journals }: ReferenceRoot,
  of: { readonly signal: string; readonly aggregates: readonly ReferenceAggregate[] },
): Promise<JqFigures[]> {
  const own = journals.filter(({ key }) => key.signal === of.signal).toSorted((a, b) => compareKeys(a.key, b.key));
  const times = own.flatMap(({ records }) => records).map(({ n, record }) => {
    const span = spanOfRecord(record, of.signal);
    return [n, span && { earliest: splitPair(span.earliest), latest: splitPair(span.latest) }] as const;
  });
  const programs = of.aggregates.map((aggregate) => {
    const chosen = own.filter(({ key }) => isChosen(key, aggregate.known)).map(({ records }) => {
      const [first, last] = [records[0]?.n, records.at(-1)?.n];
      return `(.n >= ${first} and .n <= ${last})`;
    });
    return figuresProgram(aggregate, chosen.length === 0 ? "false" : chosen.join(" or "));
  });
  const timesText = JSON.stringify(JSON.stringify(Object.fromEntries(times)));
  const bindings = `(${timesText} | fromjson) as $times | [inputs | ${JQ_RECORD}] as $all`;
  const program = `${FIGURES} ${bindings} | ${jqFunctions(programs)} ${
    programs.map((_, index) => `f${index}`).join(", ")
  }`;
  return await runJq(own.flatMap(({ files }) => files), { program, isSlurped: true }) as JqFigures[];
}

/** The figures of the records that come in, by what differs between aggregations. */
const FIGURES = String.raw`
def figures($times; $needsTime; isInTime; start; step; numbers; labels):
  [.[] | {record: ., time: $times["\(.n)"]}] as $met
  | [$met[] | select($needsTime | not), select($needsTime and .time != null and (.time | isInTime))] as $timed
  | [$timed[] | {record, start: (.time | if . == null then null else start end), numbers: [.record | numbers | . + 0]}] as $all
  | [$all[] | select(.numbers != [])] as $counted
  | {
    records: ($counted | length),
    recordsWithoutTime: ([$met[] | select($needsTime and .time == null)] | length),
    recordsWithoutNumber: (($all | length) - ($counted | length)),
    earliest: ([$counted[].start | values] | min),
    latest: ([$counted[].start | values] | max),
    points: [
      [$counted | to_entries[] | .key as $at | .value | {labels: (.record | labels), step: (.start | step), $at, start, numbers}]
      | group_by([.labels, .step])[]
      | {
        labels: .[0].labels,
        step: .[0].step,
        first: (map(.at) | min),
        numbers: ([.[].numbers[]] | sort),
        sum: ([.[].numbers[]] | add),
        last: (sort_by([.start, .at]) | last | .numbers | last)
      }
    ]
  };
def labelled(held): [held | elements | if type == "object" then null else . end] | unique | if . == [] then null else .[] end;
`;

/** The program for one aggregation; a condition chooses its journals. */
function figuresProgram({ query, known }: ReferenceAggregate, isChosen: string): string {
  const { field, by = [], stepMs } = query;
  const { from, to, filter } = known;
  const meets = filter === undefined ? "true" : jqExpression({ filter, patterns: JQ_PATTERNS });
  const [fromPair, toPair] = [from, to].map((time) => time === undefined ? undefined : JSON.stringify(splitPair(time)));
  const needsTime = from !== undefined || to !== undefined || stepMs !== undefined;
  const isInTime = `${fromPair === undefined ? "true" : `.latest >= ${fromPair}`} and ${
    toPair === undefined ? "true" : `.earliest < ${toPair}`
  }`;
  // What began before the range counts as of its start.
  const start = fromPair === undefined ? ".earliest" : `[.earliest, ${fromPair}] | max`;
  const step = stepMs === undefined ? "null" : `(.[0] / ${stepMs} | floor) * ${stepMs}`;
  const numbers = field === undefined ? "0" : `${heldBy(field)} | elements | numbers`;
  const labels = `[${by.map((_, index) => `$label${index}`).join(", ")}]`;
  const named = by.map((name, index) => `labelled(${heldBy(name)}) as $label${index} | `).join("");
  return `[$all[] | select((${isChosen}) and ${meets})]
  | figures($times; ${needsTime}; ${isInTime}; ${start}; ${step}; ${numbers}; ${named}${labels})`;
}

function splitPair(timeNs: bigint): SplitPair {
  const ns = ((timeNs % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return [Number((timeNs - ns) / 1_000_000n), Number(ns)];
}

/** Compares the figures of a store with those of jq; returns how many were compared. */
export function checkFigures(
  result: AggregateResult,
  { query, known }: ReferenceAggregate,
  figures: JqFigures,
): number {
  const { records, recordsWithoutTime, recordsWithoutNumber } = figures;
  const { series, ...counts } = result;
  assert.deepEqual(counts, { records, recordsWithoutTime, recordsWithoutNumber, overflow: undefined });
  const { by = [], functions, stepMs } = query;
  const points = new Map(figures.points.map((point) => [JSON.stringify([point.labels, point.step]), point]));
  let compared = 0;
  let before = -1;
  for (const { labels, points: given } of series) {
    const values = by.map((name) => labels[name] ?? null);
    const steps = given.map(({ timeMs }) => stepMs === undefined ? null : timeMs);
    assert.deepEqual(steps, steps.toSorted((a, b) => (a ?? 0) - (b ?? 0)), "steps in order");
    const firsts: number[] = [];
    for (const [index, { timeMs, values: figuresGiven }] of given.entries()) {
      const id = JSON.stringify([values, steps[index]]);
      const point = points.get(id);
      assert.ok(point !== undefined, `no point ${id}`);
      points.delete(id);
      firsts.push(point.first);
      if (stepMs === undefined) assert.equal(timeMs, startOfAll(known, figures));
      const seconds = secondsOf(point, { known, stepMs, figures });
      assert.deepEqual(Object.keys(figuresGiven).sort(), [...functions].sort());
      for (const name of functions) {
        compareFigure(figuresGiven[name], { name, expected: figureOf(point, { name, seconds }), id });
        compared++;
      }
    }
    const first = Math.min(...firsts);
    assert.ok(first >= before, "series in the order of their first records");
    before = first;
  }
  assert.deepEqual([...points.keys()], [], "points are missing");
  return compared;
}

function startOfAll({ from }: KnownQuery, { earliest }: JqFigures): number | null {
  return from === undefined ? earliest?.[0] ?? null : splitPair(from)[0];
}

/** The seconds that a rate is over; `undefined` where they are none. */
function secondsOf(
  { step }: JqPoint,
  of: { readonly known: KnownQuery; readonly stepMs: number | undefined; readonly figures: JqFigures },
): number | undefined {
  const { known: { from, to }, stepMs, figures: { earliest, latest } } = of;
  const nsOf = (pair: SplitPair | null) => pair === null ? undefined : BigInt(pair[0]) * 1_000_000n + BigInt(pair[1]);
  let [start, end] = [from ?? nsOf(earliest), to ?? nsOf(latest)];
  if (step !== null && stepMs !== undefined) {
    const [stepStart, stepEnd] = [BigInt(step) * 1_000_000n, BigInt(step + stepMs) * 1_000_000n];
    start = from !== undefined && from > stepStart ? from : stepStart;
    end = to !== undefined && to < stepEnd ? to : stepEnd;
  }
  if (start === undefined || end === undefined || end <= start) return undefined;
  return Number(end - start) / 1e9;
}

function figureOf(
  { numbers, sum, last }: JqPoint,
  { name, seconds }: { readonly name: AggregateFunction; readonly seconds: number | undefined },
): number | null {
  switch (name) {
    case "count":
      return numbers.length;
    case "rate":
      return seconds === undefined ? null : numbers.length / seconds;
    case "sum":
      return sum;
    case "avg":
      return sum / numbers.length;
    case "last":
      return last;
    case "min":
      return numbers[0] ?? null;
    case "max":
      return numbers.at(-1) ?? null;
    default:
      return numbers[Math.floor(Number(name.slice(1)) / 100 * (numbers.length - 1))] ?? null;
  }
}

/** Counts and extremes are exact; jq's own sums are rounded at each step, and quantiles may be off by 1 %. */
function compareFigure(
  given: number | null | undefined,
  of: { readonly name: string; readonly expected: number | null; readonly id: string },
): void {
  const { name, expected, id } = of;
  const share = name === "p0" || name === "p100"
    ? 0
    : name.startsWith("p")
    ? 0.01
    : name === "rate"
    ? 1e-9
    : name === "sum" || name === "avg"
    ? 1e-12
    : 0;
  const isClose = typeof given === "number" && expected !== null &&
    Math.abs(given - expected) <= share * Math.max(Math.abs(expected), name === "sum" ? 1 : 0);
  assert.ok(isClose || given === expected, `${name} of ${id} is ${given}, expected ${expected}`);
}
