/**
 * Counts what a subject left on disk.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const LINE_FEED = 0x0a;

/** Lines in all `.jsonl` files below a directory, numbered and compressed ones too. */
export function countLines(directory: string): number {
  const entries = readdirSync(directory, {
    recursive: true,
    withFileTypes: true,
  });
  const names = entries.filter((entry) => entry.isFile() && entry.name.includes(".jsonl"));
  return names.reduce(
    (sum, entry) => sum + linesOf(join(entry.parentPath, entry.name)),
    0,
  );
}

function linesOf(path: string): number {
  const stored = readFileSync(path);
  const bytes = path.endsWith(".gz") ? gunzipSync(stored) : stored;
  let lines = 0;
  for (
    let at = bytes.indexOf(LINE_FEED);
    at >= 0;
    at = bytes.indexOf(LINE_FEED, at + 1)
  ) lines++;
  return lines;
}
