/**
 * What is on a disk in memory: its tree, its locks and its room. Every step that changes it is one method.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import { type Entry, MemoryDirectory, type MemoryNode, type NameChange, NameChanges } from "./memory_directory.ts";
import { MemoryFile, type Random } from "./memory_file.ts";
import { systemError } from "./system_error.ts";

/** A process that uses a volume. */
export interface VolumeUser {
  /** Ends it. */
  kill(): void;
}

/** See the module. */
export class MemoryVolume {
  /** Past it, nothing is written. */
  capacityBytes: number;
  /** The processes that live. */
  readonly users = new Set<VolumeUser>();
  readonly #clock: Clock;
  readonly #lockedFiles = new Set<MemoryFile>();
  #root: MemoryDirectory;
  #names = new NameChanges();
  #usedBytes = 0;
  #lastInode = 0;

  /** An empty volume; `clock` dates the changes. */
  constructor(clock: Clock, capacityBytes: number) {
    this.#clock = clock;
    this.capacityBytes = capacityBytes;
    this.#root = this.#newDirectory();
  }

  /** How many bytes may still be written. */
  get freeBytes(): number {
    return Math.max(this.capacityBytes - this.#usedBytes, 0);
  }

  /** What stands at `path`; `undefined` when there is nothing. Throws `ENOTDIR` when a file stands on the way. */
  find(path: string): MemoryNode | undefined {
    let node: MemoryNode | undefined = this.#root;
    for (const name of namesOf(path)) {
      if (node === undefined) return undefined;
      if (node.kind === "file") throw systemError("ENOTDIR", `Cannot look up "${path}": a file stands on the way`);
      node = node.entries.get(name);
    }
    return node;
  }

  /** The directory at `path`. Throws `ENOENT` when there is none. */
  findDirectory(path: string): MemoryDirectory {
    const node = this.find(path);
    if (node === undefined) throw systemError("ENOENT", `Cannot use "${path}": no such directory`);
    if (node.kind === "file") throw systemError("ENOTDIR", `Cannot use "${path}": it is a file`);
    return node;
  }

  /** Creates an empty file where nothing stands. */
  createFile(path: string): MemoryFile {
    const place = this.#place(path);
    const file = new MemoryFile(this.#nextIdentity(), this.#clock.now());
    this.#enter([{ ...place, node: file }]);
    return file;
  }

  /** Creates a directory and its missing parents. */
  makeDirectory(path: string): void {
    let directory = this.#root;
    for (const name of namesOf(path)) {
      let node = directory.entries.get(name);
      if (node === undefined) {
        node = this.#newDirectory();
        this.#enter([{ directory, name, node }]);
      }
      if (node.kind === "file") {
        const code = this.find(path) === node ? "EEXIST" : "ENOTDIR";
        throw systemError(code, `Cannot make directory "${path}": a file stands there`);
      }
      directory = node;
    }
  }

  /** Gives a file another name. */
  rename(from: string, to: string): void {
    const file = this.#fileAt(from, "rename");
    const place = this.#place(to);
    const replaced = place.directory.entries.get(place.name);
    if (replaced === file) return;
    if (replaced?.kind === "directory") {
      throw systemError("EISDIR", `Cannot rename "${from}" to "${to}": a directory stands there`);
    }
    this.#enter([{ ...this.#place(from), node: undefined }, { ...place, node: file }]);
    if (replaced !== undefined) this.#unname(replaced);
  }

  /** Takes a file's name away. Its content stays for those who have it open. */
  remove(path: string): void {
    const file = this.#fileAt(path, "remove");
    this.#enter([{ ...this.#place(path), node: undefined }]);
    this.#unname(file);
  }

  /** Dates a file's last change. */
  setModifiedTime(path: string, timeMs: number): void {
    this.#fileAt(path, "date").setModifiedTime(timeMs);
  }

  /** Lands bytes in the file opened at `path`: as many as there is room for. Throws `ENOSPC` when these are not all. */
  write(
    file: MemoryFile,
    buffer: Uint8Array,
    { offset, path }: { readonly offset: number; readonly path: string },
  ): void {
    const roomBytes = Math.max(file.sizeBytes + this.freeBytes - offset, 0);
    const landed = roomBytes < buffer.length ? buffer.subarray(0, roomBytes) : buffer;
    this.#count(file, () => file.write(landed, { offset, timeMs: this.#clock.now() }));
    if (landed.length < buffer.length) throw systemError("ENOSPC", `Cannot write "${path}": the disk is full`);
  }

  /** Sets the length of the file opened at `path`. Throws `ENOSPC` when there is no room for it. */
  truncate(file: MemoryFile, { sizeBytes, path }: { readonly sizeBytes: number; readonly path: string }): void {
    if (sizeBytes - file.sizeBytes > this.freeBytes) {
      throw systemError("ENOSPC", `Cannot extend "${path}": the disk is full`);
    }
    this.#count(file, () => file.truncate(sizeBytes, this.#clock.now()));
  }

  /** Makes `changes` of a directory durable. */
  syncDirectory(directory: MemoryDirectory, changes: readonly NameChange[]): void {
    this.#names.sync(directory, changes);
  }

  /** Keeps a file's content on the disk until it is closed. */
  open(file: MemoryFile): void {
    file.handleCount++;
  }

  /** Ends {@linkcode open}. */
  close(file: MemoryFile): void {
    this.#count(file, () => void file.handleCount--);
  }

  /** Locks a file, and tells whether it was free. */
  lock(file: MemoryFile): boolean {
    if (this.#lockedFiles.has(file)) return false;
    this.#lockedFiles.add(file);
    return true;
  }

  /** Frees a file's lock. */
  unlock(file: MemoryFile): void {
    this.#lockedFiles.delete(file);
  }

  /** Ends all processes, and loses what a loss of power may take. */
  crash(random: Random): void {
    for (const user of [...this.users]) user.kill();
    this.#names.crash(random);
    this.#usedBytes = 0;
    for (const node of nodesUnder(this.#root, "durableEntries")) {
      if (node.kind === "directory") {
        node.entries = new Map(node.durableEntries);
        continue;
      }
      node.isNamed = true;
      node.crash(random);
      this.#usedBytes += node.sizeBytes;
    }
  }

  /** The same volume as it is now, without its processes and locks. */
  clone(clock: Clock): MemoryVolume {
    const volume = new MemoryVolume(clock, this.capacityBytes);
    const clones = new Map<MemoryNode, MemoryNode>();
    volume.#root = cloneNode(this.#root, clones);
    // A change may name a file that nothing else leads to any more.
    volume.#names = this.#names.clone((node) => cloneNode(node, clones));
    volume.#lastInode = this.#lastInode;
    for (const node of nodesUnder(volume.#root, "entries")) {
      if (node.kind === "file") volume.#usedBytes += node.sizeBytes;
    }
    return volume;
  }

  #place(path: string): { readonly directory: MemoryDirectory; readonly name: string } {
    const names = namesOf(path);
    const name = names.pop();
    if (name === undefined) throw systemError("EISDIR", `Cannot use "${path}": it is the root`);
    const directory = this.find(`/${names.join("/")}`);
    if (directory === undefined) throw systemError("ENOENT", `Cannot use "${path}": no such directory`);
    if (directory.kind === "file") throw systemError("ENOTDIR", `Cannot use "${path}": a file stands on the way`);
    return { directory, name };
  }

  #fileAt(path: string, action: string): MemoryFile {
    const node = this.find(path);
    if (node === undefined) throw systemError("ENOENT", `Cannot ${action} "${path}": no such file`);
    if (node.kind === "directory") throw systemError("EISDIR", `Cannot ${action} "${path}": it is a directory`);
    return node;
  }

  #enter(entries: readonly Entry[]): void {
    this.#names.add(entries);
    for (const { directory } of entries) directory.modifiedTimeMs = this.#clock.now();
  }

  #unname(file: MemoryFile): void {
    this.#count(file, () => void (file.isNamed = false));
  }

  /** Counts what `change` does to the room that a file takes. */
  #count(file: MemoryFile, change: () => void): void {
    const beforeBytes = file.takesRoom ? file.sizeBytes : 0;
    change();
    this.#usedBytes += (file.takesRoom ? file.sizeBytes : 0) - beforeBytes;
  }

