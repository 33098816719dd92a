/**
 * `varve wipe`: deletes telemetry.
 *
 * @module
 */

import type { InventoryRecord } from "../inventory/inventory.ts";
import type { Store, WipeSelection } from "../store.ts";
import { type Command, type Invocation, openExistingStore, signalFlag, textFlag } from "./command.ts";
import { displayBytes, displayText } from "./display_text.ts";
import { inventoryTable } from "./inventory_command.ts";

/** See the module. */
export const wipeCommand: Command = {
  name: "wipe",
  usage: "wipe STACK [--server S] [--signal X] [-y]",
  summary: "deletes telemetry, also under a running service",
  help: `varve wipe STACK [--server S] [--signal X] [-y]

Deletes the telemetry of a stack, or of one server or signal of it, after asking. A process that writes there carries it
out itself and goes on writing.

  --server S          only this server
  --signal X          only this signal: logs, metrics, traces, timeseries, …
  -y, --yes           do not ask`,
  flags: { server: { type: "string" }, signal: { type: "string" }, yes: { type: "boolean", short: "y" } },
  operandCount: [1, 1],
  run: wipe,
};

async function wipe(invocation: Invocation): Promise<number> {
  const { terminal, flags, operands: [stack = ""], root } = invocation;
  const selection: WipeSelection = { stack, server: textFlag(invocation, "server"), signal: signalFlag(invocation) };
  await using store = await openExistingStore(root);
  const before = await matching(store, selection);
  if (before.length === 0) {
    terminal.report(`There is nothing to wipe in "${store.root}"`);
    return 0;
  }
  if (flags.yes !== true) {
    terminal.report(inventoryTable(before).trimEnd());
    const answer = await terminal.ask("Delete all this? [y/N] ");
    if (!/^\s*y(?:es)?\s*$/i.test(answer ?? "")) {
      terminal.report("Nothing was deleted");
      return 1;
    }
  }
  await store.wipe(selection);
  await terminal.write(removals(before, await matching(store, selection)));
  return 0;
}

async function matching(store: Store, { stack, server, signal }: WipeSelection): Promise<readonly InventoryRecord[]> {
  const records = await store.inventory({ stack, server });
  // An empty active file is what is left when a service goes on writing.
  return records.filter((record) => (signal === undefined || record.signal === signal) && record.sizeBytes > 0);
}

/** What was there before; what came in since then is not counted off. */
function removals(before: readonly InventoryRecord[], after: readonly InventoryRecord[]): string {
  const lines = before.map(({ stack, server, signal, path, fileCount, sizeBytes }) => {
    const rest = after.find((record) => record.path === path);
    const added = rest === undefined ? "" : `; ${displayBytes(rest.sizeBytes)} came in since`;
    const files = fileCount === 1 ? "1 file" : `${fileCount} files`;
    return displayText(`Removed ${stack}/${server} ${signal}: ${files}, ${displayBytes(sizeBytes)}${added}`);
  });
  return `${lines.join("\n")}\n`;
}
