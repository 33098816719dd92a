/**
 * Varve where records come no faster than segments are compressed, as a program's do that runs for longer than seconds:
 * no segment is then compressed at the fastest level.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import type { RecordSource } from "../records.ts";
import { type AppendSubject, ROTATION_BYTES } from "./subject.ts";
import { openWith } from "./varve.ts";

const POLL_MS = 2;

/** Opens a store with one journal. */
export async function open(directory: string, source: RecordSource): Promise<AppendSubject> {
  const opened = await openWith({ directory, source, segmentMaxBytes: ROTATION_BYTES, maxSegments: false });
  return {
    ...opened,
    async ready() {
      await opened.ready();
      while (opened.store.stats().compression.backlog > 1) await delay(POLL_MS);
    },
  };
}
