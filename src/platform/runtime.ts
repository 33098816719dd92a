/**
 * Which process this is.
 *
 * @module
 */

import { resolve } from "node:path";
import process from "node:process";

/** The runtime and its version, such as `deno 2.9.6` or `bun 1.4.4`. */
export function runtimeName(): string {
  const { deno, bun, node } = process.versions;
  if (deno !== undefined) return `deno ${deno}`;
  return bun === undefined ? `node ${node}` : `bun ${bun}`;
}

/** The id of this process. */
export function processId(): number {
  return process.pid;
}

/** A path as seen from the current directory, absolute and without `.` and `..`. */
export function absolutePath(path: string): string {
  return resolve(path);
}
