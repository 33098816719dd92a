/**
 * The records that a simulation appends: what a record holds follows from its journal and its number, so that each one that
 * is read back can be compared with what it was.
 *
 * @module
 */
import type { JournalKey, TelemetryRecord } from "../../mod.ts";
import { START_MS } from "../recovery/stores.ts";

/** Of one, two and three bytes in UTF-8, so that a cut may fall inside of a character. */
const FILLING = "the quick brown fox jumps over the lazy dog, für Übermut; 層を一枚ずつ; 0123456789 ".repeat(20);

/** The record of a number. */
export function recordOf(key: JournalKey, number: number, padding: number): object {
  return {
    ts: new Date(START_MS + 1000 * number).toISOString(),
    n: number,
    in: key.signal,
    text: textOf(number, padding),
  };
}

/** What it says. */
export function textOf(number: number, padding: number): string {
  const start = number % 61;
  return FILLING.slice(start, start + padding);
}

/** A record that JSON cannot hold. */
export function unencodableRecord(): object {
  const record: Record<string, unknown> = {};
  record["self"] = record;
  return record;
}

/** The number of a record that was read back; `undefined` when it is not, to the last character, the record of its number. */
export function numberOf(
  record: TelemetryRecord,
  from: { readonly key: JournalKey; readonly paddingOf: (number: number) => number },
): number | undefined {
  const { ts, n, in: signal, text } = record;
  if (typeof n !== "number" || signal !== from.key.signal || Object.keys(record).length !== 4) return undefined;
  const expected = recordOf(from.key, n, from.paddingOf(n)) as Record<string, unknown>;
  return ts === expected["ts"] && text === expected["text"] ? n : undefined;
}

/** The numbers of the records that stand in some text, whole or not. */
export function numbersInText(text: string): number[] {
  return Array.from(text.matchAll(/"n":(\d+),"in"/g), ([, digits]) => Number(digits));
}
