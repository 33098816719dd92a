/**
 * Which tokens a line must have so that its record can meet a filter.
 *
 * Side files know the tokens of a segment's blocks, so that blocks without them are never read. What is asked for may be
 * less than what a filter needs, but never more: lines may write a character as an escape, and numbers in many forms.
 *
 * @module
 */

import { FILTER_TOKENS_MAX, VALUE_TOKENS_MAX } from "../limits.ts";
import { type Filter, isPartOfNumber, LEVEL_FIELD } from "../model/filter.ts";
import { type PlacedToken, type TokenNeed, tokensOfText } from "../segment/tokens.ts";

/**
 * What every line has whose record meets `filter`, at most {@linkcode FILTER_TOKENS_MAX} tokens of it; `undefined` where
 * nothing is known.
 */
export function tokensOfFilter(filter: Filter): TokenNeed | undefined {
  const need = needOf(filter);
  return need === undefined || countTokens(need) > FILTER_TOKENS_MAX ? undefined : need;
}

function needOf(filter: Filter): TokenNeed | undefined {
  switch (filter.kind) {
    case "all":
      return allOf(filter.filters.map(needOf));
    case "any":
      return anyOf(filter.filters.map(needOf));
    case "equals":
      // A level has many names.
      return typeof filter.value === "string" && filter.field !== LEVEL_FIELD
        ? tokensNeed(tokensOfText(filter.value))
        : undefined;
    case "contains":
      return containedNeed(filter.text);
    default:
      return undefined;
  }
}

/** Leaves out what would make it too long: with fewer tokens, more blocks are read. */
function allOf(parts: readonly (TokenNeed | undefined)[]): TokenNeed | undefined {
  const needs: TokenNeed[] = [];
  let tokens = 0;
  for (const need of parts) {
    if (need === undefined || tokens + countTokens(need) > FILTER_TOKENS_MAX) continue;
    tokens += countTokens(need);
    needs.push(need);
  }
  return needs.length > 1 ? { kind: "all", needs } : needs[0];
}

function anyOf(parts: readonly (TokenNeed | undefined)[]): TokenNeed | undefined {
  const needs = parts.filter((need) => need !== undefined);
  if (needs.length < parts.length || needs.length === 0) return undefined;
  return needs.length > 1 ? { kind: "any", needs } : needs[0];
}

/** Text within a longer one. Its ends may lie within longer tokens, so that only what stands between them is known. */
function containedNeed(text: string): TokenNeed | undefined {
  if (isPartOfNumber(text)) return undefined;
  return tokensNeed(tokensOfText(text).filter(({ start, end }) => start > 0 && end < text.length));
}

/** Long tokens stand in fewer lines. */
function tokensNeed(tokens: readonly PlacedToken[]): TokenNeed | undefined {
  const distinct = [...new Set(tokens.map(({ token }) => token))].sort((a, b) => b.length - a.length);
  return allOf(distinct.slice(0, VALUE_TOKENS_MAX).map((token) => ({ kind: "token", token })));
}

function countTokens(need: TokenNeed): number {
  return need.kind === "token" ? 1 : need.needs.reduce((sum, part) => sum + countTokens(part), 0);
}
