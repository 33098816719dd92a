/**
 * Text that a terminal shows and does not obey. Telemetry is other people's text: an escape sequence in a log line could
 * otherwise rewrite what stands on the screen, or set the title, or worse.
 *
 * @module
 */

// Control characters of C0 and C1, line and paragraph separators, and what turns the direction of writing.
// deno-lint-ignore no-control-regex
const DRIVING = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Text with such characters written as in JSON strings (`\n`, `\u001b`). JSON stays the same JSON, as they stand within
 * its strings only.
 */
export function displayText(text: string): string {
  return text.replace(
    DRIVING,
    (character) => SHORT_ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Bytes for a person: `512 B`, `1.5 KiB`, `10 KiB`. */
export function displayBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${UNITS[unit]}`;
}

const UNITS = ["KiB", "MiB", "GiB", "TiB"];

/** Rows below a heading, in columns as wide as they need. Those from `numbersFrom` on are aligned to the right. */
export function displayTable(
  rows: readonly (readonly string[])[],
  { numbersFrom = Infinity }: { readonly numbersFrom?: number } = {},
): string {
  const shown = rows.map((row) => row.map(displayText));
  const widths = (shown[0] ?? []).map((_, column) => Math.max(...shown.map((row) => row[column]?.length ?? 0)));
  const padded = (cell: string, column: number) =>
    column < numbersFrom ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return shown.map((row) => `${row.map(padded).join("  ").trimEnd()}\n`).join("");
}
