/**
 * Takes what an export request brought into its journals.
 *
 * Guarantees
 * - Every item is accepted or counted as rejected, with a reason for the sender.
 * - Nothing is appended before every journal could be opened: a request that is refused because the disk fails has left
 *   no records behind that a second try would repeat. The one exception is a disk that fails in the middle.
 *
 * @module
 */

import { RequestError, StoreLockedError } from "../errors.ts";
import { APPEND_CHUNK_RECORDS, PARALLEL_SYNCS_MAX, RETRY_AFTER_SECONDS } from "../limits.ts";
import type { Journal } from "../journal/journal.ts";
import { forEachParallel } from "../model/parallel.ts";
import type { TelemetryRecord } from "../model/record.ts";
import type { RecordGroup } from "../otlp/record_groups.ts";
import type { PartialSuccess } from "../otlp/response.ts";
import { readTracesRecord } from "../otlp/traces.ts";
import type { ServiceContext } from "./context.ts";
import { messageOf } from "./error_response.ts";
import { MetadataJournals } from "./metadata_journals.ts";

/** See the module. */
export class OtlpIntake {
  readonly #context: ServiceContext;
  readonly #metadata: MetadataJournals;

  constructor(context: ServiceContext) {
    this.#context = context;
    this.#metadata = new MetadataJournals(context.store, context.clock);
  }

  /**
   * Appends the records, and resolves once they are as safe as the service promises.
   *
   * @returns What was rejected; `undefined` if nothing was.
   * @throws {RequestError} With status 503 if the disk does not take them now.
   */
  async take(groups: readonly RecordGroup[]): Promise<PartialSuccess | undefined> {
    const rejections = new Rejections();
    const opened = groups.flatMap((group) => {
      const journal = this.#open(group, rejections);
      return journal === undefined ? [] : [{ group, journal }];
    });
    // Side by side, so that syncs of several journals overlap.
    await forEachParallel(opened, {
      atOnce: PARALLEL_SYNCS_MAX,
      work: ({ group, journal }) => this.#append(group, { journal, rejections }),
    });
    return rejections.partialSuccess(groups);
  }

  #open(group: RecordGroup, rejections: Rejections): Journal | undefined {
    try {
      return this.#context.store.journal(group.key);
    } catch (error) {
      // Another process writes there, or the name cannot be one of a folder: trying again would not help.
      if (!(error instanceof StoreLockedError || error instanceof RangeError)) throw unavailable(error);
      rejections.add(group.itemCount, error.message);
      return undefined;
    }
  }

  async #append(
    group: RecordGroup,
    into: { readonly journal: Journal; readonly rejections: Rejections },
  ): Promise<void> {
    const isMetadata = group.key.signal === "metadata";
    const records = isMetadata ? await this.#metadata.unwritten(group) : group.records;
    for (let start = 0; start < records.length; start += APPEND_CHUNK_RECORDS) {
      const chunk = records.slice(start, start + APPEND_CHUNK_RECORDS);
      const isTaken = await this.#appendChunk(chunk, into);
      if (isTaken) continue;
      const rest = records.slice(start + APPEND_CHUNK_RECORDS);
      return into.rejections.add(countItems(group.key.signal, rest), "the server was lost to another process");
    }
    if (isMetadata) this.#metadata.wrote(group.key, records);
  }

  /** Appends records and waits for the disk; false if the server's folder was lost to another process. */
  async #appendChunk(
    chunk: readonly TelemetryRecord[],
    { journal, rejections }: { readonly journal: Journal; readonly rejections: Rejections },
  ): Promise<boolean> {
    const { signal } = journal.key;
    const dropped = chunk.filter((record) => !journal.append(record));
    rejections.add(countItems(signal, dropped), "longer than a record may be");
    try {
      await (this.#context.acknowledgement === "synced" ? journal.sync() : journal.flush());
      return true;
    } catch (error) {
      if (!(error instanceof StoreLockedError)) throw unavailable(error);
      rejections.add(countItems(signal, chunk) - countItems(signal, dropped), error.message);
      return false;
    }
  }
}

/** Items as OTLP counts them. */
function countItems(signal: string, records: readonly TelemetryRecord[]): number {
  if (signal === "metadata") return 0;
  if (signal !== "traces") return records.length;
  return records.flatMap((record) => readTracesRecord(record).resourceSpans).flatMap(({ scopeSpans }) => scopeSpans)
    .reduce((sum, { spans }) => sum + spans.length, 0);
}

function unavailable(error: unknown): RequestError {
  const headers = { "retry-after": String(RETRY_AFTER_SECONDS) };
  return new RequestError(503, `Cannot store telemetry now: ${messageOf(error)}`, { headers });
}

/** Items that were not accepted, by reason. */
class Rejections {
  readonly #itemsByReason = new Map<string, number>();

  add(items: number, reason: string): void {
    if (items > 0) this.#itemsByReason.set(reason, (this.#itemsByReason.get(reason) ?? 0) + items);
  }

  /** For the answer to a request that brought `groups`. */
  partialSuccess(groups: readonly RecordGroup[]): PartialSuccess | undefined {
    const rejected = this.#itemsByReason.values().reduce((sum, items) => sum + items, 0);
    if (rejected === 0) return undefined;
    const total = groups.reduce((sum, { itemCount }) => sum + itemCount, 0);
    const reasons = Array.from(this.#itemsByReason, ([reason, items]) => `${items}: ${reason}`);
    return { rejected, errorMessage: `Rejected ${rejected} of ${total}; ${reasons.join("; ")}` };
  }
}
