/**
 * Text in colors, for a terminal. Whatever is painted is escaped first, so that the only sequences a terminal obeys are the
 * ones written here.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import { displayText } from "./display_text.ts";

/** What a piece of text is. */
export type Style = "plain" | "time" | "key" | "server" | "debug" | "info" | "warn" | "error" | "fatal";

/** Escapes a piece of text, and colors it by what it is. */
export type Paint = (style: Style, text: string) => string;

/** Paints nothing: for files, pipes, and terminals that take no colors. */
export function plainPaint(_style: Style, text: string): string {
  return displayText(text);
}

/** Paints with the eight colors that every terminal has, as its user chose them. */
export function colorPaint(style: Style, text: string): string {
  const [on, off] = SEQUENCES[style];
  return `${on}${displayText(text)}${off}`;
}

/** What decides whether colors are used. */
export interface ColorChoice {
  /** `--color`: auto, always or never. Default: auto. */
  readonly flag: string | undefined;
  readonly isTerminal: boolean;
  /** The value of an environment variable; `undefined` if it is unset or empty. */
  readonly variable: (name: string) => string | undefined;
}

/**
 * The way to paint: as `--color` says, else as `FORCE_COLOR` (where `0` and `false` mean never), else none where `NO_COLOR` is
 * set, else in colors on a terminal.
 *
 * @throws {UsageError} If the flag is none of its three values.
 */
export function chosenPaint({ flag = "auto", isTerminal, variable }: ColorChoice): Paint {
  if (flag === "always") return colorPaint;
  if (flag === "never") return plainPaint;
  if (flag !== "auto") throw new UsageError(`Cannot use --color "${flag}": expected auto, always or never`);
  const forced = variable("FORCE_COLOR");
  if (forced !== undefined) return /^(?:0|false)$/i.test(forced) ? plainPaint : colorPaint;
  const isWanted = isTerminal && variable("NO_COLOR") === undefined && variable("TERM") !== "dumb";
  return isWanted ? colorPaint : plainPaint;
}

// ECMA-48: SGR. Each is ended by what takes it back, and by no more.
const DIM_OFF = "\x1b[22m";
const COLOR_OFF = "\x1b[39m";

const SEQUENCES: Readonly<Record<Style, readonly [on: string, off: string]>> = {
  plain: ["", ""],
  time: ["\x1b[2m", DIM_OFF],
  key: ["\x1b[2m", DIM_OFF],
  server: ["\x1b[36m", COLOR_OFF],
  debug: ["\x1b[2m", DIM_OFF],
  info: ["\x1b[32m", COLOR_OFF],
  warn: ["\x1b[33m", COLOR_OFF],
  error: ["\x1b[31m", COLOR_OFF],
  fatal: ["\x1b[1;31m", `${DIM_OFF}${COLOR_OFF}`],
};
