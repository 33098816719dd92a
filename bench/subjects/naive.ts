/**
 * The naive floor: `toISOString`, `JSON.stringify`, a buffer of 1 MiB and `writeSync`; nothing is rotated, flushed by a
 * timer, counted or compressed.
 *
 * @module
 */

import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { RecordSource } from "../records.ts";
import { type AppendSubject, FILE_MODE } from "./subject.ts";

const BUFFER_CHARS = 1024 * 1024;

/** Opens one file that grows. */
export function open(
  directory: string,
  source: RecordSource,
): Promise<AppendSubject> {
  const descriptor = openSync(join(directory, "naive.jsonl"), "a", FILE_MODE);
  const encoder = new TextEncoder();
  const buffer = new Uint8Array(3 * 2 * BUFFER_CHARS);
  let text = "";
  const write = (): void => {
    const { written } = encoder.encodeInto(text, buffer);
    writeSync(descriptor, buffer, 0, written);
    text = "";
  };
  return Promise.resolve({
    append() {
      text += JSON.stringify(source.record()) + "\n";
      if (text.length >= BUFFER_CHARS) write();
    },
    flush: write,
    close: () => closeSync(descriptor),
  });
}
