/**
 * Which metadata of metrics is on disk already, by journal.
 *
 * @module
 */

import { METADATA_NAMES_MAX, METADATA_RENEWAL_MS, METADATA_SERVERS_MAX } from "../limits.ts";
import type { JournalKey } from "../model/journal_key.ts";
import type { TelemetryRecord } from "../model/record.ts";
import { parseRfc3339, timeFromMs } from "../model/time.ts";
import { MetadataMemory } from "../otlp/metric_metadata.ts";
import type { RecordGroup } from "../otlp/record_groups.ts";
import type { Clock } from "../platform/clock.ts";
import type { Store } from "../store.ts";

/** What is known of one journal. */
interface KnownJournal {
  readonly memory: MetadataMemory;
  readonly readMs: number;
}

/** See the module. */
export class MetadataJournals {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #journals = new Map<string, KnownJournal>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The records of a group that say something new. Call {@linkcode wrote} with them afterwards. */
  async unwritten({ key, records }: RecordGroup): Promise<readonly TelemetryRecord[]> {
    const { memory } = await this.#known(key);
    return memory.changed(records);
  }

  /** Takes note of records that a journal has now. */
  wrote(key: JournalKey, records: readonly TelemetryRecord[]): void {
    this.#journals.get(nameOf(key))?.memory.remember(records);
  }

  async #known(key: JournalKey): Promise<KnownJournal> {
    const name = nameOf(key);
    const known = this.#journals.get(name);
    const isFresh = known !== undefined && this.#clock.monotonicMs() - known.readMs < METADATA_RENEWAL_MS;
    // A wipe, which another process may have asked for, leaves the journal empty and the memory wrong.
    if (isFresh && (await this.#store.tail(key, { count: 1 })).length > 0) return known;
    const read = await this.#read(key);
    // Not the newest one, as those that wrote are likely to write again.
    const [oldest] = this.#journals.keys();
    if (oldest !== undefined && this.#journals.size >= METADATA_SERVERS_MAX) this.#journals.delete(oldest);
    this.#journals.set(name, read);
    return read;
  }

  async #read(key: JournalKey): Promise<KnownJournal> {
    const memory = new MetadataMemory(METADATA_NAMES_MAX);
    const renewBefore = timeFromMs(this.#clock.now() - METADATA_RENEWAL_MS);
    const tail = await this.#store.tail(key, { count: METADATA_NAMES_MAX });
    memory.remember(
      tail.map(({ record }) => record).filter(({ ts }) => (parseRfc3339(String(ts)) ?? renewBefore) > renewBefore),
    );
    return { memory, readMs: this.#clock.monotonicMs() };
  }
}

function nameOf({ stack, server }: JournalKey): string {
  return JSON.stringify([stack, server]);
}
