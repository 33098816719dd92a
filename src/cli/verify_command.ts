/**
 * `varve verify`: reads everything and names what is damaged.
 *
 * @module
 */

import { type DamagedPlace, UsageError } from "../errors.ts";
import { PROGRESS_INTERVAL_MS } from "../limits.ts";
import { systemClock } from "../platform/system_clock.ts";
import type { Terminal } from "../platform/terminal.ts";
import type { Verified, VerifiedSegment } from "../query/verification.ts";
import { type Command, type Invocation, openExistingStore, signalFlag, textFlag } from "./command.ts";
import { displayBytes, displayText } from "./display_text.ts";
import { progressLine } from "./progress_line.ts";

/** See the module. */
export const verifyCommand: Command = {
  name: "verify",
  usage: "verify [ROOT] [--stack S] [--server S] [--signal X]",
  summary: "reads everything and names what is damaged",
  help: `varve verify [ROOT] [--stack S] [--server S] [--signal X] [--json]

Reads every segment from end to end and names each damaged place: file, offset, and what it costs. Takes no lock and
changes nothing, also while a service writes. Ends with status 0 if nothing is damaged, 1 if something is.

  ROOT                where telemetry is kept, instead of --root
  --stack S           only this stack
  --server S          only this server
  --signal X          only this signal: logs, metrics, traces, timeseries, …
  --json              print each damaged place (at most 1000 of a file), each leftover file, and at last a summary, each
                      as a line of JSON`,
  flags: {
    stack: { type: "string" },
    server: { type: "string" },
    signal: { type: "string" },
    json: { type: "boolean" },
  },
  operandCount: [0, 1],
  run: verify,
};

/** What was verified in all. */
interface Totals {
  segments: number;
  records: number;
  bytes: number;
  damagedPlaces: number;
  damagedFiles: number;
}

async function verify(invocation: Invocation): Promise<number> {
  const { terminal, flags } = invocation;
  const selection = {
    stack: textFlag(invocation, "stack"),
    server: textFlag(invocation, "server"),
    signal: signalFlag(invocation),
  };
  await using store = await openExistingStore(rootOf(invocation));
  const totals: Totals = { segments: 0, records: 0, bytes: 0, damagedPlaces: 0, damagedFiles: 0 };
  const print = flags.json === true ? jsonLines : textLines;
  for await (const verified of store.verify(selection, { onProgress: progressOn(terminal) })) {
    if (verified.kind === "segment") addTo(totals, verified);
    const lines = print(verified);
    if (lines === "") continue;
    terminal.showProgress("");
    await terminal.write(lines);
  }
  terminal.showProgress("");
  await terminal.write(flags.json === true ? jsonLine({ kind: "summary", ...totals }) : `${summary(totals)}\n`);
  return totals.damagedPlaces === 0 ? 0 : 1;
}

function rootOf({ flags, operands: [root], root: usualRoot }: Invocation): string {
  if (root === undefined) return usualRoot;
  if (root === "") throw new UsageError(`Cannot verify "": expected a directory`);
  if (flags["root"] !== undefined) {
    throw new UsageError(`Cannot verify "${root}" and --root "${flags["root"]}": name one`);
  }
  return root;
}

/** Shows how far it is, a few times a second. */
function progressOn(terminal: Terminal): (progress: Parameters<typeof progressLine>[0]) => void {
  const startMs = systemClock.monotonicMs();
  let nextMs = startMs;
  return (progress) => {
    const nowMs = systemClock.monotonicMs();
    if (nowMs < nextMs) return;
    nextMs = nowMs + PROGRESS_INTERVAL_MS;
    terminal.showProgress(progressLine(progress, nowMs - startMs));
  };
}

function addTo(totals: Totals, { records, sizeBytes, damagedPlaces }: VerifiedSegment): void {
  totals.segments++;
  totals.records += records;
  totals.bytes += sizeBytes;
  totals.damagedPlaces += damagedPlaces;
  if (damagedPlaces > 0) totals.damagedFiles++;
}

function textLines(verified: Verified): string {
  if (verified.kind === "leftover") return line(`Note: "${verified.path}": ${verified.reason}`);
  const { path, damage, damagedPlaces, unfinishedBytes } = verified;
  const lines = damage.map((place) => line(placeText(place)));
  if (damagedPlaces > damage.length) {
    lines.push(line(`"${path}" has ${damagedPlaces - damage.length} more damaged places`));
  }
  if (unfinishedBytes > 0) {
    const reason = "being written, or torn by a crash and then cut off at the next open";
    lines.push(line(`Note: "${path}" ends in ${unfinishedBytes} bytes that are no whole line: ${reason}`));
  }
  return lines.join("");
}

function placeText({ path, offset, within, bytes, lines, reason }: DamagedPlace): string {
  const where = within === "file" ? `offset ${offset}` : `offset ${offset} of its content`;
  const linesText = lines === undefined ? "lines unknown" : counted(lines, "line");
  const bytesText = bytes === undefined ? "bytes unknown" : counted(bytes, "byte");
  return `"${path}" at ${where}: ${reason} (${linesText}, ${bytesText})`;
}

function summary({ segments, records, bytes, damagedPlaces, damagedFiles }: Totals): string {
  const checked = `Checked ${counted(segments, "segment")}, ${counted(records, "record")}, ${displayBytes(bytes)}`;
  if (damagedPlaces === 0) return `${checked}: nothing is damaged`;
  return `${checked}: ${counted(damagedPlaces, "damaged place")} in ${counted(damagedFiles, "file")}`;
}

function jsonLines(verified: Verified): string {
  const { kind, key, path } = verified;
  if (kind === "leftover") return jsonLine({ kind, ...key, path, reason: verified.reason });
  const { damage, damagedPlaces } = verified;
  const lines = damage.map(({ offset, within, bytes = null, lines = null, reason }) =>
    jsonLine({ kind: "damage", ...key, path, offset, within, bytes, lines, reason })
  );
  if (damagedPlaces > damage.length) {
    lines.push(jsonLine({ kind: "unnamed", ...key, path, damagedPlaces: damagedPlaces - damage.length }));
  }
  return lines.join("");
}

function jsonLine(value: object): string {
  return line(JSON.stringify(value));
}

function line(text: string): string {
  return `${displayText(text)}\n`;
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
