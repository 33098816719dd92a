/**
 * `varve inventory`: what is on disk.
 *
 * @module
 */

import type { InventoryRecord } from "../inventory/inventory.ts";
import { type Command, type Invocation, openExistingStore, textFlag } from "./command.ts";
import { displayBytes, displayTable } from "./display_text.ts";

/** See the module. */
export const inventoryCommand: Command = {
  name: "inventory",
  usage: "inventory [STACK] [--server S] [--json]",
  summary: "lists what is on disk",
  help: `varve inventory [STACK] [--server S] [--json]

Lists what is on disk, by stack, server and signal: bytes, files, and the times of the oldest and newest record.

  --server S          only this server
  --json              print a JSON array`,
  flags: { server: { type: "string" }, json: { type: "boolean" } },
  operandCount: [0, 1],
  run: listInventory,
};

/** What is on disk as a table, with times in UTC. */
export function inventoryTable(records: readonly InventoryRecord[]): string {
  const heading = ["STACK", "SERVER", "SIGNAL", "SIZE", "FILES", "OLDEST (UTC)", "NEWEST (UTC)"];
  const rows = records.map(({ stack, server, signal, sizeBytes, fileCount, oldestTime, newestTime }) => {
    return [
      stack,
      server,
      signal,
      displayBytes(sizeBytes),
      String(fileCount),
      minuteOf(oldestTime),
      minuteOf(newestTime),
    ];
  });
  return displayTable([heading, ...rows]);
}

async function listInventory(invocation: Invocation): Promise<number> {
  const { terminal, flags, operands: [stack] } = invocation;
  await using store = await openExistingStore(invocation.root);
  const records = await store.inventory({ stack, server: textFlag(invocation, "server") });
  if (flags.json === true) await terminal.write(`${JSON.stringify(records, null, 2)}\n`);
  else if (records.length === 0) terminal.report(`There is no such telemetry in "${store.root}"`);
  else await terminal.write(inventoryTable(records));
  return 0;
}

function minuteOf(time: string | null): string {
  return time === null ? "—" : time.slice(0, "2026-01-01T00:00".length).replace("T", " ");
}
