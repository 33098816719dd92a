/**
 * The words of a segment's lines, as the side file knows them. `FORMAT.md` says what a token is.
 *
 * The functions of {@linkcode tokenParts} name nothing outside their own bodies, because the compressing Worker receives
 * them as source text. What is looked up goes through the same functions as what was written.
 *
 * @module
 */

/** What a line has to have so that it can be what is looked for. */
export type TokenNeed =
  /** This token, as {@linkcode tokensOfText} gives it. */
  | { readonly kind: "token"; readonly token: string }
  /** All of these. */
  | { readonly kind: "all"; readonly needs: readonly TokenNeed[] }
  /** One of these. */
  | { readonly kind: "any"; readonly needs: readonly TokenNeed[] };

/** A token and where it stands in a text, in UTF-16 code units. */
export interface PlacedToken {
  readonly token: string;
  readonly start: number;
  readonly end: number;
}

/** The hash of a token's first bytes. */
interface TokenHead {
  readonly hash: number;
  /** Where they end. */
  readonly at: number;
  /** How many there are, as UTF-8 and without escapes. */
  readonly sizeBytes: number;
}

/** The functions that travel to the Worker. */
export interface TokenParts {
  readonly scanTokens: typeof scanTokens;
  readonly finishEscaped: typeof finishEscaped;
  readonly byteKinds: typeof byteKinds;
  readonly escapedCharacter: typeof escapedCharacter;
  readonly hashCharacter: typeof hashCharacter;
  readonly mixHash: typeof mixHash;
}

/** See {@linkcode TokenParts}. */
export const tokenParts: TokenParts = {
  scanTokens,
  finishEscaped,
  byteKinds,
  escapedCharacter,
  hashCharacter,
  mixHash,
};

const encoder = new TextEncoder();

/** The tokens of a string's content. */
export function tokensOfText(text: string): PlacedToken[] {
  return Array.from(text.matchAll(/[0-9A-Za-z_\u0080-\uffff]+/g), ({ 0: token, index }) => ({
    token,
    start: index,
    end: index + token.length,
  })).filter(({ token }) => tokenHash(token) !== undefined);
}

/** The hash of a token; `undefined` for text that is none, or none alone. */
export function tokenHash(token: string): number | undefined {
  const hashes: number[] = [];
  if (!/^[0-9A-Za-z_\u0080-\uffff]+$/.test(token)) return undefined;
  tokenParts.scanTokens(tokenParts, encoder.encode(`"${token}"`), (hash) => hashes.push(hash));
  return hashes[0];
}

/**
 * Calls `onToken` with the hash of each token that stands in a string of these lines, at least once, and seldom more often.
 *
 * @param bytes Whole lines. Nothing is promised of a line that is no JSON, and everything of the one behind it.
 */
function scanTokens(parts: TokenParts, bytes: Uint8Array, onToken: (hash: number) => void): void {
  const { length } = bytes;
  const kinds = parts.byteKinds();
  // Keys stand in every line: the last hash of each slot is not told again. A new array, since each block tells its own.
  const seen = new Int32Array(2 ** Math.max(4, Math.min(16, Math.ceil(Math.log2(length / 8 + 1)))));
  const mask = seen.length - 1;
  for (let at = 0; at < length;) {
    while (at < length && bytes[at] !== 0x22) at++;
    // Within a string. None goes on in the next line, nor behind a hole of NULs.
    for (at++; at < length;) {
      let byte = bytes[at] ?? 0;
      let kind = kinds[byte];
      if (kind === 0) {
        at++;
        continue;
      }
      if (kind === 2 || kind === 4) break;
      const start = at;
      let hash = 0x811c9dc5 | 0;
      for (; kind === 1; kind = kinds[byte]) {
        hash = Math.imul(hash ^ byte, 0x01000193);
        byte = bytes[++at] ?? 0;
      }
      let sizeBytes = at - start;
      if (kind === 3) ({ hash, at, sizeBytes } = parts.finishEscaped(parts, { bytes, kinds }, { hash, at, sizeBytes }));
      if (sizeBytes < 3) continue;
      const slot = (hash ^ (hash >>> 16)) & mask;
      if (seen[slot] === hash && hash !== 0) continue;
      seen[slot] = hash;
      onToken(parts.mixHash(hash));
    }
    at++;
  }
}

