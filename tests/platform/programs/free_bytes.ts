/**
 * Says how many bytes are free at the root of the file system.
 *
 * @module
 */
import { nodeFileSystem } from "../../../src/platform/node_file_system.ts";

console.log(nodeFileSystem.freeBytes("/"));
