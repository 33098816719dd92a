/**
 * Lists traces: the newest or the slowest, the failing ones, those of a name or a duration.
 *
 * @module
 */

import { OPEN_TRACE_SPANS_MAX, OPEN_TRACES_MAX, TRACE_LOOKAHEAD_MS } from "../limits.ts";
import type { RecordReader, StoredRecord } from "../model/query.ts";
import { recordTimeRange } from "../model/record_time.ts";
import { formatRfc3339, parseRfc3339, type TimeNs } from "../model/time.ts";
import { flatSpans, spanGroups, type StoredSpan } from "./spans.ts";
import { type ListedTrace, SLACK_NS, type TraceQuery, TraceSelection } from "./trace_selection.ts";
import { TraceBuilder, type TraceSummary } from "./trace_summary.ts";

/** What {@linkcode listTraces} found. */
export interface TraceList {
  /** In the order asked for. */
  readonly traces: readonly TraceSummary[];
  /** Where to go on, as {@linkcode TraceQuery.after} of the same query; `null` where nothing is left. */
  readonly next: string | null;
  /**
   * Whether every trace was put together for as long as it takes. Where more than 100,000 traces ran in one minute, some may
   * lack spans, or be missing.
   */
  readonly isComplete: boolean;
}

/** Spans between two looks at which traces are whole, while there are few traces. */
const SETTLE_MIN_SPANS = 500;

const LOOKAHEAD_NS = BigInt(TRACE_LOOKAHEAD_MS) * 1_000_000n;

/**
 * Lists traces of a reader, such as a store.
 *
 * Reads records from the newest back and puts the traces together span by span. A trace is whole once records are read that
 * end a minute before it started: spans are stored late, and clocks differ. So the newest traces are found without reading all,
 * and the list ends once there are enough; `slowest` reads the whole range. Of what the conditions leave out nothing is
 * kept, so that memory is bounded however many traces there are.
 *
 * What is further apart than that minute may be told in part: a span that was stored later, a trace with a longer gap between
 * its spans, a server whose clock is wrong by more. For the last traces before `to` (or before `after`), spans are looked
 * for up to an hour behind it, as long as the trace says that it lasted. A trace none of whose spans has a time comes last, and
 * only where no range is given. {@linkcode readTrace} gives all of a trace in every case.
 *
 * @throws {RangeError} If a name, a time, a duration, the place or the limit cannot be used.
 *
 * @example List what failed
 * ```ts
 * import assert from "node:assert/strict";
 * import { listTraces, openStore } from "@varve/varve";
 *
 * await using store = await openStore("./telemetry");
 * const span = {
 *   traceId: "5b8efff798038103d269b633813fc60c",
 *   spanId: "eee19b7ec3c1b174",
 *   name: "GET /cart",
 *   startTimeUnixNano: "1777982461000000000",
 *   endTimeUnixNano: "1777982462500000000",
 *   status: { code: 2 },
 * };
 * const journal = store.journal({ stack: "shop", server: "web", signal: "traces" });
 * journal.append({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
 *
 * const { traces } = await listTraces(store, { stack: "shop", hasError: true, minDurationMs: 1000, limit: 10 });
 * assert.deepEqual(traces.map(({ name, durationMs }) => [name, durationMs]), [["GET /cart", 1500]]);
 * ```
 */
export async function listTraces(reader: Pick<RecordReader, "read">, query: TraceQuery = {}): Promise<TraceList> {
  const selection = new TraceSelection(query);
  const assembly = new Assembly(selection);
  for await (const stored of reader.read({ ...selection.records, order: "newest" })) {
    assembly.add(stored);
    if (!assembly.isDue) continue;
    assembly.settle();
    if (assembly.hasEnough()) break;
  }
  const { chosen, hasMore } = assembly.finish();
  const last = chosen.at(-1);
  // Before the look ahead: the next list finds the traces as they are now.
  const next = hasMore && last !== undefined ? selection.placeBehind(last) : null;
  await lookAhead(reader, { selection, chosen });
  return { traces: chosen.map((trace) => trace.summary()), next, isComplete: assembly.isComplete };
}

/** Adds what traces at the end of the range have beyond what was read. */
async function lookAhead(
  reader: Pick<RecordReader, "read">,
  of: { readonly selection: TraceSelection; readonly chosen: readonly OpenTrace[] },
): Promise<void> {
  const { selection: { readTo, records }, chosen } = of;
  const end = chosen.reduce((latest, trace) => trace.end > latest ? trace.end : latest, 0n);
  if (readTo === undefined || end <= readTo) return;
  const traces = new Map(chosen.map((trace) => [trace.traceId, trace]));
  const to = end < readTo + LOOKAHEAD_NS ? end : readTo + LOOKAHEAD_NS;
  const query = { ...records, from: formatRfc3339(readTo), to: formatRfc3339(to) };
  for await (const stored of reader.read(query)) {
    const time = recordTimeRange(stored.record, { source: { kind: "spans" }, parse: parseRfc3339 });
    // What begins before was read.
    if (time === undefined || time.earliest < readTo) continue;
    for (const { key, spans } of spanGroups(stored)) {
      for (const span of spans) traces.get(span.traceId)?.add(span, key);
    }
  }
}

