/**
 * A compressed segment's file, open.
 *
 * @module
 */

import { type DamagedPlace, SegmentCorruptError } from "../errors.ts";
import type { FileHandle } from "../platform/file_system.ts";
import type { DamageListener } from "./segment_reader.ts";

/** See the module. */
export interface GzipFile {
  readonly file: FileHandle;
  readonly path: string;
  readonly sizeBytes: number;
  readonly onDamage: DamageListener;
}

/** Reports a damaged place of the file. */
export function reportDamage(
  { path, onDamage }: GzipFile,
  place: Omit<DamagedPlace, "path" | "within">,
  options?: ErrorOptions,
): void {
  onDamage(new SegmentCorruptError({ path, within: "file", ...place }, options));
}
