/**
 * Random queries over a random root, and what is asked besides the records themselves.
 *
 * @module
 */
import type { ReadQuery, RecordOrder, TimeInput } from "../../mod.ts";
import { pick, type Random } from "./json_forms.ts";
import type { KnownQuery } from "./reference_answer.ts";
import { randomFilter } from "./reference_filters.ts";
import type { ReferenceRoot } from "./reference_root.ts";
import { spanOfRecord } from "./reference_time.ts";

/** What is asked of a store. */
export type Question =
  /** All records. */
  | { readonly kind: "read" }
  /** The first ones. */
  | { readonly kind: "limit"; readonly count: number }
  /** The first ones, by a reader that leaves. */
  | { readonly kind: "leave"; readonly count: number }
  /** The newest ones. */
  | { readonly kind: "tail"; readonly count: number }
  /** All records, some at a time: by where the last page ended, or by the cursors of its records. */
  | { readonly kind: "pages"; readonly by: "reached" | "cursors"; readonly countMax: number }
  /** The first ones, and those that come when the reader turns round there, and at the start. */
  | { readonly kind: "turn"; readonly count: number };

/** A query in the words of a store, and in those of the reference. */
export interface ReferenceQuery {
  readonly query: ReadQuery;
  readonly known: KnownQuery;
  readonly question: Question;
}

/** A bound of time as it is known and as it is given. */
interface Bound {
  readonly timeNs: bigint;
  readonly input: TimeInput;
}

const NS_PER_MS = 1_000_000n;
/** Later times have no text of four digits for the year in every offset. */
const LATEST_BOUND_NS = BigInt(Date.UTC(9999)) * NS_PER_MS;

/** A random query over the journals of one signal. */
export function randomQuery(root: ReferenceRoot, random: Random): ReferenceQuery {
  const signal = pick(["logs", "logs", "logs", "logs", "timeseries", "traces"], random);
  const { stack, server } = randomJournals(root, { signal, random });
  const bounds = randomBounds(root, { signal, random });
  const { filter, text } = random() < 0.85 ? randomFilter({ random, signal }) : {};
  const order = pick<RecordOrder>(["oldest", "newest"], random);
  const given = {
    signal,
    ...(stack === undefined ? {} : { stack }),
    ...(server === undefined ? {} : { server }),
    ...(random() < 0.5 && order === "oldest" ? {} : { order }),
  };
  return {
    query: {
      ...given,
      from: bounds.from?.input,
      to: bounds.to?.input,
      filter: text !== undefined && random() < 0.6 ? text : filter,
    },
    known: { ...given, order, from: bounds.from?.timeNs, to: bounds.to?.timeNs, filter },
    question: randomQuestion(random),
  };
}

/** All journals of a signal, those of one stack, or of some servers; seldom such as are not there. */
function randomJournals(
  { journals }: ReferenceRoot,
  { signal, random }: { readonly signal: string; readonly random: Random },
): Pick<KnownQuery, "stack" | "server"> {
  const keys = journals.map(({ key }) => key).filter((key) => key.signal === signal);
  const [one, other] = [0, 1].map(() => keys[Math.floor(random() * keys.length)]);
  if (one === undefined || other === undefined) return {};
  const kind = random();
  const stack = random() < 0.5 ? {} : { stack: one.stack };
  if (kind < 0.4) return stack;
  if (kind < 0.65) return { ...stack, server: one.server };
  if (kind < 0.95) return { ...stack, server: [one.server, other.server, ...random() < 0.2 ? ["nobody"] : []] };
  return pick([{ stack: "nobody" }, { server: "nobody" }, { server: [] }, { ...one, server: ["nobody"] }], random);
}

function randomQuestion(random: Random): Question {
  const kind = random();
  const few = 1 + Math.floor(random() ** 3 * 100);
  if (kind < 0.35) return { kind: "read" };
  if (kind < 0.5) return { kind: "limit", count: random() < 0.1 ? 0 : few };
  if (kind < 0.55) return { kind: "leave", count: few };
  if (kind < 0.7) return { kind: "tail", count: random() < 0.1 ? 1000 : few };
  if (kind < 0.85) return { kind: "turn", count: few };
  return { kind: "pages", by: random() < 0.5 ? "reached" : "cursors", countMax: 2 + Math.floor(random() * 100) };
}

/** None, one or two bounds at, right before or right behind the time of some record. */
function randomBounds(
  root: ReferenceRoot,
  of: { readonly signal: string; readonly random: Random },
): { readonly from?: Bound; readonly to?: Bound } {
  const { random } = of;
  const kind = random();
  if (kind < 0.45) return {};
  const bounds = [randomBound(root, of), randomBound(root, of)];
  const isTurned = random() < 0.03;
  bounds.sort((a, b) => (a.timeNs < b.timeNs) === isTurned ? 1 : -1);
  const [from, to] = bounds;
  if (from === undefined || to === undefined) return {};
  if (kind < 0.6) return { from };
  return kind < 0.75 ? { to } : { from, to };
}

function randomBound(
  { journals }: ReferenceRoot,
  { signal, random }: { readonly signal: string; readonly random: Random },
): Bound {
  const records = journals.filter(({ key }) => key.signal === signal).flatMap((journal) => journal.records);
  for (;;) {
    const record = records[Math.floor(random() * records.length)];
    const span = record && spanOfRecord(record.record, signal);
    if (span === undefined) continue;
    const timeNs = pick([span.earliest, span.latest], random) + pick([0n, 0n, 0n, 1n, -1n], random);
    if (timeNs > 0n && timeNs < LATEST_BOUND_NS) return boundOf(timeNs, random);
  }
}

/** In one of the forms that callers may give; not all of them hold nanoseconds. */
function boundOf(timeNs: bigint, random: Random): Bound {
  const kind = random();
  if (kind < 0.15) {
    const ms = timeNs / NS_PER_MS;
    return { timeNs: ms * NS_PER_MS, input: new Date(Number(ms)) };
  }
  if (kind < 0.3) {
    const us = timeNs / 1000n;
    return { timeNs: us * 1000n, input: Number(us) / 1000 };
  }
  const offsetMinutes = pick([0, 0, 120, -330], random);
  const localNs = timeNs + BigInt(offsetMinutes) * 60_000n * NS_PER_MS;
  const seconds = new Date(Number(localNs / NS_PER_MS)).toISOString().slice(0, 19);
  const offset = offsetMinutes === 0 ? "Z" : offsetMinutes > 0 ? "+02:00" : "-05:30";
  return { timeNs, input: `${seconds}.${String(localNs % 1_000_000_000n).padStart(9, "0")}${offset}` };
}
