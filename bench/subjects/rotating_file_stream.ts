/**
 * rotating-file-stream with gzip, fed with lines that `JSON.stringify` makes.
 *
 * @module
 */

import { once } from "node:events";
import { createStream } from "rotating-file-stream";
import type { RecordSource } from "../records.ts";
import { type AppendSubject, FILE_MODE, ROTATION_BYTES } from "./subject.ts";

/** Opens a rotating file. */
export function open(
  directory: string,
  source: RecordSource,
): Promise<AppendSubject> {
  const stream = createStream(
    (time, index) => time ? `sealed-${index}.jsonl.gz` : "stream.jsonl",
    {
      path: directory,
      size: `${ROTATION_BYTES}B`,
      compress: "gzip",
      mode: FILE_MODE,
    },
  );
  let hasRoom = true;
  return Promise.resolve({
    append() {
      hasRoom = stream.write(JSON.stringify(source.record()) + "\n");
    },
    async ready() {
      if (!hasRoom) await once(stream, "drain");
    },
    // A stream of this kind compresses before it takes the next line: when it has finished, nothing is left to compress.
    async flush() {
      stream.end();
      await once(stream, "finish");
    },
  });
}
