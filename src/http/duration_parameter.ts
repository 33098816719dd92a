/**
 * Durations in a query, as Go writes them.
 *
 * @module
 */

import { badParameter, type Parameters } from "./query_parameters.ts";

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const NUMBER = String.raw`(?:\d{1,15}(?:\.\d{0,9})?|\.\d{1,9})`;
const UNIT = "ns|us|µs|μs|ms|s|m|h";
const PLAIN_NUMBER = new RegExp(`^${NUMBER}$`);
const DURATION = new RegExp(`^(?:${NUMBER}(?:${UNIT}))+$`);
const PART = new RegExp(`(${NUMBER})(${UNIT})`, "g");

/**
 * A parameter that is a duration, in milliseconds: `150ms`, `1.5s`, `1h30m`, or a number of milliseconds; `undefined` where
 * it is not given.
 *
 * @throws {RequestError} If it is none, or a negative one.
 */
export function durationMs(parameters: Parameters, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === undefined) return undefined;
  if (PLAIN_NUMBER.test(text)) return Number(text);
  if (DURATION.test(text)) return sumParts(text);
  throw badParameter(name, `expected a duration such as "150ms", "1.5s" or "2m", received "${text}"`);
}

function sumParts(text: string): number {
  const parts = [...text.matchAll(PART)];
  return parts.reduce((sum, [, amount, unit = ""]) => sum + Number(amount) * (MS_PER_UNIT[unit] ?? 0), 0);
}
