/**
 * P11: how much larger or smaller is self-indexed gzip, its table included, than what `gzip -6` makes of the same bytes?
 *
 * - Measured: bytes of the one compressed segment and of GNU gzip's output; the same in every run, so one round.
 * - Size: 32 MiB of varied log lines (small: 256 KiB).
 * - A worse number: look at the length of the blocks and at what the table stores for each.
 *
 * Command line: `deno run -A bench/main.ts P11`, `bun bench/main.ts P11`
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { crc32, gunzipSync } from "node:zlib";
import { openStore } from "../mod.ts";
import type { Bench } from "./comparison.ts";
import { LogLineSource } from "./log_lines.ts";

const SEGMENT_BYTES = { small: 256 * 1024, real: 32 * 1024 * 1024 } as const;
const SLICE_RECORDS = 500;
const POLL_MS = 5;
const WHAT = "size of a compressed segment";

/** See the module. */
export const compressedSize: Bench = {
  ids: ["P11"],
  async run(run) {
    const directory = run.directory();
    const path = await sealOneSegment(directory, SEGMENT_BYTES[run.size]);
    const ours = statSync(path).size;
    const raw = gunzipSync(readFileSync(path));
    // From a file: Deno's spawnSync would fill the pipe to the child before it reads a byte of the answer.
    const rawPath = join(directory, "raw.jsonl");
    writeFileSync(rawPath, raw);
    const gzip = spawnSync("gzip", ["-6", "-n", "-c", rawPath], { maxBuffer: raw.length });
    if (gzip.status !== 0) {
      return [{ id: "P11", what: WHAT, skipped: "gzip is not installed" }];
    }
    const theirs = gzip.stdout.length;
    run.report(`compressed size: ${ours} bytes, gzip -6 ${theirs} bytes`);
    return [{
      id: "P11",
      what: WHAT,
      unit: "bytes",
      ours,
      peer: { name: "gzip -6", value: theirs },
      ratios: [ours / theirs],
      must: "1× (0 %)",
      moonshot: "0.97× (−3 %)",
      proof: `${raw.length} bytes, CRC-32 ${crc32(raw).toString(16)}`,
    }];
  },
};

/** Appends until a segment is sealed, waits until it is compressed, and returns its path. */
async function sealOneSegment(
  directory: string,
  segmentMaxBytes: number,
): Promise<string> {
  await using store = await openStore(directory, {
    segment: { maxBytes: segmentMaxBytes },
    retention: { maxAgeMs: false, maxSegments: false },
  });
  const journal = store.journal({
    stack: "bench",
    server: "size",
    signal: "logs",
  });
  const source = new LogLineSource();
  while (store.stats().rotations === 0) {
    for (let index = 0; index < SLICE_RECORDS; index++) {
      journal.append(source.record());
    }
    await journal.flush();
  }
  while (store.stats().compression.backlog > 0) await delay(POLL_MS);
  const folder = join(directory, "bench", "size");
  const name = readdirSync(folder).find((entry) => entry.endsWith(".jsonl.gz"));
  if (name === undefined) {
    throw new Error(
      `Cannot compare sizes: no compressed segment, ${JSON.stringify(store.stats())}`,
    );
  }
  return join(folder, name);
}
