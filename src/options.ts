/**
 * Every option of a store: its default and its validation.
 *
 * @module
 */

import * as v from "valibot";
import type { RetentionLimits } from "./model/retention_limits.ts";
import { type Durability, type SignalDefinition, signalOf } from "./model/signal.ts";
import {
  FLUSH_INTERVAL_MS,
  LINE_MAX_BYTES,
  QUEUE_MAX_BYTES,
  RECORD_MAX_BYTES,
  RETENTION_MAX_AGE_MS,
  RETENTION_MAX_SEGMENTS,
  SEGMENT_BUDGET_SHARE,
  SEGMENT_MAX_BYTES,
  SEGMENT_MAX_BYTES_LIMIT,
} from "./limits.ts";
import type { Clock } from "./platform/clock.ts";
import type { FileSystem } from "./platform/file_system.ts";

/** When a segment is full, and what becomes of it. */
export interface SegmentOptions {
  /**
   * Size in bytes that a segment does not pass: it is sealed before a write that would. Only records that stay together,
   * or one record alone, make a longer one. From 1 byte to 1 GiB, and at most a quarter of `retention.maxTotalBytes`.
   *
   * @default {104_857_600} or a quarter of `retention.maxTotalBytes`, where that is less
   */
  readonly maxBytes?: number;
  /**
   * What becomes of a sealed segment: `gzip` compresses it in the background, `none` leaves it as it is.
   *
   * @default {"gzip"}
   */
  readonly compression?: "gzip" | "none";
}

/** How long the records of one signal are kept. */
export interface SignalRetentionOptions {
  /** See {@linkcode RetentionOptions.maxAgeMs}. */
  readonly maxAgeMs?: number | false;
  /** See {@linkcode RetentionOptions.maxSegments}. */
  readonly maxSegments?: number | false;
}

/**
 * How long records are kept. `false` means no limit. A folder that another program wrote before Varve came is pruned only
 * by limits that are given here, not by the defaults.
 */
export interface RetentionOptions extends SignalRetentionOptions {
  /**
   * Age in milliseconds at which a sealed segment is deleted; an active one that began earlier is sealed. Age counts from
   * the last record of a segment, so that no record outlives twice this age where somebody looks after its journal: a
   * program that appends to it, or one that calls `store.prune()`, as the service does hourly. Does not hold for `audit`.
   *
   * @default {604_800_000} seven days
   */
  readonly maxAgeMs?: number | false;
  /**
   * How many sealed segments a journal keeps; the active one is not counted. Does not hold for `audit`.
   *
   * @default {5}
   */
  readonly maxSegments?: number | false;
  /**
   * Bytes that the journals this store writes to may take together: active and sealed segments, side files, and what a
   * compression under way writes. Before a write that would pass it, the oldest sealed segments of all journals are deleted,
   * and where that is not enough, active ones are sealed and deleted. Passed by one batch of records at most.
   *
   * `audit` is counted, but neither deleted nor refused: where it alone fills the limit, all other records are refused as
   * by a full disk.
   *
   * @default {false}
   */
  readonly maxTotalBytes?: number | false;
  /**
   * Bytes of the disk that the store leaves free. Where fewer are, it deletes as for {@linkcode maxTotalBytes}, and with
   * nothing left to delete it refuses records, `audit` excepted, until there are more. The disk is asked about once a second,
   * and gets 30 seconds to give back what was deleted: what a reader holds open is free only when the reader ends.
   *
   * @default {false}
   */
  readonly keepFreeBytes?: number | false;
  /** Other limits for single signals, by name: the only ones that hold for `audit`. */
  readonly signals?: Readonly<Record<string, SignalRetentionOptions>>;
}

/** Options for {@linkcode openStore}. */
export interface StoreOptions {
  /** When a segment is full, and what becomes of it. */
  readonly segment?: SegmentOptions;
  /** How long records are kept. */
  readonly retention?: RetentionOptions;
  /**
   * Milliseconds that a record stays in memory at most while the disk keeps up.
   *
   * @default {100}
   */
  readonly flushIntervalMs?: number;
  /**
   * What becomes of the records of single signals, by name, without a call of `flush` or `sync`.
   *
   * @default {{ audit: "synced" }} and "buffered" for every other signal
   */
  readonly durability?: Readonly<Record<string, Durability>>;
  /**
   * Bytes of the longest record, encoded; 16 MiB at most, the longest line that readers hold. A longer record is dropped and
   * counted.
   *
   * @default {1_048_576}
   */
  readonly recordMaxBytes?: number;
  /**
   * Bytes that may wait for a slow or failing disk, over all journals. Past it records are dropped and counted.
   *
   * @default {16_777_216}
   */
  readonly queueMaxBytes?: number;
  /** Where files are kept instead of the real file system. For tests. */
  readonly fileSystem?: FileSystem;
  /** What tells the time instead of the system's clock. For tests. */
  readonly clock?: Clock;
}

