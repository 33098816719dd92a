/**
 * pino with its usual destination, which writes each line synchronously before the call returns. It neither rotates nor
 * compresses.
 *
 * @module
 */

import { join } from "node:path";
import pino from "pino";
import type { RecordSource } from "../records.ts";
import { type AppendSubject, FILE_MODE } from "./subject.ts";

/** Opens one file that grows. */
export function open(
  directory: string,
  source: RecordSource,
): Promise<AppendSubject> {
  return openWith({ directory, source, minLength: 0 });
}

/** The same with pino's own buffer: lines wait in memory until there are `minLength` characters of them. */
export function openWith(
  options: {
    readonly directory: string;
    readonly source: RecordSource;
    readonly minLength: number;
  },
): Promise<AppendSubject> {
  const { directory, source, minLength } = options;
  const destination = pino.destination({
    dest: join(directory, "pino.jsonl"),
    sync: true,
    mode: FILE_MODE,
    minLength,
  });
  const logger = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime },
    destination,
  );
  return Promise.resolve({
    append() {
      const { msg, fields } = source.parts();
      logger.info(fields, msg);
    },
    flush: () => destination.flushSync(),
    close: () => destination.end(),
  });
}
