/**
 * What is told of a trace, put together span by span.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { TRACE_MAX_SPANS } from "../limits.ts";
import type { JournalKey } from "../model/journal_key.ts";
import { formatRfc3339, type TimeNs } from "../model/time.ts";
import type { StoredSpan } from "./spans.ts";

/** What is told of a trace. */
export interface TraceSummary {
  /** 32 hexadecimal digits in lower case. */
  readonly traceId: string;
  /** That of its root. */
  readonly name: string;
  /** The stack of its root. */
  readonly stack: string;
  /** Every server with a span of it, in the order of their first spans. */
  readonly servers: readonly string[];
  /** The earliest start of a span, RFC 3339; `null` where no span says when it was. */
  readonly start: string | null;
  /** From the earliest start to the latest end, in milliseconds. A span without an end counts with its start. */
  readonly durationMs: number;
  /** Spans, each counted once however often it was stored. */
  readonly spanCount: number;
  /** Those with the status error. */
  readonly errorCount: number;
  /** Whether there is one. */
  readonly error: boolean;
  /** Whether the root itself is one. */
  readonly rootError: boolean;
  /**
   * The span without a parent, the earliest of several. Where there is none, the earliest span whose parent is not among the
   * spans; where every parent is, the earliest span.
   */
  readonly rootSpanId: string;
  /** Whether the root has no parent, so that nothing of the trace is missing above it. */
  readonly hasRoot: boolean;
}

/** What is kept of a span that may turn out to be the root. */
interface RootCandidate {
  readonly spanId: string;
  readonly name: string;
  readonly stack: string;
  readonly start: TimeNs;
  readonly isError: boolean;
}

/** No id of a parent. */
const KEPT_ROOT = "";

/** A trace while its spans are read, in any order. Holds at most {@linkcode TRACE_MAX_SPANS} ids of them. */
export class TraceBuilder {
  readonly traceId: string;
  /** Earliest start; 0 as long as no span says when it was. */
  start: TimeNs = 0n;
  /** Latest end. */
  end: TimeNs = 0n;
  #spanCount = 0;
  #errorCount = 0;
  /** Servers and when each comes in. */
  /** The start of the first span of each server. */
  readonly #servers = new Map<string, TimeNs>();
  /** Ids of the spans, and what tells spans of one id apart. */
  readonly #spans = new Map<string, bigint>();
  /** By the parent's id, the earliest span whose parent has not been read. Made when there is one: a map takes 200 bytes. */
  #orphans: Map<string, RootCandidate> | undefined;
  #parentless: RootCandidate | undefined;
  #earliest: RootCandidate | undefined;

  constructor(traceId: string) {
    this.traceId = traceId;
  }

  /** How many ids are held. */
  get heldSpans(): number {
    return this.#spans.size;
  }

  /** Time from the earliest start to the latest end, in nanoseconds. */
  get durationNs(): bigint {
    return this.end - this.start;
  }

  /** Whether a span has the status error. */
  get hasError(): boolean {
    return this.#errorCount > 0;
  }

  /** The name of the span that is the root as far as is known. */
  get name(): string {
    return this.#root?.name ?? "";
  }

  /**
   * Adds a span. Returns `false`, and changes nothing, if it was added before: an exporter that gets no answer sends again.
   * One with the same id but another name or other times is another span, as client and server have it in Zipkin's model.
   */
  add(span: StoredSpan, { stack, server }: JournalKey): boolean {
    if (!this.#remember(span)) return false;
    this.#spanCount++;
    if (span.isError) this.#errorCount++;
    if (span.start !== 0n && (this.start === 0n || span.start < this.start)) this.start = span.start;
    if (span.end > this.end) this.end = span.end;
    this.#addServer(server, span.start);
    this.#addCandidate(span, stack);
    return true;
  }

  /** Forgets what tells its spans apart, for a trace that is taken as whole. */
  release(): void {
    const root = this.#root;
    this.#spans.clear();
    this.#orphans = root && new Map([[KEPT_ROOT, root]]);
  }

  /** What is known by now. */
  summary(): TraceSummary {
    const root = this.#root;
    return {
      traceId: this.traceId,
      name: this.name,
      stack: root?.stack ?? "",
      servers: [...this.#servers].sort(([, a], [, b]) => compareStarts(a, b)).map(([server]) => server),
      start: this.start === 0n ? null : formatRfc3339(this.start),
      durationMs: Number(this.durationNs) / 1e6,
      spanCount: this.#spanCount,
      errorCount: this.#errorCount,
      error: this.hasError,
      rootError: root?.isError ?? false,
      rootSpanId: root?.spanId ?? "",
      hasRoot: this.#parentless !== undefined,
    };
  }

  get #root(): RootCandidate | undefined {
    if (this.#parentless !== undefined) return this.#parentless;
    const orphans = this.#orphans?.values().toArray() ?? [];
    return orphans.reduce<RootCandidate | undefined>(earlier, undefined) ?? this.#earliest;
  }

  /** Whether the span is new. Without an id nothing tells it from another one. */
  #remember({ spanId, start, end, name }: StoredSpan): boolean {
    if (spanId === "") return true;
    // A checksum, because it takes less memory than the name.
    const content = (start << 64n | end) << 32n | BigInt(crc32(name));
    const known = this.#spans.get(spanId);
    if (known === content) return false;
    const id = known === undefined ? spanId : `${spanId}/${content}`;
    if (known !== undefined && this.#spans.has(id)) return false;
    if (this.#spans.size < TRACE_MAX_SPANS) this.#spans.set(id, content);
    return true;
  }

  #addServer(server: string, start: TimeNs): void {
    const known = this.#servers.get(server);
    if (known === undefined || compareStarts(start, known) < 0) this.#servers.set(server, start);
  }

  #addCandidate(span: StoredSpan, stack: string): void {
    const { spanId, parentSpanId, name, start, isError } = span;
    const candidate: RootCandidate = { spanId, name, stack, start, isError };
    if (spanId !== "") this.#orphans?.delete(spanId);
    this.#earliest = earlier(this.#earliest, candidate);
    if (parentSpanId === "") {
      this.#parentless = earlier(this.#parentless, candidate);
    } else if (!this.#spans.has(parentSpanId)) {
      this.#orphans ??= new Map();
      if (this.#orphans.size >= TRACE_MAX_SPANS) return;
      this.#orphans.set(parentSpanId, earlier(this.#orphans.get(parentSpanId), candidate));
    }
  }
}

/** Orders starts; a time that is not set comes last. */
export function compareStarts(a: TimeNs, b: TimeNs): number {
  if (a === b) return 0;
  if (a === 0n || b === 0n) return a === 0n ? 1 : -1;
  return a < b ? -1 : 1;
}

/** The one that starts first. Of two that start together the ids decide, so that the order they are read in does not. */
function earlier(known: RootCandidate | undefined, other: RootCandidate): RootCandidate {
  if (known === undefined) return other;
  return (compareStarts(other.start, known.start) || (other.spanId < known.spanId ? -1 : 1)) < 0 ? other : known;
}
