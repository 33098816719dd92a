/**
 * Random records of logs, timeseries and traces, of few enough words and numbers that random filters find some of them.
 *
 * Times are out of order, missing or malformed, in other offsets, equal, or those of a clock that is wrong.
 *
 * @module
 */
import type { TelemetryRecord } from "../../src/model/record.ts";
import { pick, type Random } from "./json_forms.ts";

/** When the records of a root begin: 2026-05-05T12:00:00Z. */
export const FIRST_MS = Date.UTC(2026, 4, 5, 12);

/** Values of the field `tool`, and of others like it. */
export const TOOLS = [
  "search",
  "Search",
  "fetch",
  "read file",
  "поиск",
  'se"arch',
  "and",
  "200",
  "😀",
  "\ufffd x",
] as const;

/** Values of the field `level`: names in any case, distances, other names, and what is no text. */
export const LEVELS = [
  "INFO",
  "info",
  "warn",
  "Warning",
  "ERROR",
  "ERROR+1",
  "INFO+2",
  "debug",
  "TRACE",
  "FATAL+3",
] as const;

/** Levels that are in no order. */
export const ODD_LEVELS = ["notice", "NOTICE", "FATAL+9", "INFO-12", "", "K", "\u212a"] as const;

/** Values of the field `tags`, a list. */
export const TAGS = ["slow", "retried", "SLOW", "x y"] as const;

/** Values of the field `name` of timeseries. */
export const METRIC_NAMES = ["http_requests_total", "cpu.load", "memory bytes"] as const;

/** Values of the field `msg`. */
export const MESSAGES = [
  "tool call finished",
  "tool call timed out",
  "Timed out: upstream",
  "GET http://x/y?a=b",
  "<b>bold</b> & more",
  "first line\nsecond line",
  "C:\\temp\\x/y",
  "tab\there, bell\u0007 and nul\u0000.",
  "separators\u2028and\u2029",
  "took 150 ms",
  "ünïcode, ключ и 😀",
] as const;

/** Texts with halves of pairs, which jq cannot hold. */
const BROKEN_TEXTS = ["half \ud83d pair", "\ude00 other half"] as const;

/** Numbers that jq writes as JavaScript does. */
export const NUMBERS = [0, 1, 7, 12, 99, 100, 150, 182, 200, 404, 500, 503, 5000, 0.5, 50.5, -3, 12345.678] as const;

/** Integers beyond 2^53, and numbers that have another text in jq. */
export const WIDE_NUMBERS = [
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 60n),
  2n ** 64n - 1n,
  1.5e21,
  1e-7,
  1e300,
] as const;

/** What stands where a time should, and is none. */
const NO_TIMES = [
  ...["2026-02-30T12:00:00Z", "2026-05-05 12:00:00Z", "2026-05-05T24:00:00Z", "2026-05-05T12:00:00+24:00"],
  ...["2026-05-05T12:00:00", "2026-05-05T12:00:00.Z", "26-05-05T12:00:00Z", "yesterday", "", null],
  ["2026-05-05T12:00:00Z"],
] as const;

/** Names of trace ids: few records have the same. */
export function traceId(number: number): string {
  return `4bf92f3577b34da6a3ce929d0e0e${number.toString(16).padStart(4, "0")}`;
}

/** How many trace ids there are. */
export const TRACE_IDS = 60;

/** The clock of one server, and how good it is. */
export interface ServerClock {
  /** Whether every record gets a time of it, though some come late: blocks whose times are known can be skipped. */
  readonly isKept: boolean;
  /** The time that it shows; it goes on with each look. */
  nowNs(): bigint;
}

