/**
 * Asks a side file which blocks of a compressed segment may hold what is looked for.
 *
 * A side file that is missing, damaged or another segment's rules out nothing: then more blocks are read.
 *
 * @module
 */

import * as zlib from "node:zlib";
import { errorCode, type FileHandle } from "../platform/file_system.ts";
import type { BlockTable } from "./block_table.ts";
import {
  groupSeed,
  markedRows,
  SIDE_HEADER_BYTES,
  sideHeader,
  type SideLayout,
  sideLayout,
  type SideShape,
} from "./side_file.ts";
import { tokenHash, type TokenNeed, tokenParts } from "./tokens.ts";

/** Rows that a token marks at most: no sensible side file has more, and each is read. */
const TOKEN_ROWS_MAX = 32;

/** A side file that belongs to the segment. */
interface OpenSideFile {
  readonly file: FileHandle;
  readonly header: Uint8Array;
  readonly shape: SideShape;
  readonly layout: SideLayout;
}

/**
 * Finds the blocks that may hold lines with what is needed: one element for each block of the table, not 0 where it may.
 * Reads a KiB for each row of each token, synchronously.
 *
 * @param open Opens the side file, or gives `undefined` where there is none. It is closed again.
 * @returns `undefined` when the side file says nothing.
 */
export function findBlocks(
  open: () => FileHandle | undefined,
  { table, need }: { readonly table: BlockTable; readonly need: TokenNeed },
): Uint8Array | undefined {
  try {
    const file = open();
    try {
      const side = file === undefined ? undefined : readSideFile(file, table);
      return side === undefined ? undefined : blocksOf(need, side);
    } finally {
      file?.close();
    }
  } catch (error) {
    // Pruned by now, or refused: nothing depends on it.
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}

function readSideFile(file: FileHandle, table: BlockTable): OpenSideFile | undefined {
  const header = new Uint8Array(SIDE_HEADER_BYTES);
  file.readSync(header, 0);
  const view = new DataView(header.buffer);
  const [tokenRows, rowCount] = [view.getUint8(5), view.getUint32(8, true)];
  const shape: SideShape = { tokenRows, rowCount, blockCount: table.blocks.length, tableCrc: table.crc };
  const isWanted = tokenRows > 0 && tokenRows <= TOKEN_ROWS_MAX && rowCount > 0;
  const isOwn = sideHeader(shape, zlib.crc32).every((byte, index) => byte === header[index]);
  return isWanted && isOwn ? { file, header, shape, layout: sideLayout(shape) } : undefined;
}

function blocksOf(need: TokenNeed, side: OpenSideFile): Uint8Array {
  if (need.kind === "token") return blocksWithToken(need.token, side);
  const isAll = need.kind === "all";
  const blocks = new Uint8Array(side.shape.blockCount).fill(isAll ? 1 : 0);
  for (const part of need.needs) {
    // What is decided already is not asked for.
    if (!blocks.includes(isAll ? 1 : 0)) break;
    blocksOf(part, side).forEach((isFound, index) => {
      if ((isFound !== 0) !== isAll) blocks[index] = isFound;
    });
  }
  return blocks;
}

function blocksWithToken(token: string, side: OpenSideFile): Uint8Array {
  const { shape: { blockCount, rowCount, tokenRows }, layout: { groupRows } } = side;
  const blocks = new Uint8Array(blockCount).fill(1);
  const hash = tokenHash(token);
  if (hash === undefined) return blocks;
  const rows = new Uint32Array(tokenRows);
  markedRows(tokenParts, hash, { rows, rowCount });
  for (const row of rows) {
    const group = readGroup(side, Math.floor(row / groupRows));
    // A damaged row rules out nothing; the others still may.
    if (group === undefined) continue;
    const start = (row % groupRows) * blockCount;
    for (let block = 0; block < blockCount; block++) {
      const at = start + block;
      if (((group[at >> 3] ?? 0) & (1 << (at & 7))) === 0) blocks[block] = 0;
    }
  }
  return blocks;
}

/** The rows of a group; `undefined` when they are not what was written. */
function readGroup({ file, header, shape, layout }: OpenSideFile, group: number): Uint8Array | undefined {
  const { groupRows, groupBytes } = layout;
  const rows = Math.min(groupRows, shape.rowCount - group * groupRows);
  const bytes = new Uint8Array(Math.ceil(rows * shape.blockCount / 8) + 4);
  file.readSync(bytes, SIDE_HEADER_BYTES + group * groupBytes);
  const checked = bytes.subarray(0, -4);
  const crc = zlib.crc32(checked, groupSeed(header, { group, crc32: zlib.crc32 }));
  return crc === new DataView(bytes.buffer).getUint32(checked.length, true) ? checked : undefined;
}
