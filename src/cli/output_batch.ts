/**
 * Output in few writes.
 *
 * @module
 */

import { OUTPUT_BATCH_CHARS, OUTPUT_DELAY_MS } from "../limits.ts";
import type { Clock, StopTimer } from "../platform/clock.ts";
import { systemClock } from "../platform/system_clock.ts";
import type { Terminal } from "../platform/terminal.ts";

/** What is printed, gathered until it is worth a write, and for a moment at most. */
export class OutputBatch {
  readonly #write: Terminal["write"];
  readonly #clock: Pick<Clock, "setTimer">;
  #text = "";
  #stopTimer: StopTimer | undefined;

  constructor({ write }: Pick<Terminal, "write">, clock: Pick<Clock, "setTimer"> = systemClock) {
    this.#write = write;
    this.#clock = clock;
  }

  /** Adds text. What it gives back, where it does, is to be waited for, so that memory is bounded. */
  add(text: string): Promise<void> | undefined {
    this.#text += text;
    if (this.#text.length >= OUTPUT_BATCH_CHARS) return this.flush();
    this.#stopTimer ??= this.#clock.setTimer(() => void this.flush(), OUTPUT_DELAY_MS);
    return undefined;
  }

  /** Writes what was added so far. */
  async flush(): Promise<void> {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    const text = this.#text;
    this.#text = "";
    if (text !== "") await this.#write(text);
  }
}
