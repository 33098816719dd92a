/**
 * The journals that a store writes to.
 *
 * @module
 */

import { JournalWriter, type JournalWriterOptions } from "../journal/journal.ts";
import type { JournalKey } from "../model/journal_key.ts";
import type { RetentionLimits } from "../model/retention_limits.ts";
import { type Durability, type SignalDefinition, signalOf } from "../model/signal.ts";
import { resolveFolder } from "./folder_names.ts";
import type { HeldFolders } from "./held_folders.ts";
import type { ServerFolder } from "./server_folder.ts";

/** What is the same for every journal of a store. */
type SharedJournalOptions = Omit<JournalWriterOptions, "key" | "signal" | "durability" | "folder" | "retention">;

/** What {@linkcode OpenJournals} works with. */
export interface OpenJournalsOptions extends SharedJournalOptions {
  /** Absolute path. */
  readonly root: string;
  readonly folders: HeldFolders;
  /** What becomes of a signal's records while nobody asks for more. */
  readonly durabilityOf: (signal: SignalDefinition) => Durability;
  /** The limits of a signal; whether another program filled its folder first decides with. */
  readonly retentionOf: (
    journal: { readonly signal: SignalDefinition; readonly isForeign: boolean },
  ) => RetentionLimits;
}

/** See the module. */
export class OpenJournals {
  readonly #options: OpenJournalsOptions;
  readonly #journals = new Map<string, JournalWriter>();

  constructor(options: OpenJournalsOptions) {
    this.#options = options;
  }

  /** Every journal that was ever opened. */
  all(): JournalWriter[] {
    return [...this.#journals.values()];
  }

  /** A journal that was opened. */
  get(key: JournalKey): JournalWriter | undefined {
    return this.#journals.get(nameOf(key));
  }

  /**
   * The writer of a journal, the same each time. It is remembered only if `open` succeeds.
   *
   * @throws {RangeError} If a name cannot be used, or the signal is not known. What `open` throws comes through.
   */
  open(key: JournalKey, open: (journal: JournalWriter) => void): JournalWriter {
    const known = this.get(key);
    if (known !== undefined) {
      open(known);
      return known;
    }
    const signal = signalOf(key.signal);
    const folder = this.#options.folders.at(this.#folderPath(key));
    const journal = this.#create(key, { signal, folder });
    open(journal);
    this.#journals.set(nameOf(key), journal);
    folder.journals.set(key.signal, journal);
    return journal;
  }

  #create(
    key: JournalKey,
    { signal, folder }: { readonly signal: SignalDefinition; readonly folder: ServerFolder },
  ): JournalWriter {
    return new JournalWriter({
      ...this.#options,
      key: { stack: key.stack, server: key.server, signal: key.signal },
      signal,
      durability: this.#options.durabilityOf(signal),
      folder,
      retention: () => this.#options.retentionOf({ signal, isForeign: folder.isForeign }),
    });
  }

  #folderPath({ stack, server }: JournalKey): string {
    const { fileSystem, root } = this.#options;
    const parent = resolveFolder(fileSystem, { parent: root, name: stack, part: "stack" });
    return resolveFolder(fileSystem, { parent, name: server, part: "server" });
  }
}

function nameOf({ stack, server, signal }: JournalKey): string {
  return JSON.stringify([stack, server, signal]);
}
