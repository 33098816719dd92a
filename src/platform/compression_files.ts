/**
 * The files of the compressing Worker.
 *
 * @module
 */

import type * as fs from "node:fs";
import type { FileHandle, FileInfo, FileSystem } from "./file_system.ts";

/** The part of {@linkcode FileSystem} that compression needs, which the Worker has of its own. */
export interface CompressionFiles {
  /** See {@linkcode FileSystem.open}. */
  open(path: string, mode: "read" | "replace"): CompressionFile;
  /** See {@linkcode FileSystem.setModifiedTime}. */
  setModifiedTime: FileSystem["setModifiedTime"];
}

/** An open file of {@linkcode CompressionFiles}. */
export interface CompressionFile extends Pick<FileHandle, "readSync" | "writeSync" | "syncSync" | "close"> {
  /** See {@linkcode FileHandle.stat}. */
  stat(): Pick<FileInfo, "sizeBytes" | "modifiedTimeMs">;
}

/**
 * The part of a file system that compression needs, over `node:fs`.
 *
 * The body names nothing outside itself, because the Worker receives it as source text.
 */
export function nodeCompressionFiles(node: typeof fs): CompressionFiles {
  return {
    open(path, mode) {
      const { O_CREAT, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC } = node.constants;
      const flags = mode === "read" ? O_RDONLY : O_RDWR | O_CREAT | O_TRUNC;
      const descriptor = node.openSync(path, flags | O_NOFOLLOW, 0o600);
      return {
        stat() {
          const { size, mtimeMs } = node.fstatSync(descriptor);
          return { sizeBytes: size, modifiedTimeMs: mtimeMs };
        },
        readSync: (buffer, offset) => node.readSync(descriptor, buffer, 0, buffer.length, offset),
        writeSync(buffer, offset) {
          for (let written = 0; written < buffer.length;) {
            written += node.writeSync(descriptor, buffer, written, buffer.length - written, offset + written);
          }
        },
        syncSync: () => node.fdatasyncSync(descriptor),
        close: () => node.closeSync(descriptor),
      };
    },
    setModifiedTime: (path, timeMs) => node.utimesSync(path, timeMs / 1000, timeMs / 1000),
  };
}
