/**
 * Filters as text, for a URL and a command line: `level>=warn tool=search "timed out"`.
 *
 * ./FILTERS.md describes the form.
 *
 * @module
 */

import { FIELD_NAMES_MAX, FILTER_DEPTH_MAX } from "../limits.ts";
import { type ComparisonOperator, type Filter, type FilterValue, LEVEL_FIELD } from "../model/filter.ts";
import { decodeRecord } from "../model/record.ts";
import { levelOf, severityNumberOf } from "../model/severity.ts";
import { withOrigin } from "./origins.ts";
import { FilterScanner, type Operator } from "./scanner.ts";

const FIELD_NAME = /^[\p{L}\p{M}\p{N}_@./-]+$/u;
/** A word that elsewhere names a field, and a value behind a colon. What begins with a digit is a time or an address. */
const FIELD_AND_COLON = /^(?!\p{N})[\p{L}\p{M}\p{N}_@./-]+:(?!\/\/)/u;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const CONSTANTS: ReadonlyMap<string, FilterValue> = new Map([["true", true], ["false", false], ["null", null]]);

/**
 * Reads a filter from text; `src/filter/FILTERS.md` describes the form. Empty text is the filter that every record meets.
 *
 * A number, `true`, `false` or `null` outside of quotes stands for the value and for the text. Regular expressions are
 * taken as they are: one that RE2 cannot read is refused when the filter is used.
 *
 * @throws {FilterSyntaxError} If the text has over 8192 characters, nests deeper than a hundred levels, or cannot be understood;
 * `column` says where.
 *
 * @example Ask for failed searches
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseFilter } from "@varve/varve";
 *
 * assert.deepEqual(parseFilter('tool=search msg*="timed out"'), {
 *   kind: "all",
 *   filters: [
 *     { kind: "equals", field: "tool", value: "search" },
 *     { kind: "contains", field: "msg", text: "timed out" },
 *   ],
 * });
 * ```
 */
export function parseFilter(text: string): Filter {
  if (typeof text !== "string") throw new TypeError(`Cannot read a filter: expected text, received ${typeof text}`);
  return new FilterParser(text).parse();
}

/** One value as it stands in the text. */
interface Term {
  readonly text: string;
  readonly isQuoted: boolean;
  readonly offset: number;
}

/** Recursive descent: `or` binds weaker than `and`, which binds weaker than `not`. */
class FilterParser {
  readonly #scanner: FilterScanner;
  #depth = 0;

  constructor(text: string) {
    this.#scanner = new FilterScanner(text);
  }

  parse(): Filter {
    const scanner = this.#scanner;
    scanner.takeSpace();
    if (scanner.isAtEnd) return { kind: "all", filters: [] };
    const filter = this.#alternatives();
    if (!scanner.isAtEnd) throw scanner.error("this parenthesis closes none");
    return filter;
  }

  #alternatives(): Filter {
    const filters = [this.#conjunction()];
    while (this.#scanner.takeKeyword("or")) filters.push(this.#conjunction());
    return oneOf("any", filters);
  }

  #conjunction(): Filter {
    const scanner = this.#scanner;
    const filters = [this.#negation()];
    for (;;) {
      const isJoined = scanner.takeKeyword("and");
      const isOver = scanner.isAtEnd || scanner.startsWith(")") || scanner.peekKeyword() === "or";
      if (isOver && !isJoined) return oneOf("all", filters);
      filters.push(this.#negation());
    }
  }

  #negation(): Filter {
    const scanner = this.#scanner;
    if (this.#depth === FILTER_DEPTH_MAX) {
      throw scanner.error(`expected at most ${FILTER_DEPTH_MAX} parentheses and negations around a condition`);
    }
    this.#depth++;
    const filter = this.#negated();
    this.#depth--;
    scanner.takeSpace();
    return filter;
  }

  #negated(): Filter {
    const scanner = this.#scanner;
    const start = scanner.offset;
    if (scanner.takeKeyword("not")) return { kind: "not", filter: this.#negation() };
    if (scanner.takeText("(")) return this.#parenthesized(start);
    const condition = this.#condition();
    if (condition !== undefined) return condition;
    scanner.takeText("!");
    scanner.takeSpace();
    return { kind: "not", filter: this.#negation() };
  }

  #parenthesized(start: number): Filter {
    const scanner = this.#scanner;
    scanner.takeSpace();
    const filter = this.#alternatives();
    if (!scanner.takeText(")")) throw scanner.error("this parenthesis is not closed", start);
    return filter;
  }

  /** A condition; `undefined` where it is negated by an exclamation mark. */
  #condition(): Filter | undefined {
    const scanner = this.#scanner;
    const start = scanner.offset;
    const keyword = scanner.peekKeyword();
    if (keyword !== undefined) throw scanner.error(`expected a condition, not "${keyword}"; text stands in quotes`);
    const operator = scanner.takeOperator();
    if (operator === "~") return this.#matches(undefined);
    if (operator === "!~") return { kind: "not", filter: this.#matches(undefined) };
    if (operator !== undefined) throw scanner.error(`expected a field before "${operator}"`, start);
    if (scanner.startsWith("!")) return undefined;
    const name = scanner.takeQuoted();
    return name === undefined ? this.#wordCondition(start) : this.#namedCondition(name) ?? this.#contains(name);
  }

  #wordCondition(start: number): Filter {
    const scanner = this.#scanner;
    const word = scanner.takeWord("a condition");
    if (word.startsWith("-") && !NUMBER.test(word)) {
      throw scanner.error(`a word cannot begin with "-": "not" excludes, and text with it stands in quotes`, start);
    }
    const end = scanner.offset;
    if (FIELD_NAME.test(word)) return this.#namedCondition(word) ?? this.#contains(word);
    if (FIELD_AND_COLON.test(word)) {
      const [name] = word.split(":", 1);
      throw scanner.error(
        `a field is written "${name}=…", or "${name}*=…" for a part of it; text with a colon stands in quotes`,
        start + word.indexOf(":"),
      );
    }
    const operator = scanner.takeOperator();
    if (operator === undefined) return this.#contains(word);
    throw scanner.error(
      `"${operator}" stands behind what is no bare field; a field with such characters, or text, stands in quotes`,
      scanner.text.indexOf(operator, end),
    );
  }