/** A clock that is wrong by a constant, runs too fast or too slow, and jumps now and then. */
export function serverClock(random: Random): ServerClock {
  const skewMs = Math.round((random() - 0.5) * 60_000);
  const pace = 0.8 + random() * 0.4;
  let nowNs = BigInt(FIRST_MS + skewMs) * 1_000_000n;
  return {
    isKept: random() < 0.5,
    nowNs: () => {
      const kind = random();
      // Records of one moment, the usual pace, and a correction of the clock.
      if (kind > 0.1) nowNs += BigInt(Math.floor(random() * 4e9 * pace));
      if (kind > 0.99) nowNs -= BigInt(Math.floor(random() * 60e9));
      return nowNs;
    },
  };
}

/** A record of logs. */
export function logRecord(
  n: number,
  { random, clock }: { readonly random: Random; readonly clock: ServerClock },
): TelemetryRecord {
  const maybe = (share: number, fields: object) => random() < share ? [fields] : [];
  const level = random() < 0.9
    ? pick(LEVELS, random)
    : pick<unknown>([...ODD_LEVELS, 9, ["debug", "warn"], null], random);
  const parts: object[] = [
    ...maybe(0.85, { level }),
    { msg: random() < 0.97 ? pick(MESSAGES, random) : pick(BROKEN_TEXTS, random) },
    { n },
    ...maybe(0.7, { tool: random() < 0.9 ? pick(TOOLS, random) : someValue(random) }),
    ...maybe(0.6, { ms: random() < 0.95 ? pick(NUMBERS, random) : pick<unknown>(WIDE_NUMBERS, random) }),
    ...maybe(0.3, { trace_id: traceId(Math.floor(random() * TRACE_IDS)) }),
    ...maybe(0.4, { http: httpField(random) }),
    ...maybe(0.1, { "http.status": pick<unknown>([200, "404", 404, null], random) }),
    ...maybe(0.2, { tags: listOf(random, () => pick(TAGS, random)) }),
    ...maybe(0.2, { args: someValue(random) }),
    ...maybe(0.15, { "user id": `u-${Math.floor(random() * 5)}` }),
    ...maybe(0.1, { ключ: someValue(random) }),
    ...maybe(0.1, { admin: pick([true, false, null], random) }),
    ...maybe(0.05, { session: pick<unknown>([9007199254740993n, 9007199254740991], random) }),
    ...maybe(0.03, { "a.b": { c: pick(NUMBERS, random) }, a: { "b.c": pick(NUMBERS, random), b: { c: "deep" } } }),
    ...maybe(0.02, { constructor: "own", ["__proto__"]: pick(TOOLS, random) }),
  ];
  return withTime(parts, { random, clock });
}

/** A record of timeseries. */
export function pointRecord(
  n: number,
  { random, clock }: { readonly random: Random; readonly clock: ServerClock },
): TelemetryRecord {
  const name = pick(METRIC_NAMES, random);
  const value = random() < 0.05
    ? pick<unknown>(WIDE_NUMBERS, random)
    : pick<unknown>([...NUMBERS, "NaN", null], random);
  const labels = { tool: pick(TOOLS, random), code: String(pick([200, 404, 500], random)) };
  const parts = [{ name }, { value }, { n }, ...(random() < 0.8 ? [{ labels }] : []), {
    unit: pick(["s", "By"], random),
  }];
  return withTime(parts, { random, clock });
}

/** A record of traces: an envelope of a few spans, each later or earlier than the last, or none at all. */
export function traceRecord(
  n: number,
  { random, clock }: { readonly random: Random; readonly clock: ServerClock },
): TelemetryRecord {
  if (!clock.isKept && random() < 0.1) return { n, resourceSpans: [] };
  const spans = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index) => {
    const start = clock.nowNs() - BigInt(Math.floor(random() * 5e9));
    const end = start + BigInt(Math.floor(random() * 8e9));
    return {
      traceId: traceId(Math.floor(random() * TRACE_IDS)),
      spanId: `${n.toString(16).padStart(14, "0")}0${index}`,
      name: pick(TOOLS, random),
      kind: pick([1, 2, 3], random),
      ...(clock.isKept || random() < 0.9 ? { startTimeUnixNano: String(start), endTimeUnixNano: String(end) } : {}),
      ...(random() < 0.3 ? { status: { code: 2, message: pick(MESSAGES, random) } } : {}),
    };
  });
  const resource = { attributes: [{ key: "service.name", value: { stringValue: pick(TOOLS, random) } }] };
  return { n, resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "reference" }, spans }] }] };
}

