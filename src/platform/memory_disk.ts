/**
 * What a disk holds, in memory: files, directories and locks, without a process that uses them.
 *
 * Every step that changes the disk is one method of {@linkcode MemoryDisk}.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import { systemError } from "./system_error.ts";

/** A file's content, whatever names it has. */
export interface MemoryFile {
  readonly kind: "file";
  readonly identity: string;
  /** The content, followed by unused capacity. */
  bytes: Uint8Array;
  sizeBytes: number;
  modifiedTimeMs: number;
}

/** A directory's names. */
export interface MemoryDirectory {
  readonly kind: "directory";
  readonly identity: string;
  readonly sizeBytes: 0;
  readonly entries: Map<string, MemoryNode>;
  modifiedTimeMs: number;
}

/** What a name stands for. */
export type MemoryNode = MemoryFile | MemoryDirectory;

/** A disk. Several `MemoryFileSystem`s over one disk are several processes. */
export class MemoryDisk {
  readonly #clock: Clock;
  readonly #root: MemoryDirectory;
  readonly #lockedFiles = new Set<MemoryFile>();
  #lastInode = 0;

  /** An empty disk; `clock` dates the changes. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#root = this.#newDirectory();
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

  /** Creates an empty file where nothing stands. */
  createFile(path: string): MemoryFile {
    const { directory, name } = this.#place(path);
    const file: MemoryFile = {
      kind: "file",
      identity: this.#nextIdentity(),
      bytes: new Uint8Array(0),
      sizeBytes: 0,
      modifiedTimeMs: this.#clock.now(),
    };
    this.#enter(directory, name, file);
    return file;
  }

  /** Creates a directory and its missing parents. */
  makeDirectory(path: string): void {
    let directory = this.#root;
    for (const name of namesOf(path)) {
      let node = directory.entries.get(name);
      if (node === undefined) {
        node = this.#newDirectory();
        this.#enter(directory, name, node);
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
    const source = this.#fileAt(from, "rename");
    const { directory, name } = this.#place(to);
    if (directory.entries.get(name)?.kind === "directory") {
      throw systemError("EISDIR", `Cannot rename "${from}" to "${to}": a directory stands there`);
    }
    this.#leave(from);
    this.#enter(directory, name, source);
  }

  /** Dates a file's last change. */
  setModifiedTime(path: string, timeMs: number): void {
    this.#fileAt(path, "date").modifiedTimeMs = timeMs;
  }

  /** Takes a file's name away. Its content stays for those who have it open. */
  remove(path: string): void {
    this.#fileAt(path, "remove");
    this.#leave(path);
  }

  /** Lands bytes in a file. A gap before them reads as zeros; no bytes change nothing. */
  writeBytes(file: MemoryFile, buffer: Uint8Array, offset: number): void {
    if (buffer.length === 0) return;
    this.#reserve(file, offset + buffer.length);
    file.bytes.set(buffer, offset);
    file.sizeBytes = Math.max(file.sizeBytes, offset + buffer.length);
    file.modifiedTimeMs = this.#clock.now();
  }

  /** Sets a file's length. */
  truncateFile(file: MemoryFile, sizeBytes: number): void {
    this.#reserve(file, sizeBytes);
    if (sizeBytes < file.sizeBytes) file.bytes.fill(0, sizeBytes, file.sizeBytes);
    file.sizeBytes = sizeBytes;
    file.modifiedTimeMs = this.#clock.now();
  }

  /** Locks a file, and tells whether it was free. */
  lockFile(file: MemoryFile): boolean {
    if (this.#lockedFiles.has(file)) return false;
    this.#lockedFiles.add(file);
    return true;
  }

  /** Frees a file's lock. */
  unlockFile(file: MemoryFile): void {
    this.#lockedFiles.delete(file);
  }

  #place(path: string): { readonly directory: MemoryDirectory; readonly name: string } {
    const names = namesOf(path);
    const name = names.pop();
    const directory = this.find(`/${names.join("/")}`);
    if (name === undefined) throw systemError("EISDIR", `Cannot use "${path}": it is the root`);
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

  #enter(directory: MemoryDirectory, name: string, node: MemoryNode): void {
    directory.entries.set(name, node);
    directory.modifiedTimeMs = this.#clock.now();
  }

  #leave(path: string): void {
    const { directory, name } = this.#place(path);
    directory.entries.delete(name);
    directory.modifiedTimeMs = this.#clock.now();
  }

  /** Makes room, doubling it, so that appending costs constant time a byte. Bytes past the file's end stay zero. */
  #reserve(file: MemoryFile, sizeBytes: number): void {
    if (sizeBytes <= file.bytes.length) return;
    const bytes = new Uint8Array(Math.max(sizeBytes, file.bytes.length * 2));
    bytes.set(file.bytes);
    file.bytes = bytes;
  }

  #newDirectory(): MemoryDirectory {
    const identity = this.#nextIdentity();
    return { kind: "directory", identity, sizeBytes: 0, entries: new Map(), modifiedTimeMs: this.#clock.now() };
  }

  #nextIdentity(): string {
    return `memory:${++this.#lastInode}`;
  }
}

function namesOf(path: string): string[] {
  if (!path.startsWith("/")) throw new TypeError(`Cannot resolve the path: not absolute, received "${path}"`);
  return path.split("/").filter((name) => name !== "");
}
