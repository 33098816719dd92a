/**
 * Reads the parts that a filter's text is made of: words, quoted text, operators, regular expressions.
 *
 * What a character means depends on what is expected, so that parts are asked for one by one. Words take no character that
 * means something elsewhere in a filter; what might be meant otherwise is refused, with its column, rather than guessed.
 *
 * @module
 */

import { FilterSyntaxError } from "../errors.ts";
import { FILTER_MAX_CHARS } from "../limits.ts";

/** A word between operators: `and` in any case, and so on. */
export type Keyword = "and" | "or" | "not";

/** What stands between a field and its value. */
export type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "*=" | "~" | "!~";

/** Characters of a text that is too long which its error repeats. */
const EXCERPT_CHARS = 100;

const SPACE = /\s+/y;
const KEYWORD = /(?:and|or|not)(?=[\s()"]|$)/iy;
const OPERATOR = /!=|!~|<=|>=|\*=|[=<>~]/y;
const WORD = /[^\s()"=!<>~*|,]+/y;
const QUOTED = /"(?:[^"\\]|\\.)*"/sy;
const BARE_PATTERN = /[^\s()"]+/y;
const SLASHED_PATTERN = /\/((?:[^/\\]|\\.)*)\/([\p{L}\p{N}]*)/suy;
const INVALID_ESCAPE = /\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})/;
const OPERATOR_LIST = '"=", "!=", "<", "<=", ">", ">=", "*=", "~" or "!~"';

/** A filter's text and the place up to which it was read. */
export class FilterScanner {
  /** The whole text. */
  readonly text: string;
  #offset = 0;

  /** @throws {FilterSyntaxError} If the text is too long. */
  constructor(text: string) {
    this.text = text;
    if (text.length > FILTER_MAX_CHARS) {
      const reason = `expected at most ${FILTER_MAX_CHARS} characters, and there are ${text.length}`;
      throw new FilterSyntaxError(`${text.slice(0, EXCERPT_CHARS)}…`, { column: FILTER_MAX_CHARS + 1, reason });
    }
  }

  /** How many characters were read. */
  get offset(): number {
    return this.#offset;
  }

  /** Whether everything was read. */
  get isAtEnd(): boolean {
    return this.#offset === this.text.length;
  }

  /** Whether the next character ends a part: there is none, or a space, or a closing parenthesis. */
  get isAtBoundary(): boolean {
    return this.isAtEnd || /[\s)]/.test(this.text.charAt(this.#offset));
  }

  /** Whether the text goes on with this. */
  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.#offset);
  }

  /** Whether a keyword follows, and which. */
  peekKeyword(): Keyword | undefined {
    return this.#match(KEYWORD)?.[0].toLowerCase() as Keyword | undefined;
  }

  /** Goes past white space, and says whether there was any. */
  takeSpace(): boolean {
    return this.#take(SPACE) !== undefined;
  }

  /** Goes past this text if it follows, and says whether it did. */
  takeText(text: string): boolean {
    if (!this.startsWith(text)) return false;
    this.#offset += text.length;
    return true;
  }

  /** Goes past this keyword, and white space behind it, if it follows; says whether it did. */
  takeKeyword(keyword: Keyword): boolean {
    if (this.peekKeyword() !== keyword) return false;
    this.#offset += keyword.length;
    this.takeSpace();
    return true;
  }

  /**
   * Goes past an operator and the white space around it.
   *
   * @throws {FilterSyntaxError} If it could also begin a condition of its own, or is none that is known.
   */
  takeOperator(): Operator | undefined {
    const start = this.#offset;
    const followsSpace = this.takeSpace();
    const operator = this.#take(OPERATOR)?.[0] as Operator | undefined;
    if (operator === undefined) {
      this.#offset = start;
      return undefined;
    }
    const end = this.#offset;
    if (followsSpace && operator.endsWith("~")) {
      const reason =
        `"${operator}" behind a space could belong to the field or stand alone: write it without the space, ` +
        `or "and" before it`;
      throw this.error(reason, end - operator.length);
    }
    const further = /[=<>~!]+/y;
    further.lastIndex = end;
    const rest = further.exec(this.text)?.[0];
    if (rest !== undefined) {
      throw this.error(`expected ${OPERATOR_LIST}; "${operator}${rest}" is no operator`, end - operator.length);
    }
    this.takeSpace();
    return operator;
  }

