/**
 * The parameters of a query, each refused by name when it makes no sense.
 *
 * @module
 */

import { FilterSyntaxError, RequestError } from "../errors.ts";
import { encodeName } from "../inventory/folder_names.ts";
import { ANSWER_DEFAULT_RECORDS, ANSWER_MAX_RECORDS } from "../limits.ts";
import type { Filter } from "../model/filter.ts";
import { durationMsFromText, timeFromText, type TimeInput } from "../model/time.ts";
import { parseFilter } from "../filter/syntax.ts";

/** The parameters of one request. None is empty. */
export class Parameters {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  /** Takes the values of each name in the order they were given. */
  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values;
  }

  /** The value of a parameter, the first one where it is repeated. */
  get(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  /** Every value of a parameter that may be repeated. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** Whether a parameter was given. */
  has(name: string): boolean {
    return this.#values.has(name);
  }
}

/**
 * Reads the parameters of a request.
 *
 * @param known The names that the route understands.
 * @param options Those of them that may be given more than once. Default: none.
 * @throws {RequestError} If there is another one, or one is given twice. An empty one counts as not given.
 */
export function readParameters(
  request: Request,
  known: readonly string[],
  { repeatable = [] }: { readonly repeatable?: readonly string[] } = {},
): Parameters {
  const values = new Map<string, string[]>();
  for (const [name, value] of new URL(request.url).searchParams) {
    if (!known.includes(name)) {
      const names = known.length === 0 ? "none" : known.map((each) => `"${each}"`).join(", ");
      throw badParameter(name, `expected ${names}`);
    }
    // A form sends the fields that were left empty, too.
    if (value === "") continue;
    const earlier = values.get(name);
    if (earlier === undefined) values.set(name, [value]);
    else if (repeatable.includes(name)) earlier.push(value);
    else throw badParameter(name, `it is given twice`);
  }
  return new Parameters(values);
}

/** A refusal that names a parameter. */
export function badParameter(parameter: string, reason: string): RequestError {
  return new RequestError(400, `Cannot read parameter "${parameter}": ${reason}`, { parameter });
}

/** The parameters `stack` and `server`. */
export function stackAndServer(parameters: Parameters): { readonly stack?: string; readonly server?: string } {
  return { ...folderName(parameters, "stack"), ...folderName(parameters, "server") };
}

/** The parameters `stack` and `server`, which may be repeated: a comma can be part of a server's name. */
export function stackAndServers(
  parameters: Parameters,
): { readonly stack?: string; readonly server?: readonly string[] } {
  const servers = parameters.all("server");
  for (const server of servers) checkName(server, "server");
  return { ...folderName(parameters, "stack"), ...(servers.length > 0 && { server: servers }) };
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
    if (text !== undefined) bounds[name] = inParameter(name, () => timeFromText(text, { nowMs, parameter: name }));
  }
  return bounds;
}

/**
 * A parameter that is a duration, in milliseconds: `150ms`, `1.5s`, `1h30m`, or a number of milliseconds; `undefined` where
 * it is not given.
 */
export function durationMs(parameters: Parameters, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === undefined) return undefined;
  if (/^\d{1,15}(?:\.\d{0,9})?$/.test(text)) return Number(text);
  return inParameter(name, () => durationMsFromText(text, name));
}

/** The parameter `q`, a filter's text. Belongs within {@linkcode refusingFilterText}. */
export function filterText(parameters: Parameters): Filter | undefined {
  const text = parameters.get("q");
  return text === undefined ? undefined : parseFilter(text);
}

/** Turns the error of a filter that is not understood, which may show only when it is used, into one that names `q`. */
export async function refusingFilterText<T>(answer: () => Promise<T>): Promise<T> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof FilterSyntaxError)) throw error;
    throw new RequestError(400, error.message, { parameter: "q" });
  }
}

/** Runs a check of the engine's, which throws a `RangeError` for a value that it cannot use. */
export function inParameter<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    return refuseParameter(name, error);
  }
}

/** Throws what an engine's check threw, as the refusal of a parameter where it is one of a value. */
export function refuseParameter(name: string, error: unknown): never {
  if (!(error instanceof RangeError)) throw error;
  throw new RequestError(400, error.message, { parameter: name });
}

function folderName(parameters: Parameters, name: "stack" | "server"): { readonly [part: string]: string } {
  const value = parameters.get(name);
  if (value === undefined) return {};
  checkName(value, name);
  return { [name]: value };
}

function checkName(name: string, part: "stack" | "server"): void {
  inParameter(part, () => encodeName(name, part));
}