/** Goes on from a backslash to the end of a token, which is the escape itself where that stands for no part of one. */
function finishEscaped(
  parts: TokenParts,
  { bytes, kinds }: { readonly bytes: Uint8Array; readonly kinds: Uint8Array },
  begun: TokenHead,
): TokenHead {
  let { hash, at, sizeBytes } = begun;
  for (let kind = kinds[bytes[at] ?? 0]; kind === 1 || kind === 3; kind = kinds[bytes[at] ?? 0]) {
    if (kind === 1) {
      hash = Math.imul(hash ^ (bytes[at++] ?? 0), 0x01000193);
      sizeBytes++;
      continue;
    }
    const escaped = parts.escapedCharacter(bytes, at);
    const code = escaped >> 4;
    at += escaped & 15;
    if (code < 0x80 && kinds[code] !== 1) break;
    hash = parts.hashCharacter(hash, code);
    sizeBytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return { hash, at, sizeBytes };
}

/** What each byte is: 1 part of a token, 2 a quotation mark, 3 a backslash, 4 the end of a line, 0 anything else. */
function byteKinds(): Uint8Array {
  const kinds = new Uint8Array(256).fill(1, 0x80);
  for (const [first, last] of ["09", "AZ", "az", "__"]) {
    kinds.fill(1, first?.charCodeAt(0), (last?.charCodeAt(0) ?? 0) + 1);
  }
  kinds[0x22] = 2;
  kinds[0x5c] = 3;
  kinds[0x0a] = kinds[0x00] = 4;
  return kinds;
}

/**
 * The character that an escape stands for, times 16, plus the length of the escape in bytes. What is no escape, at the end
 * of a torn line, is as long as its backslash, so that the line feed behind it counts.
 */
function escapedCharacter(bytes: Uint8Array, at: number): number {
  const unitAt = (start: number): number => {
    if (bytes[start] !== 0x5c || bytes[start + 1] !== 0x75) return -1;
    let unit = 0;
    for (let index = start + 2; index < start + 6; index++) {
      const byte = bytes[index] ?? 0;
      const digit = byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57;
      if (digit < 0 || digit > 15 || (digit < 10 && byte > 0x39)) return -1;
      unit = unit * 16 + digit;
    }
    return unit;
  };
  const next = bytes[at + 1] ?? 0;
  const unit = unitAt(at);
  // The short ones stand for what parts tokens, as the backslash itself does.
  if (unit < 0) return 0x20 * 16 + (next === 0x0a || next === 0 || next === 0x75 ? 1 : 2);
  if (unit < 0xd800 || unit > 0xdfff) return unit * 16 + 6;
  const low = unit < 0xdc00 ? unitAt(at + 6) : -1;
  // Half a pair becomes what an encoder to UTF-8 makes of it.
  if (low < 0xdc00 || low > 0xdfff) return 0xfffd * 16 + 6;
  return (0x10000 + (unit - 0xd800) * 0x400 + low - 0xdc00) * 16 + 12;
}

/** Goes on with the hash of a token by the UTF-8 of a character: FNV-1a. */
function hashCharacter(hash: number, code: number): number {
  const step = (before: number, byte: number): number => Math.imul(before ^ byte, 0x01000193);
  if (code < 0x80) return step(hash, code);
  if (code < 0x800) return step(step(hash, 0xc0 | (code >> 6)), 0x80 | (code & 63));
  const middle = 0x80 | ((code >> 6) & 63);
  const first = code < 0x10000
    ? step(hash, 0xe0 | (code >> 12))
    : step(step(hash, 0xf0 | (code >> 18)), 0x80 | ((code >> 12) & 63));
  return step(step(first, middle), 0x80 | (code & 63));
}

/** Spreads a hash over its 32 bits: the end of MurmurHash3. */
function mixHash(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
