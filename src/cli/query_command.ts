/**
 * `varve query`: the records that meet a filter, or figures over them.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import type { AggregateFunction, AggregateQuery } from "../model/aggregate.ts";
import { encodeRecord } from "../model/record.ts";
import { durationMsFromText } from "../model/time.ts";
import { resolveAggregate } from "../aggregation/aggregate_query.ts";
import type { Store } from "../store.ts";
import { aggregateNotes, aggregateTable } from "./aggregate_table.ts";
import { type Command, type Invocation, openExistingStore, textFlag, usable, wholeNumber } from "./command.ts";
import { displayText } from "./display_text.ts";
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
export const queryCommand: Command = {
  name: "query",
  usage: "query [STACK [SERVER…]] [-q FILTER] [--from T]",
  summary: "prints records that meet a filter, or figures",
  help: `varve query [STACK [SERVER…]] [-q FILTER] [--from T] [--to T] [-n N] [--newest] [--json]
varve query … --aggregate LIST [--field F] [--by LIST] [--step D] [--json]

Prints records, oldest first. Those of several servers are merged by time, each behind the name of its server. Control
characters are printed as escapes. Ends with status 0, also where no record meets the filter; with 1 where a server that
is named has no records of the signal at all.

${CHOICE_HELP}
  --from T, --to T    only records from T on, and before T: RFC 3339, seconds since the epoch, or a time ago (-90m, -7d)
  -n, --limit N       at most so many; the newest in the order of time: varve tail -n N
  --newest            newest first
${PRINT_HELP}

  --aggregate LIST    print figures instead: count, rate, sum, min, max, avg, last, and quantiles such as p99
  --field F           the field they are of; count and rate can do without
  --by LIST           fields whose values tell series apart
  --step D            figures for each 30s, 5m, 1h, … of time`,
  flags: {
    ...RECORD_FLAGS,
    from: { type: "string" },
    to: { type: "string" },
    limit: { type: "string", short: "n" },
    newest: { type: "boolean" },
    aggregate: { type: "string" },
    field: { type: "string" },
    by: { type: "string" },
    step: { type: "string" },
  },
  operandCount: [0, Infinity],
  run: query,
};

/** The flags that only mean something beside `--aggregate`, and those that do not. */
const AGGREGATE_FLAGS = ["field", "by", "step"];
const RECORDS_ONLY_FLAGS = ["limit", "newest", "keyed"];

async function query(invocation: Invocation): Promise<number> {
  const choice = recordChoice(invocation);
  const isAggregate = invocation.flags["aggregate"] !== undefined;
  const misplaced = (isAggregate ? RECORDS_ONLY_FLAGS : AGGREGATE_FLAGS).find((name) => name in invocation.flags);
  if (misplaced !== undefined) {
    throw new UsageError(`Cannot use --${misplaced} ${isAggregate ? "with" : "without"} --aggregate`);
  }
  const print = isAggregate ? figurePrinter(invocation, choice) : recordPrinter(invocation, choice);
  await using store = await openExistingStore(invocation.root);
  checkIsThere(store.root, choice);
  await print(store);
  return 0;
}

function recordPrinter(invocation: Invocation, choice: RecordChoice): (store: Store) => Promise<void> {
  const { flags, terminal } = invocation;
  const limitText = textFlag(invocation, "limit");
  const limit = limitText === undefined ? undefined : wholeNumber(limitText, { name: "--limit", max: LIMIT_MAX });
  const order = flags["newest"] === true ? "newest" : "oldest";
  const textOf = recordText(invocation, choice);
  return async (store) => {
    const output = new OutputBatch(terminal);
    for await (const stored of store.read({ ...choice, order, limit })) {
      const written = output.add(textOf(stored));
      if (written !== undefined) await written;
    }
    await output.flush();
  };
}

/** More than anybody has, and a whole number for JavaScript. */
const LIMIT_MAX = 1e15 - 1;

function figurePrinter(invocation: Invocation, choice: RecordChoice): (store: Store) => Promise<void> {
  const { flags, terminal } = invocation;
  const step = textFlag(invocation, "step");
  const query: AggregateQuery = {
    ...choice,
    functions: listFlag(invocation, "aggregate") as AggregateFunction[],
    field: textFlag(invocation, "field"),
    by: listFlag(invocation, "by"),
    stepMs: step === undefined ? undefined : usable(() => durationMsFromText(step, "--step")),
  };
  usable(() => resolveAggregate(query));
  return async (store) => {
    const result = await store.aggregate(query);
    if (flags.json === true) {
      return await terminal.write(`${displayText(encodeRecord({ ...result, overflow: result.overflow ?? null }))}\n`);
    }
    await terminal.write(aggregateTable(result, query));
    for (const note of aggregateNotes(result, query)) terminal.report(displayText(note));
  };
}

function listFlag(invocation: Invocation, name: string): readonly string[] {
  return textFlag(invocation, name)?.split(",") ?? [];
}
