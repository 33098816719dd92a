/**
 * Which sealed segments are to be deleted. Decides on plain values; the journal and the store carry it out.
 *
 * @module
 */

import type { RetentionLimits } from "../model/retention_limits.ts";

/** What retention knows of one sealed segment. */
export interface SegmentAge {
  readonly base: string;
  /** Moment of sealing, from the name, in milliseconds since the epoch. */
  readonly sealedTimeMs: number;
  /** Last change of the file in milliseconds since the epoch; compression keeps it. */
  readonly modifiedTimeMs: number;
  /** Bytes of all its files. */
  readonly sizeBytes: number;
}

/**
 * The segments of one journal that are too old or too many.
 *
 * A segment's age counts from the earlier of its name's time and its file's: a copied file is not younger than its name
 * says, and a name made while the clock stood ahead does not keep a file longer. Where a clock that went back makes a later
 * segment the older one, those before it go with it: retention leaves no gap.
 *
 * @param segments Oldest first.
 */
export function selectExpired(
  segments: readonly SegmentAge[],
  options: { readonly limits: RetentionLimits; readonly nowMs: number },
): readonly SegmentAge[] {
  const { limits: { maxAgeMs, maxSegments }, nowMs } = options;
  const surplus = maxSegments === false ? 0 : Math.max(0, segments.length - maxSegments);
  const isTooOld = ({ sealedTimeMs, modifiedTimeMs }: SegmentAge) =>
    maxAgeMs !== false && nowMs - Math.min(sealedTimeMs, modifiedTimeMs) > maxAgeMs;
  return segments.slice(0, Math.max(surplus, segments.findLastIndex(isTooOld) + 1));
}
