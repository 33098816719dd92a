/**
 * Writes a journal of numbered records in a process of its own until it gets a line of input. Notes after each flush how many
 * are on file: a 64-bit integer, little-endian.
 *
 * Arguments: root, path of the note, a {@linkcode WritingPlan} as JSON. Prints what it did once all of it is on file.
 *
 * @module
 */
import { openSync, writeSync } from "node:fs";
import process from "node:process";
import { openStore } from "../../mod.ts";
import { Writing, type WritingPlan } from "./reference_writing.ts";

const [root = "", notePath = "", planText = "{}"] = process.argv.slice(2);
const plan: WritingPlan = JSON.parse(planText);
const note = openSync(notePath, "w");
const store = await openStore(root, plan.options);
const journal = store.journal({ stack: "shop", server: plan.server, signal: "logs" });
const writing = new Writing(journal, plan, (count) => {
  writeSync(note, new BigUint64Array([BigInt(count)]), 0, 8, 0);
});
await new Promise((resolve) => process.stdin.once("data", resolve));
await writing.stop();
const { rotations, prunedSegments, compression } = store.stats();
console.log(
  JSON.stringify({ appended: writing.appended, rotations, prunedSegments, compressed: compression.finished }),
);
await store.close();
process.exit(0);
