/**
 * Varve: gzip on; for the comparison with other loggers segments of 10 MiB and retention off.
 *
 * @module
 */

import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { type Journal, openStore, type Store } from "../../mod.ts";
import type { RecordSource } from "../records.ts";
import { type AppendSubject, ROTATION_BYTES } from "./subject.ts";

const POLL_MS = 2;

/** A store with one journal. */
export interface VarveSubject extends Required<AppendSubject> {
  readonly store: Store;
  readonly journal: Journal;
}

/** Opens a store with one journal. */
export function open(
  directory: string,
  source: RecordSource,
): Promise<AppendSubject> {
  return openWith({
    directory,
    source,
    segmentMaxBytes: ROTATION_BYTES,
    maxSegments: false,
  });
}

/** The same with segments and retention of the caller's choice. */
export async function openWith(
  options: {
    readonly directory: string;
    readonly source: RecordSource;
    readonly segmentMaxBytes: number;
    readonly maxSegments: number | false;
  },
): Promise<VarveSubject> {
  const { directory, source, segmentMaxBytes, maxSegments } = options;
  const store = await openStore(directory, {
    segment: { maxBytes: segmentMaxBytes },
    retention: { maxAgeMs: false, maxSegments },
  });
  const journal = store.journal({
    stack: "bench",
    server: "append",
    signal: "logs",
  });
  return {
    store,
    journal,
    append() {
      journal.append(source.record());
    },
    ready: () => turn(),
    flush: () => journal.flush(),
    async settle() {
      while (store.stats().compression.backlog > 0) await delay(POLL_MS);
      const { failed } = store.stats().compression;
      if (failed > 0) {
        throw new Error(
          `Cannot measure compression: ${failed} segments failed`,
        );
      }
    },
    close: () => store.close(),
  };
}
