/**
 * The same table in SQLite with rows that are numbered, which costs SQLite less time and less room than any other key.
 *
 * @module
 */

import type { RecordSource } from "../records.ts";
import { openWith } from "./sqlite.ts";
import type { AppendSubject } from "./subject.ts";

/** Opens a database that grows. */
export function open(directory: string, source: RecordSource): Promise<AppendSubject> {
  return openWith({ directory, source, key: "INTEGER PRIMARY KEY" });
}
