/**
 * Fills a few segments, then stands still, without a turn of the event loop, until the first one is compressed: only a
 * thread of its own can do that. Then waits for the others.
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

const [root = ""] = process.argv.slice(2);
const folder = `${root}/shop/github`;
await using store = await openStore(root, { segment: { maxBytes: 400_000 }, retention: { maxSegments: false } });
const journal = store.journal(KEY);
for (let n = 0; n < 10_000; n++) journal.append({ ts: new Date(n).toISOString(), n, pad: "x".repeat(n % 200) });
await journal.flush();

const endMs = Date.now() + STANDSTILL_MAX_MS;
while (!isFirstCompressed() && Date.now() < endMs) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
const isCompressedInThread = isFirstCompressed();

while (store.stats().compression.backlog > 0) await new Promise((resolve) => setTimeout(resolve, 5));
const { rotations, compression: { finished, failed } } = store.stats();
const numbers = await Array.fromAsync(store.read(KEY), ({ record }) => record["n"]);
const isWhole = numbers.length === 10_000 && numbers.every((n, index) => n === index);
console.log(JSON.stringify({ isCompressedInThread, isWhole, rotations, finished, failed }));

/** Whether the temporary file of the first segment holds all of it. */
function isFirstCompressed(): boolean {
  const [name] = readdirSync(folder).filter((name) => /^logs-.*\.jsonl$/.test(name)).sort();
  try {
    const raw = readFileSync(`${folder}/${name}`);
    return Buffer.compare(gunzipSync(readFileSync(`${folder}/${name}.gz.tmp`)), raw) === 0;
  } catch {
    return false;
  }
}
