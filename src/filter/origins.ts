/**
 * Where conditions stand in the text that they were read from, for errors that are only found when a filter is compiled.
 *
 * A filter is plain data, which says nothing of its text, so that programs can build one. Hence the note beside it.
 *
 * @module
 */

import type { Filter } from "../model/filter.ts";

/** A place in a filter's text. */
export interface FilterOrigin {
  /** The whole text. */
  readonly text: string;
  /** Where the part begins, 1 for the first character. */
  readonly column: number;
}

const ORIGINS = new WeakMap<Filter, FilterOrigin>();

/** Notes where a condition was read, and returns it. */
export function withOrigin<Read extends Filter>(filter: Read, origin: FilterOrigin): Read {
  ORIGINS.set(filter, origin);
  return filter;
}

/** Where a condition was read; `undefined` for one that a program made. */
export function originOf(filter: Filter): FilterOrigin | undefined {
  return ORIGINS.get(filter);
}
