/**
 * Which records a command prints, and how, as its flags and operands say.
 *
 * @module
 */

import type { ParseArgsOptionsConfig } from "node:util";
import { UsageError } from "../errors.ts";
import { listFolders } from "../inventory/folders.ts";
import type { RecordSelection, StoredRecord } from "../model/query.ts";
import { timeFromText, type TimeInput } from "../model/time.ts";
import { nodeFileSystem } from "../platform/node_file_system.ts";
import { systemClock } from "../platform/system_clock.ts";
import { parseFilter } from "../filter/syntax.ts";
import { listSignal } from "../segment/listing.ts";
import { type Invocation, signalFlag, textFlag, usable } from "./command.ts";
import { chosenPaint } from "./paint.ts";
import { jsonLine, recordLines } from "./record_lines.ts";

/** The flags that {@linkcode recordChoice} and {@linkcode recordText} read. */
export const RECORD_FLAGS = {
  signal: { type: "string" },
  filter: { type: "string", short: "q" },
  json: { type: "boolean" },
  keyed: { type: "boolean" },
  color: { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

/** What `--help` says of those that choose. */
export const CHOICE_HELP = `  --signal X          which records: logs (default), metrics, traces, timeseries, …
  -q, --filter TEXT   only records that meet it: 'level>=warn tool=search "timed out"'; src/filter/FILTERS.md has the form`;

/** What `--help` says of those that print. */
export const PRINT_HELP = `  --json              print each record as a line of JSON
  --keyed             with --json: print {"stack":…,"server":…,"record":…}
  --color WHEN        auto (default), always or never; NO_COLOR and FORCE_COLOR count for auto`;

/** Records of any server, of those of a stack, or of some of them. */
export interface RecordChoice extends RecordSelection {
  readonly stack: string | undefined;
  /** Default: every one. */
  readonly server: readonly string[] | undefined;
}

/** The records that the operands `STACK SERVER…` and the flags choose. */
export function recordChoice(invocation: Invocation): RecordChoice {
  const { operands: [stack, ...servers] } = invocation;
  const filter = textFlag(invocation, "filter");
  return {
    stack,
    server: servers.length === 0 ? undefined : servers,
    signal: signalFlag(invocation) ?? "logs",
    from: timeFlag(invocation, "from"),
    to: timeFlag(invocation, "to"),
    filter: filter === undefined ? undefined : parseFilter(filter),
  };
}

/**
 * Refuses a choice of which a part is not there: more often a slip of the pen than a question.
 *
 * @throws {Error} If a server that is named, or where none is, no server, has records of the signal.
 * @throws {RangeError} If a name cannot be used.
 */
export function checkIsThere(root: string, { stack, server, signal }: RecordChoice): void {
  const folders = listFolders(nodeFileSystem, root, { stack, server });
  const found = folders.filter(({ path }) => {
    const { active, sealed } = listSignal(nodeFileSystem.list(path), signal);
    return active || sealed.length > 0;
  });
  const missing = server?.find((name) => found.every((folder) => folder.server !== name));
  if (missing === undefined && found.length > 0) return;
  const of = stack === undefined ? "" : ` of "${[stack, ...(missing === undefined ? [] : [missing])].join("/")}"`;
  throw new Error(`Cannot find ${signal}${of} in "${root}"; varve inventory lists what is there`);
}

/** How a record is printed: one or more lines, each with its line feed. */
export function recordText(invocation: Invocation, choice: RecordChoice): (stored: StoredRecord) => string {
  const { flags, terminal } = invocation;
  if (flags.keyed === true && flags.json !== true) throw new UsageError(`Cannot use --keyed without --json`);
  const flag = textFlag(invocation, "color");
  const paint = chosenPaint({ flag, isTerminal: terminal.isOutputTerminal, variable: terminal.variable });
  if (flags.keyed === true) return ({ record, key }) => jsonLine(record, key);
  if (flags.json === true) return ({ record }) => jsonLine(record);
  const { stack, server, signal } = choice;
  if (server?.length === 1) return ({ record }) => recordLines(record, { signal, paint });
  const originOf = ({ key }: StoredRecord) => stack === undefined ? `${key.stack}/${key.server}` : key.server;
  return (stored) => recordLines(stored.record, { signal, paint, origin: originOf(stored) });
}

function timeFlag(invocation: Invocation, name: "from" | "to"): TimeInput | undefined {
  const text = textFlag(invocation, name);
  if (text === undefined) return undefined;
  return usable(() => timeFromText(text, { nowMs: systemClock.now(), parameter: `--${name}` }));
}
