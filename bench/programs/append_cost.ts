/**
 * Times single calls and prints, as JSON, what the middle one and the slow ones took. `append_cost.ts` starts it.
 *
 * Command line: `append_cost.ts <directory> <calls>`
 *
 * @module
 */

import process from "node:process";
import { quantile } from "../comparison.ts";
import { RecordSource, type SlogRecord } from "../records.ts";
import { ROTATION_BYTES } from "../subjects/subject.ts";
import { openWith } from "../subjects/varve.ts";

/** What one kind of call took, in nanoseconds. */
export interface CallCost {
  readonly p50Ns: number;
  readonly p99Ns: number;
}

/** What the program prints. */
export interface AppendCost {
  /** Two readings of the clock with nothing in between. */
  readonly empty: CallCost;
  readonly stringify: CallCost;
  readonly append: CallCost;
  /** Records that the store took, of all that were appended. */
  readonly accepted: number;
}

/** Calls of each kind between two turns of the event loop, in which flushes and compressions are done. */
const SLICE_CALLS = 1000;

const [directory = "", callsText = ""] = process.argv.slice(2);
const calls = Number(callsText);
const source = new RecordSource();
const opened = await openWith({ directory, source, segmentMaxBytes: ROTATION_BYTES, maxSegments: false });
const ns = {
  empty: new Float64Array(calls),
  stringify: new Float64Array(calls),
  append: new Float64Array(calls),
};
let chars = 0;
for (let call = 0; call < calls; call++) {
  timeOne(call);
  if (call % SLICE_CALLS === SLICE_CALLS - 1) await opened.ready();
}
await opened.flush();
if (chars === 0) {
  throw new Error("Cannot measure JSON.stringify: it made no text");
}
const cost: AppendCost = {
  empty: costOf(ns.empty),
  stringify: costOf(ns.stringify),
  append: costOf(ns.append),
  accepted: opened.store.stats().records["logs"]?.written ?? 0,
};
await opened.close();
console.log(JSON.stringify(cost));

/** Each kind with a record of its own; which comes first changes, since the first one warms caches for the second. */
function timeOne(call: number): void {
  const stringified = source.record();
  const appended = source.record();
  const startEmpty = process.hrtime.bigint();
  ns.empty[call] = Number(process.hrtime.bigint() - startEmpty);
  if (call % 2 === 0) timeStringify(call, stringified);
  timeAppend(call, appended);
  if (call % 2 === 1) timeStringify(call, stringified);
}

function timeStringify(call: number, record: SlogRecord): void {
  const start = process.hrtime.bigint();
  const text = JSON.stringify(record);
  ns.stringify[call] = Number(process.hrtime.bigint() - start);
  chars += text.length;
}

function timeAppend(call: number, record: SlogRecord): void {
  const start = process.hrtime.bigint();
  opened.journal.append(record);
  ns.append[call] = Number(process.hrtime.bigint() - start);
}

function costOf(samples: Float64Array): CallCost {
  samples.sort();
  return { p50Ns: quantile(samples, 0.5), p99Ns: quantile(samples, 0.99) };
}
