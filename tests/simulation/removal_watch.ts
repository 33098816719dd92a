/**
 * Looks at each removal of a segment before it happens: whether retention or a wipe was entitled to it, and that no older
 * segment of the journal stays behind it.
 *
 * @module
 */
import * as zlib from "node:zlib";
import type { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import type { JournalModel } from "./model.ts";
import { folderOf, isWipeRequested } from "./reading.ts";
import { numbersInText } from "./records.ts";
import type { Scenario } from "./scenario.ts";

/** What a removal is judged by. */
export interface RemovalScene {
  /** Sees the disk as it is before the removal. */
  readonly fileSystem: MemoryFileSystem;
  readonly models: readonly JournalModel[];
  readonly scenario: Scenario;
  readonly nowMs: number;
  /** Bytes that a store may want to make room for at once. */
  readonly roomBytes: number;
  /** Whether less than `keepFreeBytes` was free when the store last asked, which it does once a second. */
  readonly wasDiskShort: boolean;
}

interface SegmentName {
  readonly signal: string;
  /** `undefined` for the active segment. */
  readonly stamp: string | undefined;
  readonly ending: "jsonl" | "jsonl.gz";
}

/**
 * Notes in the model what a removal of `path` takes away.
 *
 * @returns What is wrong with it; `undefined` when nothing is.
 */
export function watchRemoval(path: string, scene: RemovalScene): string | undefined {
  const slash = path.lastIndexOf("/");
  const folder = path.slice(0, slash);
  const name = parseName(path.slice(slash + 1));
  if (name === undefined) return undefined;
  const model = scene.models.find(({ key }) => folderOf(key) === folder && key.signal === name.signal);
  if (model === undefined || isOtherFormThere(path, scene.fileSystem)) return undefined;
  if (scene.fileSystem.stat(path) === undefined) return undefined;
  const names = scene.fileSystem.list(folder).map((entry) => entry.name);
  const stamps = stampsOf(names, name.signal);
  const isOldest = [...stamps].every((stamp) => name.stamp !== undefined && stamp >= name.stamp);
  const judged = { model, scene };
  const isExpiredNow = name.stamp !== undefined && isExpired({ path, stamp: name.stamp, count: stamps.size }, judged);
  // To make room, the active segment of a journal that nobody writes to goes as a sealed one does.
  if (isOldest && (isExpiredNow || isRoomNeeded(judged))) {
    model.prune(numbersInText(contentOf(path, scene.fileSystem)));
    return undefined;
  }
  // A wipe tells by itself what it took.
  if (model.wipesUnderWay > 0 || model.isWipeStuck || isWipeRequested(scene.fileSystem, model.key)) return undefined;
  return isOldest ? `${path} is removed, though retention lets it stay` : `${path} is removed before an older one`;
}

interface Judged {
  readonly model: JournalModel;
  readonly scene: RemovalScene;
}

function parseName(name: string): SegmentName | undefined {
  const [, signal, stamp, ending] = /^([a-z]+)(?:-([0-9T.-]+))?\.(jsonl|jsonl\.gz)$/.exec(name) ?? [];
  if (signal === undefined || (ending !== "jsonl" && ending !== "jsonl.gz")) return undefined;
  return { signal, stamp, ending };
}

/** A segment is there as long as one of its forms is. */
function isOtherFormThere(path: string, fileSystem: MemoryFileSystem): boolean {
  const other = path.endsWith(".gz") ? path.slice(0, -".gz".length) : `${path}.gz`;
  return fileSystem.stat(other) !== undefined;
}

function stampsOf(names: readonly string[], signal: string): ReadonlySet<string> {
  const stamps = names.map(parseName).filter((name) => name?.signal === signal).map((name) => name?.stamp);
  return new Set(stamps.filter((stamp) => stamp !== undefined));
}

/** Whether a sealed segment is too old, or one too many. */
function isExpired(
  segment: { readonly path: string; readonly stamp: string; readonly count: number },
  { model, scene }: Judged,
): boolean {
  const { retention = {} } = scene.scenario.options;
  const own = retention.signals?.[model.key.signal];
  const general = model.key.signal === "audit" ? undefined : retention;
  const maxSegments = own?.maxSegments ?? general?.maxSegments ?? false;
  if (maxSegments !== false && segment.count > maxSegments) return true;
  const maxAgeMs = own?.maxAgeMs ?? general?.maxAgeMs ?? false;
  if (maxAgeMs === false) return false;
  const folder = segment.path.slice(0, segment.path.lastIndexOf("/"));
  // What stands before a segment that is too old goes with it, so that no gap comes to be.
  return scene.fileSystem.list(folder).some(({ name }) => {
    const file = parseName(name);
    if (file?.signal !== model.key.signal || file.stamp === undefined || file.stamp < segment.stamp) return false;
    const sealedMs = Date.parse(file.stamp.replace(/T(\d\d)-(\d\d)-/, "T$1:$2:") + "Z");
    const modifiedMs = scene.fileSystem.stat(`${folder}/${name}`)?.modifiedTimeMs ?? Infinity;
    return scene.nowMs - Math.min(sealedMs, modifiedMs) > maxAgeMs;
  });
}

/** Whether the store has to make room for the next write or compression, which ask for it before they begin. */
function isRoomNeeded({ model, scene }: Judged): boolean {
  if (model.key.signal === "audit") return false;
  const { maxTotalBytes = false, keepFreeBytes = false } = scene.scenario.options.retention ?? {};
  if (maxTotalBytes !== false && usedBytes(scene) + scene.roomBytes > maxTotalBytes) return true;
  return keepFreeBytes !== false && scene.wasDiskShort;
}

function usedBytes({ fileSystem, models }: RemovalScene): number {
  let bytes = 0;
  for (const folder of new Set(models.map(({ key }) => folderOf(key)))) {
    for (const { name } of fileSystem.list(folder)) {
      if (name.includes(".jsonl") || name.endsWith(".idx")) {
        bytes += fileSystem.stat(`${folder}/${name}`)?.sizeBytes ?? 0;
      }
    }
  }
  return bytes;
}

function contentOf(path: string, fileSystem: MemoryFileSystem): string {
  const file = fileSystem.open(path, "read");
  try {
    const bytes = new Uint8Array(file.stat().sizeBytes);
    file.readSync(bytes, 0);
    return new TextDecoder().decode(path.endsWith(".gz") ? zlib.gunzipSync(bytes) : bytes);
  } catch {
    // What a loss of power damaged promises nothing.
    return "";
  } finally {
    file.close();
  }
}
