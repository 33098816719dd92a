/**
 * A file system that refuses or delays what it is told to, path by path, over another one.
 *
 * @module
 */
import type { FileHandle, FileInfo, FileLock, FileSystem, OpenMode } from "../../src/platform/file_system.ts";
import { systemError } from "../../src/platform/system_error.ts";

/** What is refused: `operation` on paths that `path` matches, with the system's name for the failure. */
export interface Refusal {
  readonly operation: "open" | "write" | "list" | "stat" | "rename" | "remove" | "sync";
  readonly path: RegExp;
  readonly code: string;
}

/** See the module. */
export class RefusingFileSystem implements FileSystem {
  readonly #inner: FileSystem;
  readonly #refusals = new Set<Refusal>();
  /** Called before each synchronous write, for example to let time pass. */
  beforeWrite: () => void = () => {};

  /** Passes everything on to `inner`, until told otherwise. */
  constructor(inner: FileSystem) {
    this.#inner = inner;
  }

  /** Refuses until the returned function is called. */
  refuse(refusal: Refusal): () => void {
    this.#refusals.add(refusal);
    return () => void this.#refusals.delete(refusal);
  }

  open(path: string, mode: OpenMode): FileHandle {
    this.#check("open", path);
    const handle = this.#inner.open(path, mode);
    return {
      stat: () => handle.stat(),
      readSync: (buffer, offset) => handle.readSync(buffer, offset),
      read: (buffer, offset) => handle.read(buffer, offset),
      truncate: (sizeBytes) => handle.truncate(sizeBytes),
      close: () => handle.close(),
      syncSync: () => handle.syncSync(),
      writeSync: (buffer, offset) => {
        this.beforeWrite();
        this.#check("write", path);
        handle.writeSync(buffer, offset);
      },
      write: async (buffer, offset) => {
        this.#check("write", path);
        await handle.write(buffer, offset);
      },
      sync: async () => {
        this.#check("sync", path);
        await handle.sync();
      },
    };
  }

  stat(path: string): FileInfo | undefined {
    this.#check("stat", path);
    return this.#inner.stat(path);
  }

  list(path: string): ReturnType<FileSystem["list"]> {
    this.#check("list", path);
    return this.#inner.list(path);
  }

  makeDirectory(path: string): void {
    this.#inner.makeDirectory(path);
  }

  rename(from: string, to: string): void {
    this.#check("rename", from);
    this.#inner.rename(from, to);
  }

  remove(path: string): void {
    this.#check("remove", path);
    this.#inner.remove(path);
  }

  async unlink(path: string): Promise<void> {
    this.#check("remove", path);
    await this.#inner.unlink(path);
  }

  setModifiedTime(path: string, timeMs: number): void {
    this.#inner.setModifiedTime(path, timeMs);
  }

  syncDirectory(path: string): Promise<void> {
    return this.#inner.syncDirectory(path);
  }

  syncDirectorySync(path: string): void {
    this.#inner.syncDirectorySync(path);
  }

  lock(path: string): FileLock | undefined {
    return this.#inner.lock(path);
  }

  freeBytes(path: string): number | undefined {
    return this.#inner.freeBytes(path);
  }

  #check(operation: Refusal["operation"], path: string): void {
    for (const refusal of this.#refusals) {
      if (refusal.operation === operation && refusal.path.test(path)) {
        throw systemError(refusal.code, `Cannot ${operation} "${path}": refused`);
      }
    }
  }
}
