/**
 * Small control files that hold one JSON value.
 *
 * @module
 */

import { errorCode, type FileSystem } from "../platform/file_system.ts";

/**
 * Replaces a control file: a reader sees the old value or the new one, never a part.
 *
 * @param file Where to write what. `synced` bytes are on disk before the file gets its name, which itself is once the
 * folder is synced; `buffered` ones may be gone after a loss of power.
 */
export function writeJsonFile(
  fileSystem: FileSystem,
  file: { readonly path: string; readonly value: unknown; readonly durability: "synced" | "buffered" },
): void {
  const handle = fileSystem.open(`${file.path}.tmp`, "replace");
  try {
    handle.writeSync(new TextEncoder().encode(`${JSON.stringify(file.value)}\n`), 0);
    if (file.durability === "synced") handle.syncSync();
  } finally {
    handle.close();
  }
  fileSystem.rename(`${file.path}.tmp`, file.path);
}

/** The value of a control file; `undefined` when it is missing or no JSON. */
export function readJsonFile(fileSystem: FileSystem, path: string): unknown {
  try {
    const file = fileSystem.open(path, "read");
    try {
      const bytes = new Uint8Array(file.stat().sizeBytes);
      const length = file.readSync(bytes, 0);
      return JSON.parse(new TextDecoder().decode(bytes.subarray(0, length)));
    } finally {
      file.close();
    }
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
