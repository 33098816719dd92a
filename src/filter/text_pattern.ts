/**
 * Regular expressions whose text comes from outside. RE2's engine takes time in proportion to what it searches, and here both
 * the time to compile one and the factor of that proportion are bounded too.
 *
 * The engine is loaded when the first one is compiled, so that a program without any does not carry it in memory.
 *
 * @module
 */

import { FilterSyntaxError } from "../errors.ts";
import { PATTERN_ESTIMATE_MAX, PATTERN_STEPS_MAX } from "../limits.ts";
import type { FilterOrigin } from "./origins.ts";

/** Whether something is found in a text. */
export type TextTest = (text: string) => boolean;

/** Compiles the regular expressions of one filter, which share a bound. */
export class PatternCompiler {
  #steps = 0;

  /**
   * Compiles one in RE2's syntax.
   *
   * @param origin Where it was read, for errors.
   * @throws {FilterSyntaxError} If it was read from a filter's text and is refused.
   * @throws {SyntaxError} If it is not in RE2's syntax.
   * @throws {RangeError} If it takes too many steps, with those before it.
   */
  async compile(pattern: string, origin: FilterOrigin | undefined): Promise<TextTest> {
    if (estimatedSteps(pattern) > PATTERN_ESTIMATE_MAX) throw tooManySteps(pattern, origin);
    const { RE2JS, RE2JSException } = await import("re2js");
    try {
      const compiled = RE2JS.compile(pattern);
      this.#steps += compiled.programSize();
      if (this.#steps > PATTERN_STEPS_MAX) throw tooManySteps(pattern, origin);
      return (text) => compiled.test(text);
    } catch (error) {
      if (!(error instanceof RE2JSException)) throw error;
      const reason = `expected a regular expression as RE2 has them: ${
        error.message.replace("error parsing regexp: ", "")
      }`;
      throw origin === undefined
        ? new SyntaxError(`Cannot compile a filter: ${reason}, received "${pattern}"`)
        : new FilterSyntaxError(origin.text, { column: origin.column, reason });
    }
  }
}

function tooManySteps(pattern: string, origin: FilterOrigin | undefined): Error {
  const reason = `expected regular expressions of at most ${PATTERN_STEPS_MAX} steps, in which a repetition such as ` +
    "{1,100} counts as written out";
  return origin === undefined
    ? new RangeError(`Cannot compile a filter: ${reason}, received "${pattern}"`)
    : new FilterSyntaxError(origin.text, { column: origin.column, reason });
}

/**
 * At least about as many steps as an expression will be compiled to, by a glance at its text: a counted repetition of a group
 * is taken for one of everything before it.
 */
function estimatedSteps(pattern: string): number {
  let steps = pattern.length;
  for (const [, group, least = "", most = ""] of pattern.matchAll(/(\))?\{(\d+)(?:,(\d*))?\}/g)) {
    const count = Math.max(Number(least), Number(most));
    steps = group === undefined ? steps + count : steps * Math.max(count, 1);
  }
  return steps;
}
