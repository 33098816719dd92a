/**
 * Who holds a server folder, as its `.holder.json` says. The lock itself is the kernel's: the file is for messages, and
 * for the note that another program filled the folder first.
 *
 * @module
 */

import type { LockHolder } from "../errors.ts";
import type { FileSystem } from "../platform/file_system.ts";
import { HOLDER_NAME } from "../segment/names.ts";
import { readJsonFile } from "./json_file.ts";

/** What a `.holder.json` says. */
export interface HolderNote {
  /** The holder, or the last one where the lock is free. */
  readonly holder: LockHolder | undefined;
  /** Whether another program filled the folder before Varve came. */
  readonly isForeign: boolean;
}

/**
 * Reads the note of a folder; `undefined` when there is none. One that a loss of power emptied was not of a foreign folder:
 * such notes are synced.
 */
export function readHolder(fileSystem: FileSystem, folder: string): HolderNote | undefined {
  const path = `${folder}/${HOLDER_NAME}`;
  const value = readJsonFile(fileSystem, path);
  if (typeof value !== "object" || value === null) {
    return fileSystem.stat(path) === undefined ? undefined : { holder: undefined, isForeign: false };
  }
  const { pid, runtime, since, foreign } = value as Record<string, unknown>;
  const isHolder = typeof pid === "number" && typeof runtime === "string" && typeof since === "string";
  return { holder: isHolder ? { pid, runtime, since } : undefined, isForeign: foreign === true };
}
