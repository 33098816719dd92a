/**
 * Side files as a reader meets them: what they say is compared with what their segments hold.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { FileSystem } from "../../src/platform/file_system.ts";
import { groupSegments } from "../../src/segment/listing.ts";
import { sideName } from "../../src/segment/names.ts";
import { openSealedSegment, type SegmentReader } from "../../src/segment/segment_reader.ts";
import { tokensOfText } from "../../src/segment/tokens.ts";

/** What the side files of a folder are good for. */
export interface SideFileCounts {
  /** Compressed segments. */
  readonly segments: number;
  /** Those of them that have a side file which rules out their blocks for a token that no record has. */
  readonly ruledOut: number;
  /** Side files whose segment is gone. */
  readonly orphans: number;
}

const ABSENT = "tokenThatNoRecordHas";
const decoder = new TextDecoder();

/** Asserts that the blocks of a folder's compressed segments are found by their tokens. */
export async function checkSideFiles(fileSystem: FileSystem, folder: string): Promise<SideFileCounts> {
  const counts = { segments: 0, ruledOut: 0, orphans: 0 };
  for (const { sealed, sideFiles } of groupSegments(fileSystem.list(folder), () => true).values()) {
    const owned = new Set(sealed.flatMap(({ files }) => files));
    counts.orphans += sideFiles.filter((name) => name.endsWith(".idx") && !owned.has(name)).length;
    for (const segment of sealed) {
      if (segment.form !== "gzip") continue;
      const reader = openSealedSegment(fileSystem, { folder, segment, onDamage: () => {} });
      if (reader === undefined) continue;
      counts.segments++;
      await checkSegment(reader, sideName(segment.base));
      if ((await offsetsOf(reader, ABSENT)).size === 0 && reader.rawBytes !== 0) counts.ruledOut++;
      reader.close();
    }
  }
  return counts;
}

async function checkSegment(reader: SegmentReader, name: string): Promise<void> {
  for await (const { bytes, rawOffset } of reader.forwards()) {
    for (const token of new Set(tokensOfStrings(decoder.decode(bytes)))) {
      const found = await offsetsOf(reader, token);
      assert.ok(found.has(rawOffset), `${name} hides "${token}", which stands in the block at ${rawOffset}`);
    }
  }
}

/** Tokens of the strings of JSON without escapes; of torn lines, what comes. */
function tokensOfStrings(lines: string): string[] {
  return lines.split(/[\n\0]/).flatMap((line) => {
    try {
      JSON.parse(line);
    } catch {
      return [];
    }
    return Array.from(line.matchAll(/"([^"\\]*)"/g), ([, text = ""]) => tokensOfText(text).map(({ token }) => token))
      .flat();
  });
}

async function offsetsOf(reader: SegmentReader, token: string): Promise<ReadonlySet<number>> {
  const blocks = reader.forwards({ tokens: { kind: "token", token } });
  return new Set(await Array.fromAsync(blocks, ({ rawOffset }) => rawOffset));
}
