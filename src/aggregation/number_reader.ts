/**
 * Reads numbers out of the bytes of JSON.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { ASCII, isDigit, skipScalar } from "./json_bytes.ts";

const { minus: MINUS, dot: DOT, zero: ZERO, capitalE: CAPITAL_E, letterE: LETTER_E } = ASCII;
/** Those that a `number` holds exactly. */
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Below it a `number` holds every integer; from it on, one that is not held may have been rounded to it. */
const EXACT_BELOW = 2 ** 53;

/**
 * Gives the same numbers as `Number`, but a zero has no sign.
 *
 * Where digits and power of ten are both exact, so is their quotient, but for its own rounding: Clinger, How to read floating
 * point numbers accurately, 1990. That holds for 15 digits and for most of 16.
 */
export class NumberReader {
  /** What was read last; `NaN` where that was no number. May be infinite. */
  value = NaN;

  /** Reads the scalar at `offset`; gives the offset behind it, or -1 where there is none. */
  read(bytes: Uint8Array, offset: number): number {
    const isNegative = bytes[offset] === MINUS;
    const start = isNegative ? offset + 1 : offset;
    let at = start;
    let byte = bytes[at] ?? 0;
    let digits = 0;
    for (; isDigit(byte); byte = bytes[++at] ?? 0) digits = digits * 10 + (byte - ZERO);
    const point = at;
    if (byte === DOT) {
      byte = bytes[++at] ?? 0;
      for (; isDigit(byte); byte = bytes[++at] ?? 0) digits = digits * 10 + (byte - ZERO);
    }
    const places = at > point ? at - point - 1 : 0;
    const power = POWERS_OF_TEN[places];
    const isWhole = point > start && (bytes[start] !== ZERO || point === start + 1) && at !== point + 1;
    if (!isWhole || byte === CAPITAL_E || byte === LETTER_E || digits >= EXACT_BELOW || power === undefined) {
      return this.#readUnusual(bytes, offset);
    }
    this.value = (isNegative ? 0 - digits : digits) / power;
    return at;
  }

  #readUnusual(bytes: Uint8Array, offset: number): number {
    const end = skipScalar(bytes, offset);
    const first = bytes[offset] ?? 0;
    const isNumber = end > 0 && (isDigit(first) || first === MINUS);
    const { buffer, byteOffset } = bytes;
    // A zero that is added loses its sign.
    this.value = isNumber ? Number(Buffer.from(buffer, byteOffset + offset, end - offset).toString("latin1")) + 0 : NaN;
    return end;
  }
}
