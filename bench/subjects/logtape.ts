/**
 * LogTape's rotating file sink with its JSON Lines formatter. It does not compress. It syncs the file each time its
 * buffer of 8 KiB is full, and has no option not to.
 *
 * @module
 */

import { getRotatingFileSink } from "@logtape/file";
import { configureSync, disposeSync, getLogger, jsonLinesFormatter } from "@logtape/logtape";
import { join } from "node:path";
import type { RecordSource } from "../records.ts";
import { type AppendSubject, ROTATION_BYTES } from "./subject.ts";

/** More than a run fills, so that nothing is deleted. */
const FILES_MAX = 1000;

/** Opens a rotating file. */
export function open(
  directory: string,
  source: RecordSource,
): Promise<AppendSubject> {
  const path = join(directory, "logtape.jsonl");
  configureSync({
    reset: true,
    sinks: {
      file: getRotatingFileSink(path, {
        maxSize: ROTATION_BYTES,
        maxFiles: FILES_MAX,
        formatter: jsonLinesFormatter,
      }),
    },
    loggers: [
      { category: "bench", sinks: ["file"], lowestLevel: "info" },
      { category: ["logtape", "meta"], sinks: [], lowestLevel: "fatal" },
    ],
  });
  const logger = getLogger("bench");
  return Promise.resolve({
    append() {
      const { msg, fields } = source.parts();
      logger.info(msg, fields);
    },
    // The sink has no flush of its own: disposing of it writes what is left and closes the file.
    flush: () => disposeSync(),
  });
}
