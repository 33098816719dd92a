/**
 * Runs DuckDB, where Node and its package are installed.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { digestOf, type Found } from "./digest.ts";
import { linesOf } from "./outside_search.ts";
import { runCommand } from "./program.ts";

/** What a query took, from the opening of a database to the last row, and how many lines it found. */
export interface DuckdbAnswer {
  readonly ms: number;
  readonly lines: number;
}

/** A condition in SQL, and the files of JSON lines it is asked of. */
export interface DuckdbQuery {
  readonly condition: string;
  readonly files: readonly string[];
}

const DIRECTORY = fileURLToPath(new URL("./duckdb", import.meta.url));
const PROGRAM = join(DIRECTORY, "query.js");

/** DuckDB's version, or why there is none. */
export function findDuckdb(): { readonly version: string } | { readonly skipped: string } {
  const result = spawnSync("node", [PROGRAM], { encoding: "utf8" });
  if (result.status === 0) return { version: result.stdout.trim() };
  const reason = result.error === undefined ? `not installed; "npm ci" in ${DIRECTORY} does` : "Node is not installed";
  return { skipped: reason };
}

/** Counts the rows that meet the condition. */
export function countInDuckdb({ condition, files }: DuckdbQuery): DuckdbAnswer {
  return JSON.parse(runCommand("node", [PROGRAM, "count", condition, "", ...files]));
}

/** Has the rows that meet the condition as objects. */
export function readInDuckdb(query: DuckdbQuery, directory: string): DuckdbAnswer & Found {
  const output = join(directory, "rows.jsonl");
  const answer: DuckdbAnswer = JSON.parse(
    runCommand("node", [PROGRAM, "rows", query.condition, output, ...query.files]),
  );
  return { ...answer, ...digestOf(linesOf(output)) };
}
