/**
 * Wipes what each line of standard input selects, as JSON, and says `wiped`.
 *
 * Argument: root.
 *
 * @module
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { openStore } from "../../../mod.ts";

const store = await openStore(process.argv[2] ?? "");
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  await store.wipe(JSON.parse(line));
  console.log("wiped");
}
