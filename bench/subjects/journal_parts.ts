/**
 * A journal of a given size as a service leaves it: compressed segments, sealed ones that no compression has reached yet,
 * and the active one.
 *
 * @module
 */

import { closeSync, copyFileSync, fdatasyncSync, linkSync, mkdirSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { openStore } from "../../mod.ts";
import { RecordSource } from "../records.ts";

/** The journal that is made. */
export const JOURNAL_KEY = { stack: "bench", server: "open", signal: "logs" } as const;

/** Segments of equal size: six compressed ones, then three raw ones; the active one is half full. */
const COMPRESSED_PARTS = 6.5;
const RAW_PARTS = 3;
const SLICE_RECORDS = 200;
const POLL_MS = 5;

/**
 * Makes the journal.
 *
 * @param sizeBytes Bytes of records, before compression.
 * @returns How many records it holds.
 */
export async function makeJournal(directory: string, sizeBytes: number): Promise<number> {
  const partBytes = Math.floor(sizeBytes / (COMPRESSED_PARTS + RAW_PARTS));
  const source = new RecordSource();
  const compressed = await fill(directory, { source, partBytes, parts: COMPRESSED_PARTS, compression: "gzip" });
  const raw = await fill(directory, { source, partBytes, parts: RAW_PARTS, compression: "none" });
  return compressed + raw;
}

/**
 * Gives a journal another place to be opened in: sealed segments never change, and the active one is copied. All of it is
 * on disk, as a journal's is but for its last seconds.
 */
export function cloneJournal(from: string, to: string): void {
  const folder = join(JOURNAL_KEY.stack, JOURNAL_KEY.server);
  mkdirSync(join(to, folder), { recursive: true });
  for (const name of readdirSync(join(from, folder))) {
    const copy = join(to, folder, name);
    if (name.startsWith(`${JOURNAL_KEY.signal}-`)) {
      linkSync(join(from, folder, name), copy);
    } else {
      copyFileSync(join(from, folder, name), copy);
      syncFile(copy);
    }
  }
}

function syncFile(path: string): void {
  const descriptor = openSync(path, "r");
  fdatasyncSync(descriptor);
  closeSync(descriptor);
}

async function fill(
  directory: string,
  options: {
    readonly source: RecordSource;
    readonly partBytes: number;
    readonly parts: number;
    readonly compression: "gzip" | "none";
  },
): Promise<number> {
  const { source, partBytes, parts, compression } = options;
  await using store = await openStore(directory, {
    segment: { maxBytes: partBytes, compression },
    retention: { maxAgeMs: false, maxSegments: false },
  });
  const journal = store.journal(JOURNAL_KEY);
  let records = 0;
  while (store.stats().writtenBytes < parts * partBytes) {
    for (let count = 0; count < SLICE_RECORDS; count++) journal.append(source.record());
    records += SLICE_RECORDS;
    await journal.flush();
    await turn();
  }
  while (store.stats().compression.backlog > 0) await delay(POLL_MS);
  return records;
}
