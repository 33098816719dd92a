/**
 * Waits for a journal to be free, then appends to it as fast as it can until it is killed. Every record names its writer.
 *
 * Arguments: root, path of the evidence, name. Says `waiting` once it competes. The evidence does not depend on the lock:
 * lines in the order in which all processes wrote them, `begin <name> <ms>` before the first record and
 * `flushed <name> <count>` after each flush.
 *
 * @module
 */
import { openSync, writeSync } from "node:fs";
import process from "node:process";
import { setImmediate } from "node:timers";
import { type Journal, openStore, StoreLockedError } from "../../../mod.ts";
import { crashRecord } from "../crash_records.ts";
import { LOGS } from "../stores.ts";

const RETRY_MS = 10;
const FLUSH_MAX_RECORDS = 40;

const [root = "", evidencePath = "", name = ""] = process.argv.slice(2);
const evidence = openSync(evidencePath, "a");
const store = await openStore(root, { segment: { maxBytes: 64 * 1024 }, retention: { maxSegments: false } });
console.log("waiting");
const journal = await takeOver();
note(`begin ${name} ${Date.now()}`);
for (let count = 0;;) {
  for (let left = 1 + count % FLUSH_MAX_RECORDS; left > 0; left--) {
    journal.append({ owner: name, ...crashRecord(count++) });
  }
  await journal.flush();
  note(`flushed ${name} ${count}`);
  await new Promise((resolve) => setImmediate(resolve));
}

/** Tries again until the folder is free. */
async function takeOver(): Promise<Journal> {
  for (;;) {
    try {
      return store.journal(LOGS);
    } catch (error) {
      if (!(error instanceof StoreLockedError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

function note(line: string): void {
  writeSync(evidence, `${line}\n`);
}