  #newDirectory(): MemoryDirectory {
    return new MemoryDirectory(this.#nextIdentity(), this.#clock.now());
  }

  #nextIdentity(): string {
    return `memory:${++this.#lastInode}`;
  }
}

function namesOf(path: string): string[] {
  if (!path.startsWith("/")) throw new TypeError(`Cannot resolve the path: not absolute, received "${path}"`);
  return path.split("/").filter((name) => name !== "");
}

/** A directory and all that its names, or its durable ones, lead to. */
function* nodesUnder(directory: MemoryDirectory, names: "entries" | "durableEntries"): Generator<MemoryNode> {
  yield directory;
  for (const node of directory[names].values()) {
    if (node.kind === "directory") yield* nodesUnder(node, names);
    else yield node;
  }
}

/** The clone of a node, made when it is asked for first. */
function cloneNode<Node extends MemoryNode>(node: Node, clones: Map<MemoryNode, MemoryNode>): Node {
  let clone = clones.get(node);
  if (clone === undefined) {
    clone = node.kind === "file" ? node.clone() : cloneDirectory(node, clones);
    clones.set(node, clone);
  }
  // A clone is of the kind of its node.
  return clone as Node;
}

function cloneDirectory(directory: MemoryDirectory, clones: Map<MemoryNode, MemoryNode>): MemoryDirectory {
  const clone = new MemoryDirectory(directory.identity, directory.modifiedTimeMs);
  for (const [name, node] of directory.entries) clone.entries.set(name, cloneNode(node, clones));
  for (const [name, node] of directory.durableEntries) clone.durableEntries.set(name, cloneNode(node, clones));
  return clone;
}