/** Puts the time first as most writers do, or anywhere; there may be none. */
function withTime(
  parts: readonly object[],
  { random, clock }: { readonly random: Random; readonly clock: ServerClock },
): TelemetryRecord {
  const ts = timestamp(clock, random);
  const at = random() < 0.8 ? 0 : Math.floor(random() * (parts.length + 1));
  const timed = ts === undefined ? parts : parts.toSpliced(at, 0, { ts });
  return Object.fromEntries(timed.flatMap((part) => Object.entries(part)));
}

/** A time as any writer may have it; `undefined` where a record has none. */
function timestamp(clock: ServerClock, random: Random): unknown {
  const nowNs = clock.nowNs();
  if (random() < 0.12) return formatTime(nowNs - BigInt(Math.floor(random() * 60e9)), random);
  if (clock.isKept || random() < 0.85) return formatTime(nowNs, random);
  const kind = random();
  if (kind < 0.25) return undefined;
  if (kind < 0.5) return pick<unknown>([...NO_TIMES, Number(nowNs / 1_000_000n)], random);
  // Of another time altogether.
  if (kind < 0.7) return formatTime(nowNs - 10n ** 16n * BigInt(Math.floor(random() * 100)), random);
  if (kind < 0.85) return `2026-05-05T12:0${Math.floor(random() * 9)}:60${pick(["Z", ".5Z", "+00:00"], random)}`;
  return pick(["0000-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "0001-01-01T00:30:00+01:00"], random);
}

/** RFC 3339 with some number of digits, in some offset. */
export function formatTime(timeNs: bigint, random: Random): string {
  const offsetMinutes = random() < 0.8 ? 0 : pick([120, -330, 60, 0, -1439], random);
  const localNs = timeNs + BigInt(offsetMinutes) * 60_000_000_000n;
  const fractionNs = ((localNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = new Date(Number((localNs - fractionNs) / 1_000_000n)).toISOString().slice(0, 19);
  const digits = String(fractionNs).padStart(9, "0");
  const fraction = pick(
    [`.${digits}`, `.${digits.slice(0, 3)}`, `.${digits.slice(0, 6)}`, `.${digits}999`, ""],
    random,
  );
  const text = `${seconds}${fraction}`;
  if (offsetMinutes === 0) {
    return random() < 0.97 ? `${text}Z` : `${text.replace("T", "t")}${pick(["z", "-00:00"], random)}`;
  }
  const [hours, minutes] = [Math.floor(Math.abs(offsetMinutes) / 60), Math.abs(offsetMinutes) % 60];
  return `${text}${offsetMinutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
}

function httpField(random: Random): unknown {
  const one = () => ({ status: pick<unknown>([200, 404, 500, "200"], random), method: pick(["GET", "POST"], random) });
  return random() < 0.85 ? one() : pick<unknown>([[one(), one()], "200", [], [[one()]], { response: one() }], random);
}

/** Anything, at any depth. */
function someValue(random: Random, depth = 0): unknown {
  const kind = random();
  if (kind < 0.35 || depth > 2) return pick(TOOLS, random);
  if (kind < 0.6) return pick(NUMBERS, random);
  if (kind < 0.68) return pick([true, false, null], random);
  if (kind < 0.72) return pick<unknown>(WIDE_NUMBERS, random);
  if (kind < 0.85) return listOf(random, () => someValue(random, depth + 1));
  const keys = listOf(random, () => pick(["status", "tool", "q", "ключ", "odd/key"], random));
  return Object.fromEntries(keys.map((key) => [key, someValue(random, depth + 1)]));
}

function listOf<Item>(random: Random, make: () => Item): Item[] {
  return Array.from({ length: Math.floor(random() * 3) }, make);
}
