/**
 * Fills a few segments, then stands still, without a turn of the event loop, until a compression under way is done: only
 * a thread of its own can do that. Then waits for the others.
 *
 * Argument: root. Prints what was seen.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { gunzipSync } from "node:zlib";
import { openStore } from "../../../mod.ts";

const KEY = { stack: "shop", server: "github", signal: "logs" };
const STANDSTILL_MAX_MS = 10_000;
const RECORDS = 60_000;

const [root = ""] = process.argv.slice(2);
const folder = `${root}/shop/github`;
await using store = await openStore(root, { segment: { maxBytes: 2_000_000 }, retention: { maxSegments: false } });
const journal = store.journal(KEY);
for (let n = 0; n < RECORDS; n++) journal.append({ ts: new Date(n).toISOString(), n, pad: "x".repeat(n % 200) });
await journal.flush();

// Standing still begins in the middle of a compression: before or behind it, this thread is needed to go on.
let isCompressedInThread = false;
while (!isCompressedInThread && store.stats().compression.backlog > 0) {
  if (progress() === "under way") isCompressedInThread = standStill();
  else await new Promise((resolve) => setTimeout(resolve, 1));
}

while (store.stats().compression.backlog > 0) await new Promise((resolve) => setTimeout(resolve, 5));
const { rotations, compression: { finished, failed } } = store.stats();
const numbers = await Array.fromAsync(store.read(KEY), ({ record }) => record["n"]);
const isWhole = numbers.length === RECORDS && numbers.every((n, index) => n === index);
console.log(JSON.stringify({ isCompressedInThread, isWhole, rotations, finished, failed }));

/** Waits without a turn of the event loop; true once the compression under way is whole. */
function standStill(): boolean {
  const endMs = Date.now() + STANDSTILL_MAX_MS;
  while (progress() !== "whole" && Date.now() < endMs) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
  }
  return progress() === "whole";
}

/** How far the temporary file of a segment is. */
function progress(): "none" | "under way" | "whole" {
  const name = readdirSync(folder).find((each) => each.endsWith(".gz.tmp"));
  if (name === undefined) return "none";
  try {
    const raw = readFileSync(`${folder}/${name.replace(".gz.tmp", "")}`);
    return Buffer.compare(gunzipSync(readFileSync(`${folder}/${name}`)), raw) === 0 ? "whole" : "under way";
  } catch {
    return "under way";
  }
}
