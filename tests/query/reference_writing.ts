/**
 * Journals whose records are known by their numbers, written while queries run.
 *
 * @module
 */
import { setImmediate, setTimeout } from "node:timers";
import type { Journal, StoreOptions, TelemetryRecord } from "../../mod.ts";
import type { TimeRange } from "../../src/model/time.ts";
import { seededRandom } from "../recovery/stores.ts";
import { FIRST_MS, logRecord } from "./reference_records.ts";
import { spanOfRecord } from "./reference_time.ts";

/** How a journal is written. */
export interface WritingPlan {
  readonly seed: number;
  readonly server: string;
  readonly options: StoreOptions;
  /** Milliseconds between two batches of up to forty records; 0 lets the event loop turn once. */
  readonly pauseMs: number;
}

/** Milliseconds from one record to the next, by their times. */
const STEP_MS = 3;

/** The records of one journal, by number. */
export class NumberedRecords {
  readonly #seed: number;
  readonly #server: string;
  readonly #known: { readonly record: TelemetryRecord; readonly span: TimeRange | undefined }[] = [];

  constructor({ seed, server }: Pick<WritingPlan, "seed" | "server">) {
    this.#seed = seed;
    this.#server = server;
  }

  /** Record `n`: the same one in every process. */
  record(n: number): TelemetryRecord {
    return this.#at(n).record;
  }

  /** Its time; `undefined` where it has none. */
  span(n: number): TimeRange | undefined {
    return this.#at(n).span;
  }

  #at(n: number): { readonly record: TelemetryRecord; readonly span: TimeRange | undefined } {
    return this.#known[n] ??= this.#make(n);
  }

  #make(n: number): { readonly record: TelemetryRecord; readonly span: TimeRange | undefined } {
    // Clocks of servers differ.
    const skewMs = this.#server.length * 1000 + this.#server.charCodeAt(this.#server.length - 1) % 7 * 100;
    const timeNs = BigInt(FIRST_MS + skewMs + n * STEP_MS) * 1_000_000n;
    const random = seededRandom(this.#seed * 31 + n * 7919 + skewMs);
    const record = logRecord(n, { random, clock: { isKept: false, nowNs: () => timeNs } });
    return { record, span: spanOfRecord(record, "logs") };
  }
}

/** Appends records, and flushes now and then, until it is stopped. */
export class Writing {
  /** How many were appended. */
  appended = 0;
  #isStopped = false;
  readonly #journal: Journal;
  readonly #plan: WritingPlan;
  readonly #ended: Promise<void>;

  /** @param onFlushed Told how many records are on file. */
  constructor(journal: Journal, plan: WritingPlan, onFlushed: (count: number) => void = () => {}) {
    this.#journal = journal;
    this.#plan = plan;
    this.#ended = this.#write(onFlushed);
  }

  /** Resolves when nothing is appended any more. */
  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#ended;
  }

  async #write(onFlushed: (count: number) => void): Promise<void> {
    const records = new NumberedRecords(this.#plan);
    const random = seededRandom(this.#plan.seed);
    while (!this.#isStopped) {
      for (let count = 1 + Math.floor(random() * 40); count > 0; count--) {
        this.#journal.append(records.record(this.appended++));
      }
      if (random() < 0.5) {
        const { appended } = this;
        await this.#journal.flush();
        onFlushed(appended);
      }
      await new Promise<void>((resolve) => {
        if (this.#plan.pauseMs === 0) setImmediate(() => resolve());
        else setTimeout(() => resolve(), this.#plan.pauseMs);
      });
    }
    await this.#journal.flush();
    onFlushed(this.appended);
  }
}
