/**
 * A file system for readers that moves through the moments of a protocol between its calls.
 *
 * A reader in the same process would always see a protocol's synchronous steps at once. Over copies of the disk it sees
 * any of them at any time, as another process does.
 *
 * @module
 */
import type {
  DirectoryEntry,
  FileHandle,
  FileInfo,
  FileLock,
  FileSystem,
  OpenMode,
} from "../../src/platform/file_system.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import { systemError } from "../../src/platform/system_error.ts";
import type { Moment } from "./protocol_run.ts";

/** Which moment the call of that number sees, given the one that the call before saw. */
export type Schedule = (call: number, before: number) => number;

/** See the module. */
export class ReplayedFileSystem implements FileSystem {
  readonly #moments: readonly MemoryFileSystem[];
  readonly #schedule: Schedule;
  #current: number;
  #calls = 0;

  /** Begins at the moment of number `start`. */
  constructor(
    moments: readonly Moment[],
    { start, schedule }: { readonly start: number; readonly schedule: Schedule },
  ) {
    this.#moments = moments.map(({ disk }) => new MemoryFileSystem(disk));
    this.#schedule = schedule;
    this.#current = start;
  }

  /** How many calls there were. */
  get calls(): number {
    return this.#calls;
  }

  /** The number of the moment that the last call saw. */
  get current(): number {
    return this.#current;
  }

  open(path: string, mode: OpenMode): FileHandle {
    return mode === "read" ? this.#next().open(path, mode) : refuse("open", path);
  }

  stat(path: string): FileInfo | undefined {
    return this.#next().stat(path);
  }

  list(path: string): DirectoryEntry[] {
    return this.#next().list(path);
  }

  makeDirectory(path: string): void {
    refuse("make", path);
  }

  rename(from: string): void {
    refuse("rename", from);
  }

  remove(path: string): void {
    refuse("remove", path);
  }

  unlink(path: string): Promise<void> {
    return refuse("unlink", path);
  }

  setModifiedTime(path: string): void {
    refuse("date", path);
  }

  syncDirectory(path: string): Promise<void> {
    return refuse("sync", path);
  }

  syncDirectorySync(path: string): void {
    refuse("sync", path);
  }

  lock(path: string): FileLock | undefined {
    return refuse("lock", path);
  }

  freeBytes(path: string): number | undefined {
    return this.#next().freeBytes(path);
  }

  #next(): MemoryFileSystem {
    this.#current = Math.max(this.#current, this.#schedule(this.#calls++, this.#current));
    const moment = this.#moments[this.#current];
    if (moment === undefined) throw new RangeError(`Cannot replay moment ${this.#current}: there is none`);
    return moment;
  }
}

function refuse(action: string, path: string): never {
  throw systemError("EROFS", `Cannot ${action} "${path}": readers write nothing`);
}
