/**
 * The parameters of a query, each read once and refused by name when it makes no sense.
 *
 * @module
 */

import { RequestError } from "../errors.ts";
import { encodeName } from "../inventory/folder_names.ts";
import { ANSWER_DEFAULT_RECORDS, ANSWER_MAX_RECORDS } from "../limits.ts";
import { timeFromInput, type TimeInput } from "../model/time.ts";

/** The parameters of one request by name. None is empty. */
export type Parameters = ReadonlyMap<string, string>;

const MS_PER_UNIT: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads the parameters of a request.
 *
 * @param known The names that the route understands.
 * @throws {RequestError} If there is another one, or one is given twice. An empty one counts as not given.
 */
export function readParameters(request: Request, known: readonly string[]): Parameters {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URL(request.url).searchParams) {
    if (!known.includes(name)) {
      const names = known.length === 0 ? "none" : known.map((each) => `"${each}"`).join(", ");
      throw badParameter(name, `expected ${names}`);
    }
    // A form sends the fields that were left empty, too.
    if (value === "") continue;
    if (parameters.has(name)) throw badParameter(name, `it is given twice`);
    parameters.set(name, value);
  }
  return parameters;
}

/** A refusal that names a parameter. */
export function badParameter(parameter: string, reason: string): RequestError {
  return new RequestError(400, `Cannot read parameter "${parameter}": ${reason}`, { parameter });
}

/** The parameters `stack` and `server`. */
export function stackAndServer(parameters: Parameters): { readonly stack?: string; readonly server?: string } {
  return { ...folderName(parameters, "stack"), ...folderName(parameters, "server") };
}

/** The parameter `limit`, also called `lines`: how many records or traces are asked for. */
export function answerLimit(parameters: Parameters): number {
  if (parameters.has("limit") && parameters.has("lines")) throw badParameter("lines", `it is another name for "limit"`);
  const name = parameters.has("lines") ? "lines" : "limit";
  const text = parameters.get(name) ?? String(ANSWER_DEFAULT_RECORDS);
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= ANSWER_MAX_RECORDS) return limit;
  throw badParameter(name, `expected a whole number from 1 to ${ANSWER_MAX_RECORDS}, received "${text}"`);
}

/** The parameters `from` and `to`: RFC 3339, seconds since the epoch, or a time ago such as `-1h`. */
export function timeBounds(
  parameters: Parameters,
  nowMs: number,
): { readonly from?: TimeInput; readonly to?: TimeInput } {
  const bounds: { from?: TimeInput; to?: TimeInput } = {};
  for (const name of ["from", "to"] as const) {
    const text = parameters.get(name);
    if (text !== undefined) bounds[name] = timeBound(text, { name, nowMs });
  }
  return bounds;
}

function folderName(parameters: Parameters, name: "stack" | "server"): { readonly [part: string]: string } {
  const value = parameters.get(name);
  if (value === undefined) return {};
  return inParameter(name, () => {
    encodeName(value, name);
    return { [name]: value };
  });
}

function timeBound(text: string, { name, nowMs }: { readonly name: string; readonly nowMs: number }): TimeInput {
  const time = timeInput(text, nowMs);
  return inParameter(name, () => {
    timeFromInput(time, name);
    return time;
  });
}

function timeInput(text: string, nowMs: number): TimeInput {
  const [, amount, unit = ""] = /^-(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (amount !== undefined) return nowMs - Number(amount) * (MS_PER_UNIT[unit] ?? 0);
  if (/^-?\d{1,12}(?:\.\d{1,9})?$/.test(text)) return Number(text) * 1000;
  // In a URL that is not escaped, the sign of an offset reads as a space.
  return text.replace(/ (?=\d\d:\d\d$)/, "+");
}

/** Runs a check of the engine's, which throws a `RangeError` for a value that it cannot use. */
export function inParameter<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RequestError(400, error.message, { parameter: name });
  }
}
