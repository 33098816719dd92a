/**
 * Searches files of JSON lines with DuckDB, and prints, as JSON, how long it took and how many lines it found. Runs on
 * Node, which DuckDB's package is made for; `log_scan.ts` starts it, a process for each figure.
 *
 * Command line: `query.js <count|rows> <condition in SQL> <output> <files…>`. With `rows`, each row found is written to
 * the output as JSON. Without any of them, the program prints DuckDB's version.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { DuckDBInstance, version } from "@duckdb/node-api";

/** Given, because DuckDB would read the files twice to find it out. */
const COLUMNS = {
  ts: "VARCHAR",
  level: "VARCHAR",
  msg: "VARCHAR",
  tool: "VARCHAR",
  trace_id: "VARCHAR",
  span_id: "VARCHAR",
  request_id: "VARCHAR",
  duration_ms: "INTEGER",
  bytes: "INTEGER",
};

const [wanted, condition, output, ...files] = process.argv.slice(2);
console.log(wanted === undefined ? version() : JSON.stringify(await search()));

async function search() {
  const startMs = performance.now();
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const table = `read_json(${literal(files)}, format = 'newline_delimited', columns = ${literal(COLUMNS)})`;
  const chosen = wanted === "count" ? "count(*)::INTEGER AS count" : "*";
  const reader = await connection.runAndReadAll(
    `SELECT ${chosen} FROM ${table} WHERE ${condition}`,
  );
  // Objects, as every reader in JavaScript has them in the end.
  const rows = reader.getRowObjectsJS();
  const ms = performance.now() - startMs;
  if (wanted === "count") return { ms, lines: rows[0].count };
  writeFileSync(
    output,
    rows.map((row) => `${JSON.stringify(withoutNulls(row))}\n`).join(""),
  );
  return { ms, lines: rows.length };
}

/** A list or an object as SQL has them. */
function literal(value) {
  const text = (/** @type {string} */ part) => `'${part.replaceAll("'", "''")}'`;
  if (Array.isArray(value)) return `[${value.map(text).join(", ")}]`;
  return `{${
    Object.entries(value).map(([name, type]) => `${text(name)}: ${text(type)}`)
      .join(", ")
  }}`;
}

/** A field that a line lacks is null in a row. */
function withoutNulls(row) {
  return Object.fromEntries(
    Object.entries(row).filter(([, value]) => value !== null),
  );
}
