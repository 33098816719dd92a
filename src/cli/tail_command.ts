/**
 * `varve tail`: the newest records of a journal, and those that follow.
 *
 * @module
 */

import { FOLLOW_INTERVAL_MS } from "../limits.ts";
import { systemClock } from "../platform/system_clock.ts";
import type { StoredRecord } from "../model/query.ts";
import type { Store } from "../store.ts";
import { type Command, type Invocation, openExistingStore, signalFlag, textFlag, wholeNumber } from "./command.ts";
import { jsonLine, recordLines } from "./record_lines.ts";

/** See the module. */
export const tailCommand: Command = {
  name: "tail",
  usage: "tail STACK SERVER [--signal X] [-n 10] [-f]",
  summary: "prints the newest records",
  help: `varve tail STACK SERVER [--signal X] [-n 10] [-f] [--json]

Prints the newest records of a server, oldest first. Control characters are printed as escapes.

  --signal X          which records: logs (default), metrics, traces, timeseries, …
  -n, --lines N       how many (default 10)
  -f, --follow        go on with new ones until interrupted
  --json              print each record as a line of JSON`,
  flags: {
    signal: { type: "string" },
    lines: { type: "string", short: "n" },
    follow: { type: "boolean", short: "f" },
    json: { type: "boolean" },
  },
  operandCount: [2, 2],
  run: printTail,
};

/** Which journal is printed. */
interface TailKey {
  readonly stack: string;
  readonly server: string;
  readonly signal: string;
}

async function printTail(invocation: Invocation): Promise<number> {
  const { terminal, flags, operands: [stack = "", server = ""], root } = invocation;
  const key: TailKey = { stack, server, signal: signalFlag(invocation) ?? "logs" };
  const lines = wholeNumber(textFlag(invocation, "lines") ?? "10", { name: "--lines", max: 1_000_000 });
  await using store = await openExistingStore(root);
  // One is read also when none is to be printed: following starts behind it.
  const tail = await store.tail(key, { count: Math.max(1, lines) });
  if (tail.length === 0 && flags.follow !== true) {
    throw new Error(
      `Cannot find ${key.signal} of "${stack}/${server}" in "${store.root}"; varve inventory lists what is there`,
    );
  }
  const print = async (stored: readonly StoredRecord[]) => {
    const text = ({ record }: StoredRecord) => flags.json === true ? jsonLine(record) : recordLines(record, key.signal);
    if (stored.length > 0) await terminal.write(stored.map(text).join(""));
  };
  await print(lines === 0 ? [] : tail);
  if (flags.follow === true) await follow(store, { key, cursor: tail.at(-1)?.cursor, print });
  return 0;
}

/** Prints what is appended behind `cursor`, without end. */
async function follow(
  store: Store,
  from: {
    readonly key: TailKey;
    readonly cursor: string | undefined;
    readonly print: (stored: readonly StoredRecord[]) => Promise<void>;
  },
): Promise<never> {
  for (let after = from.cursor;;) {
    for await (const stored of store.read({ ...from.key, after })) {
      await from.print([stored]);
      after = stored.cursor;
    }
    await systemClock.sleep(FOLLOW_INTERVAL_MS);
  }
}