/** A trace while it is put together. */
class OpenTrace extends TraceBuilder implements ListedTrace {
  hasMatch = false;
}

/** Puts traces together from records that come newest first. */
class Assembly {
  /** Whether no trace had to be taken as whole before its time. */
  isComplete = true;
  readonly #selection: TraceSelection;
  /** Traces of which spans may come. */
  readonly #open = new Map<string, OpenTrace>();
  /** Those that are whole and asked for. */
  #settled = new Map<string, OpenTrace>();
  /** Ids of spans that all of these hold. */
  #heldSpans = 0;
  #spansSinceSettling = 0;
  #spansUntilSettling = SETTLE_MIN_SPANS;
  /** The latest end since the last settling. */
  #latestEnd: TimeNs = 0n;
  #hasMore = false;

  constructor(selection: TraceSelection) {
    this.#selection = selection;
  }

  /** Whether it is time to settle: often enough to end early, seldom enough to cost less than reading does. */
  get isDue(): boolean {
    return this.#spansSinceSettling >= this.#spansUntilSettling || this.#isOverfull(1);
  }

  /** Whether nothing that is still to be read can be among the traces asked for. Then reading is over. */
  hasEnough(): boolean {
    const { order, limit } = this.#selection;
    if (order !== "newest" || this.#settled.size < limit) return false;
    this.#trim();
    if (this.#settled.size < limit) return false;
    // What is open started before all of these.
    this.#open.clear();
    this.#hasMore = true;
    return true;
  }

  add(stored: StoredRecord): void {
    for (const group of spanGroups(stored)) {
      let flatten: ReturnType<typeof flatSpans> | undefined;
      for (const span of group.spans) {
        const trace = this.#traceOf(span);
        const heldBefore = trace.heldSpans;
        const isNew = trace.add(span, group.key);
        this.#heldSpans += trace.heldSpans - heldBefore;
        if (isNew && !trace.hasMatch) {
          trace.hasMatch = this.#selection.matches(() => (flatten ??= flatSpans(group))(span));
        }
        if (span.end > this.#latestEnd) this.#latestEnd = span.end;
      }
      this.#spansSinceSettling += group.spans.length;
    }
  }

  /** Sets the traces aside that are whole by now. */
  settle(): void {
    // Without a time since the last look, nothing says how far reading has come.
    const wholeFrom = this.#latestEnd === 0n ? undefined : this.#latestEnd + SLACK_NS;
    for (const trace of this.#open.values()) {
      if (wholeFrom !== undefined && trace.start >= wholeFrom) this.#close(trace);
    }
    if (this.#isOverfull(1)) this.#makeRoom();
    this.#spansSinceSettling = 0;
    this.#spansUntilSettling = Math.max(SETTLE_MIN_SPANS, this.#open.size / 2);
    this.#latestEnd = 0n;
    if (this.#settled.size >= 2 * this.#selection.limit) this.#trim();
  }

  /** The traces asked for, once all was read. */
  finish(): { readonly chosen: readonly OpenTrace[]; readonly hasMore: boolean } {
    for (const trace of this.#open.values()) this.#close(trace);
    this.#trim();
    return { chosen: [...this.#settled.values()], hasMore: this.#hasMore };
  }

  #traceOf({ traceId }: StoredSpan): OpenTrace {
    const known = this.#open.get(traceId) ?? this.#settled.get(traceId);
    if (known !== undefined) return known;
    const trace = new OpenTrace(traceId);
    this.#open.set(traceId, trace);
    return trace;
  }

  #close(trace: OpenTrace): void {
    this.#open.delete(trace.traceId);
    if (this.#selection.has(trace)) this.#settled.set(trace.traceId, trace);
    else this.#heldSpans -= trace.heldSpans;
  }

  #release(trace: OpenTrace): void {
    this.#heldSpans -= trace.heldSpans;
    trace.release();
  }

  /** Takes those as whole that started last, until half of the room is free. */
  #makeRoom(): void {
    this.isComplete = false;
    for (const trace of this.#settled.values()) this.#release(trace);
    const latestFirst = [...this.#open.values()].sort((a, b) => a.start > b.start ? -1 : Number(a.start < b.start));
    for (const trace of latestFirst) {
      if (!this.#isOverfull(0.5)) return;
      this.#release(trace);
      this.#close(trace);
    }
  }

  #isOverfull(share: number): boolean {
    return this.#open.size > share * OPEN_TRACES_MAX || this.#heldSpans > share * OPEN_TRACE_SPANS_MAX;
  }

  /** Leaves those of the traces asked for that come first. */
  #trim(): void {
    const { limit } = this.#selection;
    // A span that came late can have taken a trace out of what is asked for.
    const sorted = this.#selection.sort(this.#settled.values().filter((trace) => this.#selection.has(trace)));
    if (sorted.length > limit) this.#hasMore = true;
    this.#settled = new Map(sorted.slice(0, limit).map((trace) => [trace.traceId, trace]));
    this.#heldSpans = 0;
    for (const traces of [this.#open, this.#settled]) {
      for (const trace of traces.values()) this.#heldSpans += trace.heldSpans;
    }
  }
}
