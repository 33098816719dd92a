/**
 * Appends numbered records to several journals as fast as it can until it is killed, and notes after each flush how far
 * each journal is known to be on file.
 *
 * Arguments: root, path of the notes, seed, then for each journal its key and its first number as JSON.
 *
 * @module
 */
import { openSync, writeSync } from "node:fs";
import process from "node:process";
import { openStore } from "../../../mod.ts";
import { crashRecord } from "../crash_records.ts";
import { seededRandom } from "../stores.ts";

const [root = "", notesPath = "", seed = "0", ...journalTexts] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const notes = openSync(notesPath, "w");
const store = await openStore(root, { segment: { maxBytes: 64 * 1024 }, retention: { maxSegments: false } });
const journals = journalTexts.map((text) => {
  const { key, start } = JSON.parse(text);
  return { journal: store.journal(key), next: start as number, isAudit: key.signal === "audit" };
});

for (;;) {
  for (const entry of journals) {
    const count = 1 + Math.floor(random() * 40);
    const records = Array.from({ length: count }, () => crashRecord(entry.next++));
    if (random() < 0.3) entry.journal.appendAll(records);
    else for (const record of records) entry.journal.append(record);
    // Audit records are on file when append returns.
    if (entry.isAudit && random() < 0.5) note();
  }
  const targets = journals.map(({ next }) => next);
  if (random() < 0.1) await store.sync();
  else await store.flush();
  writeSync(notes, `${JSON.stringify(targets)}\n`);
  if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, random() * 20));
}

/** Notes the audit journals alone; for the others, that nothing new is known. */
function note(): void {
  writeSync(notes, `${JSON.stringify(journals.map(({ next, isAudit }) => isAudit ? next : 0))}\n`);
}
