/**
 * A disk that fails, a file system that hesitates and a clock that stands still, all in memory: for tests of programs that
 * keep their records in Varve.
 *
 * @module
 */

export type { Clock, StopTimer } from "./src/platform/clock.ts";
export type {
  DirectoryEntry,
  FileHandle,
  FileInfo,
  FileKind,
  FileLock,
  FileSystem,
  OpenMode,
} from "./src/platform/file_system.ts";
export { ManualClock } from "./src/platform/manual_clock.ts";
export { MemoryDisk, type MemoryDiskOptions } from "./src/platform/memory_disk.ts";
export { MemoryFileSystem } from "./src/platform/memory_file_system.ts";
export type {
  MemoryAsyncOperation,
  MemoryFailure,
  MemoryOperation,
  MemoryStep,
} from "./src/platform/memory_process.ts";
