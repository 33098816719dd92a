/**
 * Where a signal's records carry their time.
 *
 * @module
 */

import type { TimeNs, TimeRange } from "./time.ts";

/** How to read the time of a signal's records. Plain data, because it is sent to the compressing Worker. */
export type TimeSource =
  /** One RFC 3339 field, usually `ts`. */
  | { readonly kind: "field"; readonly field: string }
  /** The spans of an OTLP/JSON `TracesData` envelope: from the earliest start to the latest end. */
  | { readonly kind: "spans" };

/**
 * The time that a record covers: a single point except for an envelope of spans. `undefined` when the record does not
 * say, or says something that is no time.
 *
 * The body names nothing outside itself, because the compressing Worker receives it as source text.
 *
 * @param record A decoded record.
 * @param rules Where the time stands, and how to read RFC 3339 text.
 */
export function recordTimeRange(
  record: { readonly [field: string]: unknown },
  rules: { readonly source: TimeSource; readonly parse: (text: string) => TimeNs | undefined },
): TimeRange | undefined {
  if (rules.source.kind === "field") {
    const text = record[rules.source.field];
    const time = typeof text === "string" ? rules.parse(text) : undefined;
    return time === undefined ? undefined : { earliest: time, latest: time };
  }
  type Node = Record<string, unknown> | null | undefined;
  const nodes = (parents: unknown[], field: string) =>
    parents.flatMap((parent) => {
      const children = (parent as Node)?.[field];
      return Array.isArray(children) ? children : [];
    });
  const spans = nodes(nodes(nodes([record], "resourceSpans"), "scopeSpans"), "spans");
  const times = spans.flatMap((span) => [(span as Node)?.startTimeUnixNano, (span as Node)?.endTimeUnixNano])
    // Zero is OTLP's "not set".
    .map((value) => /^\d{1,20}$/.test(String(value)) ? BigInt(String(value)) : 0n).filter((time) => time > 0n);
  if (times.length === 0) return undefined;
  return times.reduce(
    ({ earliest, latest }, time) => ({
      earliest: time < earliest ? time : earliest,
      latest: time > latest ? time : latest,
    }),
    { earliest: times[0] ?? 0n, latest: times[0] ?? 0n },
  );
}
