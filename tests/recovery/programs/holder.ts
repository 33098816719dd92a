/**
 * Holds a journal and does what it is told on standard input, a line at a time; answers each with a line.
 *
 * Arguments: root, journal key as JSON, options of the store as JSON.
 *
 * @module
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { openStore } from "../../../mod.ts";

const [root = "", key = "", options = "{}"] = process.argv.slice(2);
const store = await openStore(root, JSON.parse(options));
const journal = store.journal(JSON.parse(key));
console.log("held");

const ACTIONS: Readonly<Record<string, (argument: number) => void | Promise<void>>> = {
  append: (n) => void journal.append({ ts: new Date(n).toISOString(), n }),
  appendMany: (count) => {
    for (let n = 0; n < count; n++) journal.append({ ts: new Date(n).toISOString(), n, pad: "x".repeat(200) });
  },
  flush: () => journal.flush(),
  close: () => store.close(),
  // Ends without waiting for anything: what is in memory, or on its way, is the exit flush's.
  exit: () => process.exit(0),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [action = "", argument = "0"] = line.split(" ");
  await ACTIONS[action]?.(Number(argument));
  console.log(`done ${JSON.stringify(store.stats().records)}`);
}
