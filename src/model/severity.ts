/**
 * Levels as `log/slog` writes them, and OpenTelemetry's severity numbers: slog's DEBUG -4, INFO 0, WARN 4 and ERROR 8 are
 * 5, 9, 13 and 17 there. A level in between is its name and the distance, such as `INFO+2`.
 *
 * @see https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
 * @module
 */

const NAMES = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const NUMBERS_PER_NAME = 4;
const GREATEST = NAMES.length * NUMBERS_PER_NAME;

/** By severity number; 0 means not set. */
const LEVELS: readonly (string | undefined)[] = Array.from({ length: GREATEST + 1 }, (_, number) => {
  if (number === 0) return undefined;
  const distance = (number - 1) % NUMBERS_PER_NAME;
  return `${NAMES[(number - 1 - distance) / NUMBERS_PER_NAME]}${distance === 0 ? "" : `+${distance}`}`;
});

const NUMBERS = new Map(LEVELS.map((level, number) => [level, number]));

/** The level of a log record: of its number, else of its text, else `INFO`. */
export function levelOf(severityNumber: number, severityText: string): string {
  return LEVELS[severityNumber] ?? LEVELS[severityNumberOf(severityText)] ?? "INFO";
}

/** The severity number (1 to 24) of a level in any case, `WARNING` included; 0 if it is none. */
export function severityNumberOf(level: string): number {
  return NUMBERS.get(level) ?? parseLevel(level);
}

function parseLevel(level: string): number {
  const match = /^(trace|debug|info|warn(?:ing)?|error|fatal)([+-]\d{1,3})?$/i.exec(level);
  if (match === null) return 0;
  const [, name = "", distance = "0"] = match;
  const index = NAMES.findIndex((start) => name.toUpperCase().startsWith(start));
  const number = index * NUMBERS_PER_NAME + 1 + Number(distance);
  return number >= 1 && number <= GREATEST ? number : 0;
}
