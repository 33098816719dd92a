/**
 * How far a long command is, as one line.
 *
 * @module
 */

import type { VerificationProgress } from "../query/verification.ts";
import { displayBytes } from "./display_text.ts";

const BAR_CHARACTERS = 24;

/** A bar, the share of the bytes that are done, and how fast it goes: `[####    ]  50 %  1.0 GiB of 2.0 GiB  310 MiB/s`. */
export function progressLine({ checkedBytes, totalBytes }: VerificationProgress, elapsedMs: number): string {
  const share = totalBytes === 0 ? 1 : checkedBytes / totalBytes;
  const bar = "#".repeat(Math.floor(share * BAR_CHARACTERS)).padEnd(BAR_CHARACTERS);
  const percent = String(Math.floor(share * 100)).padStart(3);
  const rate = elapsedMs <= 0 ? "" : `  ${displayBytes(Math.round(checkedBytes / elapsedMs * 1000))}/s`;
  return `[${bar}] ${percent} %  ${displayBytes(checkedBytes)} of ${displayBytes(totalBytes)}${rate}`;
}
