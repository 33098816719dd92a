/**
 * Files of the server folder in memory that tests put there, read and list.
 *
 * @module
 */
import type { FileSystem } from "../../src/platform/file_system.ts";
import { LOGS, MEMORY_ROOT } from "./stores.ts";

/** The server folder of the journal that most tests write to. */
export const FOLDER = `${MEMORY_ROOT}/${LOGS.stack}/${LOGS.server}`;

/** Puts a file there, on disk, in place of what stood there. */
export function putFile(fileSystem: FileSystem, name: string, content: Uint8Array): void {
  const file = fileSystem.open(`${FOLDER}/${name}`, "replace");
  try {
    file.writeSync(content, 0);
    file.syncSync();
  } finally {
    file.close();
  }
  fileSystem.syncDirectorySync(FOLDER);
}

/** The content of a file there. */
export function readFile(fileSystem: FileSystem, name: string): Uint8Array {
  const file = fileSystem.open(`${FOLDER}/${name}`, "read");
  try {
    const bytes = new Uint8Array(file.stat().sizeBytes);
    return bytes.subarray(0, file.readSync(bytes, 0));
  } finally {
    file.close();
  }
}

/** The names there, sorted. */
export function listNames(fileSystem: FileSystem): string[] {
  return fileSystem.list(FOLDER).map(({ name }) => name).sort();
}