  /**
   * A word: letters, digits and signs that mean nothing in a filter.
   *
   * @param expected What there has to be, for the error.
   * @throws {FilterSyntaxError} If there is none.
   */
  takeWord(expected: string): string {
    const start = this.#offset;
    const word = this.#take(WORD)?.[0];
    if (this.startsWith("|")) throw this.error('alternatives are joined by "or"; text with "|" stands in quotes');
    if (word === undefined) throw this.error(`expected ${expected}${this.#found()}`);
    if (/^['`´‘’‚“”„«»]/.test(word)) throw this.error('quotes are written "…"', start);
    if (/^&+$/.test(word)) throw this.error('conditions are joined by "and"; text with "&" stands in quotes', start);
    return word;
  }

  /** Quoted text, with JSON's escapes; `undefined` if none begins here. */
  takeQuoted(): string | undefined {
    if (!this.startsWith('"')) return undefined;
    const start = this.#offset;
    const quoted = this.#take(QUOTED)?.[0];
    if (quoted === undefined) throw this.error("the quotes that begin here do not end");
    const escape = INVALID_ESCAPE.exec(quoted.replaceAll("\\\\", "__"));
    if (escape !== null) {
      const reason = String.raw`expected one of JSON's escapes, such as \" or \\; a regular expression can stand ` +
        "between slashes, where a backslash is its own";
      throw this.error(reason, start + escape.index);
    }
    // A line feed and the like, which JSON refuses, may stand there as they are.
    return JSON.parse(quoted.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1)));
  }

  /** A regular expression, in RE2's syntax: between slashes with flags behind them, in quotes, or bare. */
  takePattern(): string {
    const quoted = this.takeQuoted();
    if (quoted !== undefined) return quoted;
    if (this.startsWith("/")) return this.#takeSlashed();
    const pattern = this.#take(BARE_PATTERN)?.[0];
    if (this.startsWith("(") || this.startsWith('"')) {
      throw this.error("a regular expression with parentheses or quotes stands between slashes, as in ~/a(b|c)/");
    }
    if (pattern === undefined) throw this.error(`expected a regular expression${this.#found()}`);
    return pattern;
  }

  #takeSlashed(): string {
    const start = this.#offset;
    const match = this.#take(SLASHED_PATTERN);
    if (match === undefined) {
      throw this.error(
        "the regular expression that begins with this slash does not end with one; it can also stand in quotes",
      );
    }
    const [, pattern = "", flags = ""] = match;
    if (flags === "") return pattern;
    if (!/^[ims]{1,3}$/.test(flags) || new Set(flags).size < flags.length) {
      const reason = `expected the flags i, m or s behind the regular expression, or a space; one with slashes in it ` +
        "stands in quotes";
      throw this.error(reason, start + pattern.length + 2);
    }
    return `(?${flags})${pattern}`;
  }

  /** @throws {FilterSyntaxError} If something else follows before a space. */
  expectBoundary(): void {
    if (this.isAtBoundary) return;
    const character = this.#nextCharacter();
    throw this.error(
      character === '"' || character === "("
        ? `expected a space before ${quote(character)}; text with such a character stands in quotes`
        : `${quote(character)} cannot stand here; text with such a character stands in quotes`,
    );
  }

  /** What is wrong at a place; where nothing else is said, at the next character. */
  error(reason: string, offset: number = this.#offset): FilterSyntaxError {
    return new FilterSyntaxError(this.text, { column: offset + 1, reason });
  }

  #found(): string {
    return this.isAtEnd ? "" : `, not ${quote(this.#nextCharacter())}`;
  }

  #nextCharacter(): string {
    return String.fromCodePoint(this.text.codePointAt(this.#offset) ?? 0);
  }

  #take(expression: RegExp): RegExpExecArray | undefined {
    const match = this.#match(expression);
    if (match !== undefined) this.#offset += match[0].length;
    return match;
  }

  #match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#offset;
    return expression.exec(this.text) ?? undefined;
  }
}

function quote(character: string): string {
  return character === '"' ? "a quotation mark" : `"${character}"`;
}
