/**
 * SQLite as a log, in the design of Go's `observability`: a write-ahead log with `synchronous = NORMAL`, transactions of a
 * hundred inserts by a prepared statement, a table with a random key of its own for each row, columns for what is asked
 * for most, JSON for the rest, and an index on time.
 *
 * @module
 */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { RecordSource } from "../records.ts";
import type { AppendSubject } from "./subject.ts";

const BATCH_ROWS = 100;
const RANDOM_KEY = "TEXT PRIMARY KEY DEFAULT ('log_' || hex(randomblob(16)))";
const INSERT = "INSERT INTO application_logs (timestamp, level, message, trace_id, attributes) VALUES (?, ?, ?, ?, ?)";

type Row = readonly [timestampMs: number, level: string, message: string, traceId: string, attributes: string];

/** Opens a database that grows. */
export function open(directory: string, source: RecordSource): Promise<AppendSubject> {
  return openWith({ directory, source, key: RANDOM_KEY });
}

/** The same with another kind of key, as SQL has it. */
export function openWith(
  options: { readonly directory: string; readonly source: RecordSource; readonly key: string },
): Promise<AppendSubject> {
  const { directory, source, key } = options;
  const database = openDatabase(directory);
  database.exec(schemaOf(key));
  const insert = database.prepare(INSERT);
  let rows: Row[] = [];
  const write = (): void => {
    database.exec("BEGIN");
    for (const row of rows) insert.run(...row);
    database.exec("COMMIT");
    rows = [];
  };
  return Promise.resolve({
    append() {
      const { msg, fields: { trace_id, ...attributes } } = source.parts();
      rows.push([Date.now(), "INFO", msg, trace_id, JSON.stringify(attributes)]);
      if (rows.length === BATCH_ROWS) write();
    },
    flush: write,
    // What SQLite has to do that is not done by then: to bring the write-ahead log into the database.
    settle() {
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      return Promise.resolve();
    },
    close: () => database.close(),
  });
}

/** Rows in the database of a directory. */
export function countRows(directory: string): number {
  const database = openDatabase(directory);
  const row = database.prepare("SELECT count(*) AS rows FROM application_logs").get();
  database.close();
  return Number(row?.["rows"]);
}

function openDatabase(directory: string): DatabaseSync {
  return new DatabaseSync(join(directory, "observability.db"));
}

function schemaOf(key: string): string {
  return `
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE application_logs (
      log_id ${key},
      timestamp INTEGER NOT NULL,
      level TEXT NOT NULL,
      message TEXT NOT NULL,
      trace_id TEXT,
      attributes TEXT NOT NULL DEFAULT '{}'
    );
    CREATE INDEX application_logs_time ON application_logs (timestamp DESC)`;
}