/** Options with every default filled in. */
export interface ResolvedOptions {
  readonly segmentMaxBytes: number;
  readonly isCompressed: boolean;
  readonly maxTotalBytes: number | false;
  readonly keepFreeBytes: number | false;
  readonly flushIntervalMs: number;
  readonly recordMaxBytes: number;
  readonly queueMaxBytes: number;
  /** What becomes of a signal's records while nobody asks for more. */
  readonly durabilityOf: (signal: SignalDefinition) => Durability;
  /** The limits that hold for a journal. */
  readonly retentionOf: (journal: RetainedJournal) => RetentionLimits;
}

/** What decides which limits hold. */
export interface RetainedJournal {
  readonly signal: SignalDefinition;
  /** Whether another program filled the folder before Varve came. */
  readonly isForeign: boolean;
}

// Their types are valibot's own, too long to be written out.
// deno-lint-ignore explicit-function-return-type
function wholeNumber(min: number, max: number) {
  return v.pipe(
    v.number("must be a number"),
    v.integer("must be a whole number"),
    v.minValue(min, `must be at least ${min}`),
    v.maxValue(max, `must be at most ${max}`),
  );
}

// deno-lint-ignore explicit-function-return-type
function limit(max: number) {
  const message = `must be a whole number from 1 to ${max}, or false`;
  return v.optional(v.union([v.literal(false), wholeNumber(1, max)], message));
}

const signalRetention = { maxAgeMs: limit(Number.MAX_SAFE_INTEGER), maxSegments: limit(1_000_000) };

const schema = v.strictObject({
  segment: v.optional(v.strictObject({
    maxBytes: v.optional(wholeNumber(1, SEGMENT_MAX_BYTES_LIMIT)),
    compression: v.optional(v.picklist(["gzip", "none"], `must be "gzip" or "none"`)),
  })),
  retention: v.optional(v.strictObject({
    ...signalRetention,
    maxTotalBytes: limit(Number.MAX_SAFE_INTEGER),
    keepFreeBytes: limit(Number.MAX_SAFE_INTEGER),
    signals: v.optional(v.record(v.string(), v.strictObject(signalRetention))),
  })),
  flushIntervalMs: v.optional(wholeNumber(0, 3_600_000)),
  durability: v.optional(v.record(
    v.string(),
    v.picklist(["buffered", "flushed", "synced"], `must be "buffered", "flushed" or "synced"`),
  )),
  recordMaxBytes: v.optional(wholeNumber(2, LINE_MAX_BYTES)),
  queueMaxBytes: v.optional(wholeNumber(1, SEGMENT_MAX_BYTES_LIMIT)),
  fileSystem: v.optional(v.any()),
  clock: v.optional(v.any()),
});

/**
 * Fills in defaults.
 *
 * @throws {RangeError} If an option is unknown or out of bounds; the message names it.
 */
export function resolveOptions(options: StoreOptions): ResolvedOptions {
  const result = v.safeParse(schema, options);
  const issue = result.issues?.[0];
  if (issue !== undefined) throw new RangeError(issueMessage(issue));
  for (const name of Object.keys({ ...options.retention?.signals, ...options.durability })) signalOf(name);
  return {
    segmentMaxBytes: segmentMaxBytes(options),
    isCompressed: options.segment?.compression !== "none",
    maxTotalBytes: options.retention?.maxTotalBytes ?? false,
    keepFreeBytes: options.retention?.keepFreeBytes ?? false,
    flushIntervalMs: options.flushIntervalMs ?? FLUSH_INTERVAL_MS,
    recordMaxBytes: options.recordMaxBytes ?? RECORD_MAX_BYTES,
    queueMaxBytes: options.queueMaxBytes ?? QUEUE_MAX_BYTES,
    durabilityOf: ({ name, durability }) => options.durability?.[name] ?? durability,
    retentionOf: (journal) => limitsOf(options.retention ?? {}, journal),
  };
}

function segmentMaxBytes({ segment, retention }: StoreOptions): number {
  const { maxTotalBytes = false } = retention ?? {};
  const quarter = maxTotalBytes === false ? Infinity : Math.max(1, Math.floor(maxTotalBytes * SEGMENT_BUDGET_SHARE));
  const maxBytes = segment?.maxBytes ?? Math.min(SEGMENT_MAX_BYTES, quarter);
  if (maxBytes <= quarter) return maxBytes;
  const reason = `must be at most a quarter of "retention.maxTotalBytes", which is ${maxTotalBytes}`;
  throw new RangeError(`Cannot open a store: option "segment.maxBytes" ${reason}, received ${maxBytes}`);
}

function issueMessage(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? "";
  const isUnknown = issue.type === "strict_object" && issue.expected === "never";
  const reason = isUnknown ? "is not known" : issue.type === "strict_object" ? "must be an object" : issue.message;
  return `Cannot open a store: option "${path}" ${reason}, received ${issue.received}`;
}

function limitsOf(retention: RetentionOptions, { signal, isForeign }: RetainedJournal): RetentionLimits {
  const own = retention.signals?.[signal.name];
  const general = signal.isRetainedForever ? undefined : retention;
  const hasDefaults = !isForeign && !signal.isRetainedForever;
  return {
    maxAgeMs: own?.maxAgeMs ?? general?.maxAgeMs ?? (hasDefaults && RETENTION_MAX_AGE_MS),
    maxSegments: own?.maxSegments ?? general?.maxSegments ?? (hasDefaults && RETENTION_MAX_SEGMENTS),
  };
}
