/**
 * Whether two searches found the same lines.
 *
 * @module
 */

import { crc32 } from "node:zlib";

/** What was found, in short. */
export interface Found {
  readonly lines: number;
  /** The same for the same lines, in whichever order they came. */
  readonly digest: string;
}

/** Counts lines and sums them up. */
export function digestOf(lines: readonly string[]): Found {
  return { lines: lines.length, digest: crc32(lines.toSorted().join("\n")).toString(16) };
}
