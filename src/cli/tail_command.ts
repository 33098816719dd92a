/**
 * `varve tail`: the newest records of one or more servers, and those that follow.
 *
 * @module
 */

import { FOLLOW_INTERVAL_MS } from "../limits.ts";
import type { Cursor } from "../model/cursor.ts";
import type { StoredRecord } from "../model/query.ts";
import { systemClock } from "../platform/system_clock.ts";
import type { Store } from "../store.ts";
import { type Command, type Invocation, openExistingStore, textFlag, wholeNumber } from "./command.ts";
import { OutputBatch } from "./output_batch.ts";
import {
  checkIsThere,
  CHOICE_HELP,
  PRINT_HELP,
  RECORD_FLAGS,
  type RecordChoice,
  recordChoice,
  recordText,
} from "./record_choice.ts";

/** See the module. */
export const tailCommand: Command = {
  name: "tail",
  usage: "tail STACK [SERVER…] [-q FILTER] [-n 10] [-f]",
  summary: "prints the newest records, and follows",
  help: `varve tail STACK [SERVER…] [--signal X] [-q FILTER] [-n 10] [-f] [--json]

Prints the newest records of a server, of several or of a whole stack, oldest first. Those of several servers are merged by
time, each behind the name of its server. Control characters are printed as escapes.

${CHOICE_HELP}
  -n, --lines N       how many (default 10)
  -f, --follow        go on with new ones until interrupted
${PRINT_HELP}`,
  flags: {
    ...RECORD_FLAGS,
    lines: { type: "string", short: "n" },
    follow: { type: "boolean", short: "f" },
  },
  operandCount: [1, Infinity],
  run: printTail,
};

async function printTail(invocation: Invocation): Promise<number> {
  const choice = recordChoice(invocation);
  const lines = wholeNumber(textFlag(invocation, "lines") ?? "10", { name: "--lines", max: 1_000_000 });
  const textOf = recordText(invocation, choice);
  await using store = await openExistingStore(invocation.root);
  const isFollowing = invocation.flags["follow"] === true;
  if (!isFollowing) checkIsThere(store.root, choice);
  // One is read also when none is to be printed, whatever it is: following starts behind it.
  const newest = lines === 0 ? { ...choice, filter: undefined, limit: 1 } : { ...choice, limit: lines };
  const stream = store.read({ ...newest, order: "newest" });
  const records = await Array.fromAsync(stream);
  const output = new OutputBatch(invocation.terminal);
  const print = (stored: StoredRecord) => output.add(textOf(stored));
  if (lines > 0) { for (const stored of records.reverse()) await print(stored); }
  await output.flush();
  if (isFollowing) await follow(store, { choice, after: stream.start, print, output });
  return 0;
}

/** Prints what is appended behind a place, without end. */
async function follow(
  store: Store,
  from: {
    readonly choice: RecordChoice;
    readonly after: readonly Cursor[];
    readonly print: (stored: StoredRecord) => Promise<void> | undefined;
    readonly output: OutputBatch;
  },
): Promise<never> {
  for (let after = from.after;;) {
    const stream = store.read({ ...from.choice, after });
    for await (const stored of stream) await from.print(stored);
    await from.output.flush();
    after = stream.reached;
    await systemClock.sleep(FOLLOW_INTERVAL_MS);
  }
}
