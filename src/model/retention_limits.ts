/**
 * How much of a journal is kept.
 *
 * @module
 */

/** How much a journal keeps; `false` means no limit. */
export interface RetentionLimits {
  /** Age in milliseconds at which a sealed segment is deleted, and an active one sealed. */
  readonly maxAgeMs: number | false;
  /** How many sealed segments are kept. */
  readonly maxSegments: number | false;
}