  #contains(text: string): Filter {
    this.#scanner.expectBoundary();
    return { kind: "contains", text };
  }

  /** A condition on a field whose name was read; `undefined` if no operator follows it. */
  #namedCondition(field: string): Filter | undefined {
    const scanner = this.#scanner;
    const start = scanner.offset;
    const operator = scanner.takeOperator();
    if (operator === undefined) return undefined;
    if (field.split(".").length > FIELD_NAMES_MAX) {
      throw scanner.error(`expected at most ${FIELD_NAMES_MAX} names between the dots of a field`, start);
    }
    switch (operator) {
      case "=":
        return this.#equals(field, operator);
      case "!=":
        return { kind: "not", filter: this.#equals(field, operator) };
      case "*=":
        return { kind: "contains", field, text: this.#singleTerm(operator).text };
      case "~":
        return this.#matches(field);
      case "!~":
        return { kind: "not", filter: this.#matches(field) };
      default:
        return this.#compares(field, operator);
    }
  }

  #equals(field: string, operator: Operator): Filter {
    const scanner = this.#scanner;
    if (scanner.takeText("*")) {
      if (!scanner.isAtBoundary) {
        throw scanner.error(
          `"*" stands alone, for any value; "${field}*=…" looks for a part of one, "${field}~…" for a pattern`,
        );
      }
      return { kind: "present", field };
    }
    const values = valuesOf(this.#term(operator));
    while (scanner.takeText(",")) {
      scanner.takeSpace();
      values.push(...valuesOf(this.#term(operator)));
    }
    scanner.expectBoundary();
    return oneOf("any", values.map((value) => ({ kind: "equals", field, value })));
  }

  #compares(field: string, operator: ComparisonOperator): Filter {
    const term = this.#singleTerm(operator);
    const [value = term.text] = valuesOf(term);
    if (typeof value === "boolean" || value === null) {
      throw this.#scanner.error(`"${operator}" compares numbers or text, not ${value}`, term.offset);
    }
    if (typeof value === "string" && NUMBER.test(value) && !term.isQuoted) {
      throw this.#scanner.error("this number is too large", term.offset);
    }
    if (field === LEVEL_FIELD && typeof value === "string" && severityNumberOf(value) === 0) {
      throw this.#scanner.error(
        `expected a level: ${levelNames()}, or one with a distance, such as INFO+2`,
        term.offset,
      );
    }
    return { kind: "compares", field, operator, value };
  }

  #matches(field: string | undefined): Filter {
    const scanner = this.#scanner;
    const { text, offset } = scanner;
    const pattern = scanner.takePattern();
    scanner.expectBoundary();
    const filter: Filter = field === undefined ? { kind: "matches", pattern } : { kind: "matches", field, pattern };
    return withOrigin(filter, { text, column: offset + 1 });
  }

  #singleTerm(operator: Operator): Term {
    const term = this.#term(operator);
    if (this.#scanner.startsWith(",")) {
      throw this.#scanner.error(`"${operator}" takes one value; text with a comma stands in quotes`);
    }
    this.#scanner.expectBoundary();
    return term;
  }

  #term(operator: Operator): Term {
    const scanner = this.#scanner;
    const { offset, text } = scanner;
    const quoted = scanner.takeQuoted();
    if (quoted !== undefined) return { text: quoted, isQuoted: true, offset };
    const keyword = scanner.peekKeyword();
    // Right behind the operator it is meant as a value; behind a space, the value is missing.
    if (keyword !== undefined && /\s/.test(text.charAt(offset - 1))) {
      throw scanner.error(`expected a value for "${operator}", not "${keyword}"; as a value it stands in quotes`);
    }
    if (scanner.startsWith("(")) throw scanner.error("expected a value; a list of them is written a,b");
    return { text: scanner.takeWord(`a value for "${operator}"`), isQuoted: false, offset };
  }
}

function oneOf(kind: "all" | "any", filters: readonly Filter[]): Filter {
  const [first, ...others] = filters;
  return first === undefined || others.length > 0 ? { kind, filters } : first;
}

/** What a value in the text stands for: where it could be a number or a constant, that first, then its text. */
function valuesOf({ text, isQuoted }: Term): FilterValue[] {
  if (isQuoted) return [text];
  const constant = CONSTANTS.get(text);
  if (constant !== undefined) return [constant, text];
  const number = NUMBER.test(text) ? numberOf(text) : undefined;
  return number === undefined ? [text] : [number, text];
}

/** A number as it is read from a record; `undefined` where none is so large. */
function numberOf(text: string): number | bigint | undefined {
  const { value } = decodeRecord(`{"value":${text}}`);
  if (typeof value === "bigint") return value;
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The levels without a distance, each four numbers from the one before it. */
function levelNames(): string {
  const numbers = [1, 5, 9, 13, 17, 21];
  return numbers.map((number) => levelOf(number, "")).join(", ");
}
