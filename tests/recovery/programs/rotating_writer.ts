/**
 * Appends numbered records to one journal and rotates it as fast as it can, until it gets a line of input. Notes after
 * each flush how many records are on file: a 64-bit integer, little-endian.
 *
 * Arguments: root, path of the note, seed, options of the store as JSON. Prints what it did once all of it is on file.
 *
 * @module
 */
import { openSync, writeSync } from "node:fs";
import process from "node:process";
import { setImmediate } from "node:timers";
import { openStore } from "../../../mod.ts";
import { LOGS, numbered, seededRandom } from "../stores.ts";

const [root = "", notePath = "", seed = "0", options = "{}"] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const note = openSync(notePath, "w");
const store = await openStore(root, JSON.parse(options));
const journal = store.journal(LOGS);
let isStopped = false;
process.stdin.once("data", () => isStopped = true);

let appended = 0;
while (!isStopped) {
  for (let count = 1 + Math.floor(random() * 40); count > 0; count--) {
    journal.append({ ...numbered(appended++), pad: "x".repeat(random() * 200) });
  }
  await journal.flush();
  writeSync(note, new BigUint64Array([BigInt(appended)]), 0, 8, 0);
  await new Promise((resolve) => setImmediate(resolve));
}
const { rotations, prunedSegments, compression } = store.stats();
console.log(JSON.stringify({ appended, rotations, prunedSegments, compressed: compression.finished }));
await store.close();
process.exit(0);
