/**
 * The journals of a simulation, and the options of its stores: small limits, so that everything happens often.
 *
 * @module
 */
import type { JournalKey, RetentionOptions, StoreOptions } from "../../mod.ts";

/** Two share a folder, one has its own, one lies in another stack. Each has its own signal, so that its accounts do, too. */
export const JOURNAL_KEYS: readonly JournalKey[] = [
  { stack: "shop", server: "github", signal: "logs" },
  { stack: "shop", server: "github", signal: "audit" },
  { stack: "shop", server: "jira", signal: "events" },
  { stack: "lab", server: "west", signal: "samples" },
];

/** What a run is about: it decides how often each operation comes. */
export type Theme = "mixed" | "appending" | "retention" | "fullDisk" | "wipes" | "faults" | "processes";

/** One run's surroundings. */
export interface Scenario {
  readonly theme: Theme;
  readonly segmentMaxBytes: number;
  readonly recordMaxBytes: number;
  /** What the disk holds; Infinity where it is never full. */
  readonly capacityBytes: number;
  readonly options: StoreOptions;
}

/** Nothing is removed. */
export const NO_RETENTION: RetentionOptions = { maxAgeMs: false, maxSegments: false, maxTotalBytes: false };

const THEMES: readonly Theme[] = ["mixed", "appending", "retention", "fullDisk", "wipes", "faults", "processes"];

/** Draws a scenario. */
export function drawScenario(random: () => number): Scenario {
  const theme = pick(random, THEMES);
  const segmentMaxBytes = pick(random, [512, 768, 1024, 2048, 4096]);
  const recordMaxBytes = pick(random, [300, 700, 4000]);
  return {
    theme,
    segmentMaxBytes,
    recordMaxBytes,
    capacityBytes: theme === "fullDisk" ? pick(random, [6_000, 12_000]) : Infinity,
    options: {
      segment: { maxBytes: segmentMaxBytes, compression: random() < 0.75 ? "gzip" : "none" },
      recordMaxBytes,
      flushIntervalMs: pick(random, [10, 100, 100, 1000]),
      queueMaxBytes: pick(random, [1500, 4000, 1_000_000]),
      durability: random() < 0.3 ? { events: "flushed" } : random() < 0.3 ? { samples: "synced" } : {},
      retention: theme === "retention"
        ? drawRetention(random, segmentMaxBytes)
        : theme === "fullDisk" && random() < 0.6
        ? { ...NO_RETENTION, keepFreeBytes: pick(random, [500, 2_000]) }
        : NO_RETENTION,
    },
  };
}

function drawRetention(random: () => number, segmentMaxBytes: number): RetentionOptions {
  const maxAgeMs = random() < 0.4 ? pick(random, [5_000, 90_000, 600_000]) : false;
  const maxSegments = random() < 0.5 ? pick(random, [1, 2, 3]) : false;
  const isByTotal = random() < 0.4 || (maxAgeMs === false && maxSegments === false);
  const maxTotalBytes = isByTotal ? Math.max(4 * segmentMaxBytes, pick(random, [6_000, 12_000, 20_000])) : false;
  const signals = random() < 0.3 ? { audit: { maxSegments: 2 } } : {};
  return { maxAgeMs, maxSegments, maxTotalBytes, signals };
}

/** One of some values. */
export function pick<T>(random: () => number, values: readonly T[]): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new RangeError("Cannot pick a value: received none");
  return value;
}
