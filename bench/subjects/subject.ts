/**
 * What the append benchmarks ask of Varve and of every peer: one implementation each in this directory.
 *
 * @module
 */

import type { RecordSource } from "../records.ts";

/** Size at which every subject that rotates does so: lumberjack's 10 MB are 10 MiB. */
export const ROTATION_BYTES = 10 * 1024 * 1024;

/** Permissions of the files, where a subject lets its caller choose. */
export const FILE_MODE = 0o600;

/** A logger that writes below one directory. */
export interface AppendSubject {
  /** Draws the next record, builds it and appends it. */
  append(): void;
  /** Resolves when the subject can take more without piling up memory, where it has a limit. */
  ready?(): Promise<void>;
  /** Resolves when the operating system has every record. Called once, after the last record. */
  flush(): Promise<void> | void;
  /** Resolves when nothing is left to be compressed, where the subject compresses. */
  settle?(): Promise<void>;
  /** Gives its files back. */
  close?(): Promise<void> | void;
}

/** What a subject's module exports. */
export interface SubjectModule {
  open(directory: string, source: RecordSource): Promise<AppendSubject>;
}
