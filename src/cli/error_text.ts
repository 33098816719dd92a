/**
 * Errors as a person reads them.
 *
 * @module
 */

import { FilterSyntaxError } from "../errors.ts";
import { displayText } from "./display_text.ts";

/** What an error says, with control characters as escapes. One about a filter shows the filter, and points at the place. */
export function errorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof FilterSyntaxError)) return displayText(message);
  const { text, column } = error;
  const received = `, received "${text}"`;
  const reason = message.endsWith(received) ? message.slice(0, -received.length) : message;
  // What is too long was cut, and the place with it.
  if (column > text.length + 1) return displayText(reason);
  const indent = "  ";
  const space = " ".repeat(Array.from(displayText(text.slice(0, column - 1))).length);
  return `${displayText(reason)}\n${indent}${displayText(text)}\n${indent}${space}^`;
}
