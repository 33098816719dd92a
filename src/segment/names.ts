/**
 * The names of a server folder's files. Every one is built and read here.
 *
 * A sealed segment carries lumberjack's time stamp, the moment of its sealing; stamps sort by age as text. A raw file
 * and its `.gz` are one segment and share its base name.
 *
 * @module
 */

/** Text such as `2026-04-30T12-00-00.000`: UTC, milliseconds. */
export type Stamp = string;

/** What a file name of a server folder says. */
export type SegmentFile =
  /** `logs.jsonl` */
  | { readonly kind: "active"; readonly signal: string }
  /** `logs-<stamp>.jsonl`, with a reason such as `-size` behind the stamp where timberjack wrote it */
  | { readonly kind: "raw"; readonly signal: string; readonly base: string; readonly stamp: Stamp }
  /** the same with `.gz` */
  | { readonly kind: "gzip"; readonly signal: string; readonly base: string; readonly stamp: Stamp }
  /** `….jsonl.gz.tmp`, a compression under way, and `….idx`, which can be rebuilt */
  | { readonly kind: "temporary" | "side"; readonly signal: string; readonly base: string; readonly stamp: Stamp };

/** The name of the lock file of a server folder. */
export const LOCK_NAME = ".lock";

/** The name of the file that says who holds the lock. */
export const HOLDER_NAME = ".holder.json";

const STAMPS_END_MS = Date.UTC(9999, 0);

const ACTIVE_NAME = /^([a-z][a-z0-9_]{0,63})\.jsonl$/;
const SEALED_NAME =
  /^(([a-z][a-z0-9_]{0,63})-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3})(?:-[a-z]+)?)(\.jsonl|\.jsonl\.gz|\.jsonl\.gz\.tmp|\.idx)$/;
const KIND_BY_SUFFIX: Readonly<Record<string, "raw" | "gzip" | "temporary" | "side">> = {
  ".jsonl": "raw",
  ".jsonl.gz": "gzip",
  ".jsonl.gz.tmp": "temporary",
  ".idx": "side",
};

/** Reads a file name; `undefined` when it is not a segment's or a side file's, and so the user's own. */
export function parseSegmentFile(name: string): SegmentFile | undefined {
  const active = ACTIVE_NAME.exec(name);
  if (active?.[1] !== undefined) return { kind: "active", signal: active[1] };
  const [, base, signal, stamp, suffix] = SEALED_NAME.exec(name) ?? [];
  const kind = KIND_BY_SUFFIX[suffix ?? ""];
  if (base === undefined || signal === undefined || stamp === undefined || kind === undefined) return undefined;
  return stampTimeMs(stamp) === undefined ? undefined : { kind, signal, base, stamp };
}

/** `logs` → `logs.jsonl` */
export function activeName(signal: string): string {
  return `${signal}.jsonl`;
}

/** The base name of a segment sealed at `stamp`. */
export function sealedBase(signal: string, stamp: Stamp): string {
  return `${signal}-${stamp}`;
}

/** The name of a segment's raw file. */
export function rawName(base: string): string {
  return `${base}.jsonl`;
}

/** The name of a segment's compressed file. */
export function gzipName(base: string): string {
  return `${base}.jsonl.gz`;
}

/** The name of a compression under way. */
export function temporaryName(base: string): string {
  return `${base}.jsonl.gz.tmp`;
}

/** The name of a segment's side file. */
export function sideName(base: string): string {
  return `${base}.idx`;
}

/**
 * A stamp's time in milliseconds since the epoch; `undefined` when there is no such day or hour, or no later stamp would have
 * a year of four digits.
 */
export function stampTimeMs(stamp: Stamp): number | undefined {
  const text = `${stamp.slice(0, 13)}:${stamp.slice(14, 16)}:${stamp.slice(17)}Z`;
  const ms = Date.parse(text);
  return ms < STAMPS_END_MS && stampFromMs(ms) === stamp ? ms : undefined;
}

/**
 * The stamp for a segment sealed now: later than `newest`, the newest one present, also when the clock stands still or
 * went back.
 *
 * @throws {RangeError} If that is past the year 9998: the name would not be read as a segment's.
 */
export function nextStamp(newest: Stamp | undefined, nowMs: number): Stamp {
  const afterNewestMs = newest === undefined ? nowMs : (stampTimeMs(newest) ?? nowMs) + 1;
  const stamp = stampFromMs(Math.max(nowMs, afterNewestMs));
  if (stampTimeMs(stamp) !== undefined) return stamp;
  throw new RangeError(`Cannot name a segment: stamps end with the year 9998, and the newest one is ${newest}`);
}

function stampFromMs(ms: number): Stamp {
  return new Date(ms).toISOString().slice(0, 23).replaceAll(":", "-");
}
