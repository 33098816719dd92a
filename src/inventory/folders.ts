/**
 * The server folders of a root.
 *
 * @module
 */

import type { FileSystem } from "../platform/file_system.ts";
import { decodeName, resolveFolder } from "./folder_names.ts";

/** One server folder that is there. */
export interface FolderPlace {
  readonly stack: string;
  readonly server: string;
  /** Absolute path. */
  readonly path: string;
}

/** Which folders are meant; what is left out stands for every one. */
export interface FolderSelection {
  readonly stack?: string | undefined;
  readonly server?: string | readonly string[] | undefined;
}

/**
 * The server folders under a root, sorted by stack and server. Symbolic links are not followed.
 *
 * @throws {RangeError} If a name cannot be one of a folder.
 */
export function listFolders(fileSystem: FileSystem, root: string, selection: FolderSelection = {}): FolderPlace[] {
  return children(fileSystem, { parent: root, name: selection.stack, part: "stack" }).flatMap((stack) =>
    children(fileSystem, { parent: stack.path, name: selection.server, part: "server" })
      .map((server) => ({ stack: stack.name, server: server.name, path: server.path }))
  );
}

function children(
  fileSystem: FileSystem,
  of: {
    readonly parent: string;
    readonly name: string | readonly string[] | undefined;
    readonly part: "stack" | "server";
  },
): { readonly name: string; readonly path: string }[] {
  const { parent, name, part } = of;
  const folders = fileSystem.list(parent).filter((entry) => entry.kind === "directory");
  if (name !== undefined) {
    const names = [...new Set(typeof name === "string" ? [name] : name)].sort();
    return names.map((each) => ({ name: each, path: resolveFolder(fileSystem, { parent, name: each, part }) }))
      .filter(({ path }) => folders.some((entry) => `${parent}/${entry.name}` === path));
  }
  return folders
    .map((entry) => ({ name: decodeName(entry.name), path: `${parent}/${entry.name}` }))
    .sort((a, b) => a.name < b.name ? -1 : 1);
}
