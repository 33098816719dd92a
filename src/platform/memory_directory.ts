/**
 * Directories in memory: the names everybody sees, those that are durable, and the changes in between.
 *
 * @module
 */

import type { FileInfo } from "./file_system.ts";
import type { MemoryFile, Random } from "./memory_file.ts";

/** What a name stands for. */
export type MemoryNode = MemoryFile | MemoryDirectory;

/** A directory. It keeps its own name for ever. */
export class MemoryDirectory {
  readonly kind = "directory";
  readonly identity: string;
  /** What everybody sees. */
  entries = new Map<string, MemoryNode>();
  /** What outlives a loss of power whatever happens. */
  durableEntries = new Map<string, MemoryNode>();
  /** The changes of its names that are not durable, oldest first. */
  readonly changes = new Set<NameChange>();
  /** Of these, the last one of each name. */
  readonly lastChanges = new Map<string, NameChange>();
  modifiedTimeMs: number;

  /** An empty directory. */
  constructor(identity: string, timeMs: number) {
    this.identity = identity;
    this.modifiedTimeMs = timeMs;
  }

  /** What it is now. */
  info(): FileInfo {
    const { kind, identity, modifiedTimeMs } = this;
    return { kind, sizeBytes: 0, modifiedTimeMs, identity };
  }
}

/** What a name becomes: without a node, nothing stands there any more. */
export interface Entry {
  readonly directory: MemoryDirectory;
  readonly name: string;
  readonly node: MemoryNode | undefined;
}

/** Entries that become durable together or not at all: one for a file that is created or removed, two for a rename. */
export interface NameChange {
  readonly entries: readonly Entry[];
  /** The directories whose sync it still waits for. */
  readonly awaited: Set<MemoryDirectory>;
  /** The changes before it of the same names: it does not survive without them. */
  after: readonly NameChange[];
  isDurable: boolean;
}

/** The changes of names of one disk that are not durable. */
export class NameChanges {
  /** Oldest first. */
  readonly #changes = new Set<NameChange>();

  /** Changes names at once for everybody. They are not durable. */
  add(entries: readonly Entry[]): void {
    this.#record(entries, new Set(entries.map(({ directory }) => directory)));
    for (const { directory, name, node } of entries) setEntry(directory.entries, name, node);
  }

  /** Makes `changes` of a directory durable, once the other directories that they touch were synced too. */
  sync(directory: MemoryDirectory, changes: readonly NameChange[]): void {
    for (const change of changes) {
      change.awaited.delete(directory);
      if (change.awaited.size === 0) this.#makeDurable(change);
    }
  }

  /** Loses what a loss of power may take, as `random` says. What is left is durable, but not yet what everybody sees. */
  crash(random: Random): void {
    const likelihood = 1 - random();
    for (const change of this.#changes) {
      if (random() < likelihood) this.#makeDurable(change);
    }
    for (const change of this.#changes) this.#forget(change);
  }

  /** The same changes on another disk, whose nodes `cloneOf` names. */
  clone(cloneOf: <Node extends MemoryNode>(node: Node) => Node): NameChanges {
    const clone = new NameChanges();
    for (const change of this.#changes) {
      const entries = change.entries.map(({ directory, name, node }) => ({
        directory: cloneOf(directory),
        name,
        node: node && cloneOf(node),
      }));
      clone.#record(entries, new Set(Array.from(change.awaited, cloneOf)));
    }
    return clone;
  }

  #record(entries: readonly Entry[], awaited: Set<MemoryDirectory>): void {
    const after = entries.flatMap(({ directory, name }) => directory.lastChanges.get(name) ?? []);
    const change: NameChange = { entries, awaited, after, isDurable: false };
    this.#changes.add(change);
    for (const { directory, name } of entries) {
      directory.changes.add(change);
      directory.lastChanges.set(name, change);
    }
  }

  #makeDurable(change: NameChange): void {
    if (change.isDurable) return;
    for (const earlier of change.after) this.#makeDurable(earlier);
    // A chain of changes would never be given back.
    change.after = [];
    change.isDurable = true;
    for (const { directory, name, node } of change.entries) setEntry(directory.durableEntries, name, node);
    this.#forget(change);
  }

  #forget(change: NameChange): void {
    this.#changes.delete(change);
    for (const { directory, name } of change.entries) {
      directory.changes.delete(change);
      if (directory.lastChanges.get(name) === change) directory.lastChanges.delete(name);
    }
  }
}

function setEntry(entries: Map<string, MemoryNode>, name: string, node: MemoryNode | undefined): void {
  if (node === undefined) entries.delete(name);
  else entries.set(name, node);
}
