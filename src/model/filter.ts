/**
 * Conditions that a record meets or does not. `parseFilter` reads them from text.
 *
 * Fields are named by their key; `http.status` is the key of that name, else `status` within `http`. Within a list each
 * element counts: a condition holds where one of them meets it.
 *
 * @module
 */

/** What a field is compared with. */
export type FilterValue = string | number | bigint | boolean | null;

/** How a field is compared. */
export type ComparisonOperator = "<" | "<=" | ">" | ">=";

/** A condition on one record. */
export type Filter =
  /** Every one of them holds; also where there is none. */
  | { readonly kind: "all"; readonly filters: readonly Filter[] }
  /** At least one of them holds. */
  | { readonly kind: "any"; readonly filters: readonly Filter[] }
  /** It does not hold. */
  | { readonly kind: "not"; readonly filter: Filter }
  /** The record has the field, whatever its value. */
  | { readonly kind: "present"; readonly field: string }
  /**
   * The field has this value, of the same type; numbers are compared exactly, whatever their form. A `level` equals every
   * name of the same severity, in any case; one that names no level equals the same text in any case.
   */
  | { readonly kind: "equals"; readonly field: string; readonly value: FilterValue }
  /**
   * The field is less or greater than this value: a number than a number, text than text by code points. A `level` is
   * compared by severity, so that `INFO+2` lies between `INFO` and `WARN`; one that names no level is in no order.
   */
  | {
    readonly kind: "compares";
    readonly field: string;
    readonly operator: ComparisonOperator;
    readonly value: string | number | bigint;
  }
  /**
   * The text stands somewhere in the field, or without a field in any value of the record; both at any depth, and never in a
   * key. Upper and lower case differ. A number counts as the text that JavaScript's JSON has for it; `true`, `false` and
   * `null` hold no text.
   */
  | { readonly kind: "contains"; readonly field?: string | undefined; readonly text: string }
  /**
   * A regular expression is found in the field, or in any value of the record, as for `contains`. Text is one in RE2's
   * syntax and takes time in proportion to what it is matched with, whatever it is; a `RegExp` is the program's own.
   */
  | { readonly kind: "matches"; readonly field?: string | undefined; readonly pattern: string | RegExp };

/** The field that is compared by severity. */
export const LEVEL_FIELD = "level";

/** Whether text can be part of a number, whose text in a line need not be the one that it is asked for by: 1500 or 1.5e3. */
export function isPartOfNumber(text: string): boolean {
  return /^[-+.\deE]*$/.test(text);
}
