/**
 * Passes over JSON values in bytes, and finds out on the way whether they are JSON.
 *
 * Each function takes the offset where a value starts and gives the one behind it, or -1 where there is none, or one that
 * holds white space between its parts or is nested deeper than {@linkcode NESTING_MAX}. They never pass a line feed, so that
 * in bytes that end in one they stay within. That bytes are UTF-8 is the caller's to know.
 *
 * @module
 */

/** Characters that JSON and its times are made of, by their code. */
export const ASCII = {
  space: 0x20,
  quote: 0x22,
  plus: 0x2b,
  comma: 0x2c,
  minus: 0x2d,
  dot: 0x2e,
  zero: 0x30,
  colon: 0x3a,
  capitalE: 0x45,
  capitalT: 0x54,
  capitalZ: 0x5a,
  leftBracket: 0x5b,
  backslash: 0x5c,
  rightBracket: 0x5d,
  letterA: 0x61,
  letterE: 0x65,
  letterF: 0x66,
  letterU: 0x75,
  leftBrace: 0x7b,
  rightBrace: 0x7d,
} as const;

/** Depth of objects and lists: which of both each is takes one bit of a number. */
export const NESTING_MAX = 31;

const { space: SPACE, quote: QUOTE, comma: COMMA, colon: COLON, backslash: BACKSLASH } = ASCII;
const { leftBracket: LEFT_BRACKET, rightBracket: RIGHT_BRACKET } = ASCII;
const { leftBrace: LEFT_BRACE, rightBrace: RIGHT_BRACE } = ASCII;
const { plus: PLUS, minus: MINUS, dot: DOT, zero: ZERO, capitalE: CAPITAL_E, letterE: LETTER_E } = ASCII;
const NINE = ZERO + 9;
/** Makes a letter lower case. */
const CASE_BIT = 0x20;
/** What may follow a backslash, but for `u`. */
const ESCAPED = new Set(Array.from('"\\/bfnrt', (character) => character.charCodeAt(0)));

const LITERALS = ["true", "false", "null"].map((text) => new TextEncoder().encode(text));

/** A string, a number, `true`, `false` or `null`. */
export function skipScalar(bytes: Uint8Array, offset: number): number {
  const byte = bytes[offset] ?? 0;
  if (byte === QUOTE) return skipString(bytes, offset);
  if (byte === MINUS || isDigit(byte)) return skipNumber(bytes, offset);
  return skipLiteral(bytes, offset);
}

/** A string, from its quotation mark on. */
export function skipString(bytes: Uint8Array, offset: number): number {
  for (let at = offset + 1;; at++) {
    let byte = bytes[at] ?? 0;
    // The loop that most of the time goes into: two comparisons tell the usual character from the three that matter.
    while (byte > QUOTE && byte !== BACKSLASH) byte = bytes[++at] ?? 0;
    if (byte === QUOTE) return at + 1;
    if (byte < SPACE) return -1;
    if (byte !== BACKSLASH) continue;
    at = lastOfEscape(bytes, at);
    if (at < 0) return -1;
  }
}

/** An object or a list. */
export function skipNested(bytes: Uint8Array, offset: number): number {
  let at = offset;
  // The innermost is the lowest bit: 1 for an object.
  let kinds = 0;
  for (let depth = 0;;) {
    const byte = bytes[at] ?? 0;
    const isOpening = byte === LEFT_BRACE || byte === LEFT_BRACKET;
    if (isOpening) {
      if (++depth > NESTING_MAX) return -1;
      kinds = (kinds << 1) | (byte === LEFT_BRACE ? 1 : 0);
      at++;
      if (bytes[at] !== closingOf(kinds)) {
        if (byte === LEFT_BRACE) at = skipKey(bytes, at);
        if (at < 0) return -1;
        continue;
      }
    } else {
      at = skipScalar(bytes, at);
      if (at < 0) return -1;
    }
    for (; bytes[at] === closingOf(kinds); at++, kinds >>>= 1) {
      if (--depth === 0) return at + 1;
    }
    if (bytes[at] !== COMMA) return -1;
    at = (kinds & 1) === 1 ? skipKey(bytes, at + 1) : at + 1;
    if (at < 0) return -1;
  }
}

/** Whether a byte is a digit. */
export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function skipNumber(bytes: Uint8Array, offset: number): number {
  let at = bytes[offset] === MINUS ? offset + 1 : offset;
  let byte = bytes[at] ?? 0;
  if (!isDigit(byte)) return -1;
  // No number starts with a zero but the zero itself.
  if (byte === ZERO) byte = bytes[++at] ?? 0;
  else do byte = bytes[++at] ?? 0; while (isDigit(byte));
  if (byte === DOT) {
    byte = bytes[++at] ?? 0;
    if (!isDigit(byte)) return -1;
    do byte = bytes[++at] ?? 0; while (isDigit(byte));
  }
  return byte === LETTER_E || byte === CAPITAL_E ? skipExponent(bytes, at + 1) : at;
}

/** What stands behind the letter of an exponent. */
function skipExponent(bytes: Uint8Array, offset: number): number {
  const start = bytes[offset] === PLUS || bytes[offset] === MINUS ? offset + 1 : offset;
  let at = start;
  while (isDigit(bytes[at] ?? 0)) at++;
  return at > start ? at : -1;
}

/** `true`, `false` or `null`. */
function skipLiteral(bytes: Uint8Array, offset: number): number {
  for (const literal of LITERALS) {
    let index = 0;
    while (index < literal.length && bytes[offset + index] === literal[index]) index++;
    if (index === literal.length) return offset + index;
  }
  return -1;
}

/** Where an escape ends that starts at a backslash. */
function lastOfEscape(bytes: Uint8Array, offset: number): number {
  const byte = bytes[offset + 1] ?? 0;
  if (byte !== ASCII.letterU) return ESCAPED.has(byte) ? offset + 1 : -1;
  for (let at = offset + 2; at < offset + 6; at++) {
    const digit = bytes[at] ?? 0;
    const letter = digit | CASE_BIT;
    if (!isDigit(digit) && (letter < ASCII.letterA || letter > ASCII.letterF)) return -1;
  }
  return offset + 5;
}

function closingOf(kinds: number): number {
  return (kinds & 1) === 1 ? RIGHT_BRACE : RIGHT_BRACKET;
}

/** A key and its colon. */
function skipKey(bytes: Uint8Array, offset: number): number {
  if (bytes[offset] !== QUOTE) return -1;
  const end = skipString(bytes, offset);
  return bytes[end] === COLON ? end + 1 : -1;
}
