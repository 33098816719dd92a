/**
 * pino with a buffer of 4 KiB, the length its documentation names: a crash may then cost the last lines, as with every
 * subject here but plain pino. It neither rotates nor compresses.
 *
 * @module
 */

import type { RecordSource } from "../records.ts";
import { openWith } from "./pino.ts";
import type { AppendSubject } from "./subject.ts";

const BUFFER_CHARS = 4096;

/** Opens one file that grows. */
export function open(
  directory: string,
  source: RecordSource,
): Promise<AppendSubject> {
  return openWith({ directory, source, minLength: BUFFER_CHARS });
}
