/**
 * Finds fields in the bytes of a line without parsing the record.
 *
 * A line as JSON.stringify, slog or an OpenTelemetry collector writes it is looked at once, each byte; to make an object of it
 * takes two to four times as long. What is unusual is left to those who decode records.
 *
 * @module
 */

import { LINE_FEED } from "../segment/file_bytes.ts";
import { ASCII, skipNested, skipScalar } from "./json_bytes.ts";
import { NumberReader } from "./number_reader.ts";
import { TimestampReader } from "./timestamp_reader.ts";

const { space: SPACE, quote: QUOTE, comma: COMMA, colon: COLON, backslash: BACKSLASH } = ASCII;
const { leftBracket: LEFT_BRACKET, leftBrace: LEFT_BRACE, rightBrace: RIGHT_BRACE } = ASCII;
const TIME_INDEX = 0;
const NOT_WANTED = -1;
/** The index of a key that matters only where its value may hold a wanted field. */
const HEAD = -2;

/** A key that is looked for. */
interface WantedKey {
  readonly bytes: Uint8Array;
  readonly index: number;
}

/** What a {@linkcode LineScanner} looks for. */
export interface ScannedFields {
  /** The record's own key that has its time. */
  readonly timeKey: string;
  /** The field whose number is wanted, named as queries name it. */
  readonly numberField?: string | undefined;
  /** The fields whose JSON is wanted. */
  readonly fields: readonly string[];
}

/** See the module. */
export class LineScanner {
  /** The time of the line that was scanned last, if it {@linkcode hasTime}. */
  readonly time = new TimestampReader();
  /** Where the value of each field starts in the bytes, a scalar, by {@linkcode indexOf}; -1 where the record has none. */
  readonly starts: Int32Array;
  /** Where it ends, or -1. */
  readonly ends: Int32Array;
  readonly #names: readonly string[];
  readonly #number = new NumberReader();
  readonly #numberIndex: number;
  readonly #keys: readonly WantedKey[];
  /** A bit for each length that a wanted key has, modulo 32. */
  readonly #lengths: number;

  constructor({ timeKey, numberField, fields }: ScannedFields) {
    const queried = numberField === undefined ? fields : [numberField, ...fields];
    this.#names = [...new Set([timeKey, ...queried])];
    this.#numberIndex = numberField === undefined ? NOT_WANTED : this.#names.indexOf(numberField);
    this.starts = new Int32Array(this.#names.length);
    this.ends = new Int32Array(this.#names.length);
    this.#keys = [
      ...this.#names.flatMap((name, index) => wantedKey(name, index)),
      ...queried.flatMap(headsOf).flatMap((head) => wantedKey(head, HEAD)),
    ];
    this.#lengths = this.#keys.reduce((bits, { bytes }) => bits | 1 << (bytes.length & 31), 0);
  }

  /** Where in {@linkcode starts} and {@linkcode ends} a field of the constructor's stands. */
  indexOf(field: string): number {
    return this.#names.indexOf(field);
  }

  /** Whether the line that was scanned last has a time. */
  get hasTime(): boolean {
    return this.starts[TIME_INDEX] !== NOT_WANTED && this.time.isKnown;
  }

  /** The number of the line that was scanned last; `NaN` where it has none. */
  get number(): number {
    return this.starts[this.#numberIndex] === NOT_WANTED ? NaN : this.#number.value;
  }

  /**
   * Looks at the line that starts at `offset` in bytes that are UTF-8 and end in a line feed. Gives the offset behind its line
   * feed, or -1 where it is no record, or one that its bytes alone do not tell: with white space between its parts, an escape
   * in one of its keys, very deep nesting, or an object or a list where a wanted field could be.
   */
  scan(bytes: Uint8Array, offset: number): number {
    const { starts, ends } = this;
    for (let index = 0; index < starts.length; index++) starts[index] = ends[index] = NOT_WANTED;
    if (bytes[offset] !== LEFT_BRACE) return -1;
    for (let at = offset + 1;; at++) {
      const key = at;
      at = skipKey(bytes, at);
      if (at < 0) return -1;
      const index = this.#indexOfKey(bytes, { key, end: at });
      const start = at;
      let byte = bytes[at];
      if (byte === LEFT_BRACE || byte === LEFT_BRACKET) at = index === NOT_WANTED ? skipNested(bytes, at) : -1;
      else at = index < 0 ? skipScalar(bytes, at) : this.#readWanted(bytes, { start, index });
      if (index >= 0) {
        // Of a repeated key the last value counts.
        starts[index] = start;
        ends[index] = at;
      }
      byte = bytes[at];
      if (byte !== COMMA) return byte === RIGHT_BRACE && bytes[at + 1] === LINE_FEED ? at + 2 : -1;
    }
  }

  #readWanted(bytes: Uint8Array, { start, index }: { readonly start: number; readonly index: number }): number {
    const end = index === TIME_INDEX ? this.time.read(bytes, start) : -1;
    if (index === this.#numberIndex) return this.#number.read(bytes, start);
    return index === TIME_INDEX ? end : skipScalar(bytes, start);
  }

  /** The index of a key that starts and ends there, with its quotation marks and the colon. */
  #indexOfKey(bytes: Uint8Array, { key, end }: { readonly key: number; readonly end: number }): number {
    const length = end - key - 3;
    // Most keys have another length than all that are wanted.
    if (((this.#lengths >>> (length & 31)) & 1) === 0) return NOT_WANTED;
    // By index, not by iterator: what is small enough is inlined into the loop above, and that takes a tenth off a scan.
    for (let place = 0; place < this.#keys.length; place++) {
      const wanted = this.#keys[place];
      if (wanted?.bytes.length === length && isAt(wanted.bytes, { bytes, offset: key + 1 })) return wanted.index;
    }
    return NOT_WANTED;
  }
}

/** Half of a surrogate pair has no bytes: JSON can only hold it as an escape, and a line with one in a key is left to others. */
function wantedKey(name: string, index: number): readonly WantedKey[] {
  return name.isWellFormed() ? [{ bytes: new TextEncoder().encode(name), index }] : [];
}

/** Passes over a key without escapes, and its colon; -1 where there is none. */
function skipKey(bytes: Uint8Array, offset: number): number {
  if (bytes[offset] !== QUOTE) return -1;
  for (let at = offset + 1;; at++) {
    let byte = bytes[at] ?? 0;
    while (byte > QUOTE && byte !== BACKSLASH) byte = bytes[++at] ?? 0;
    if (byte === QUOTE) return bytes[at + 1] === COLON ? at + 2 : -1;
    if (byte < SPACE || byte === BACKSLASH) return -1;
  }
}

function isAt(
  wanted: Uint8Array,
  { bytes, offset }: { readonly bytes: Uint8Array; readonly offset: number },
): boolean {
  for (let index = 0; index < wanted.length; index++) {
    if (bytes[offset + index] !== wanted[index]) return false;
  }
  return true;
}

/** Each part of a name up to a dot: where a record lacks the name, an object under such a key can hold it. */
function headsOf(name: string): readonly string[] {
  const parts = name.split(".");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("."));
}
