/**
 * What leads to a protocol: options under which small segments fill, and what stores and crashes leave in the folder.
 *
 * @module
 */
import { gunzipSync, gzipSync } from "node:zlib";
import type { Store, StoreOptions } from "../../mod.ts";
import type { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import { listNames, putFile, readFile } from "./protocol_files.ts";
import type { ProtocolRun } from "./protocol_run.ts";
import { pass } from "./stores.ts";

/** Four records fill a segment, which stays raw. */
export const RAW: StoreOptions = { segment: { maxBytes: 180, compression: "none" }, retention: { maxSegments: false } };

/** Four records fill a segment, which is compressed. */
export const COMPRESSED: StoreOptions = { segment: { maxBytes: 180 }, retention: { maxSegments: false } };

const encoder = new TextEncoder();
const TORN = `{"ts":"2026-05-05T12:00:00.0`;

/** The store that was left open. */
export function storeOf(run: ProtocolRun): Store {
  if (run.store === undefined) throw new Error("Cannot run the protocol: nothing was arranged");
  return run.store;
}

/** Two records that are synced, and two that are flushed. */
export async function appendDurably(run: ProtocolRun, store: Store): Promise<void> {
  run.append(store, 2);
  await run.sync(store);
  run.append(store, 2);
  await run.flush(store);
}

/** Leaves a sealed raw segment of which the first half is synced, and an active one, in a folder that nobody holds. */
export async function leaveRawSegment(run: ProtocolRun): Promise<void> {
  const fileSystem = run.otherProcess();
  const store = await run.openIn(fileSystem, RAW);
  run.append(store, 3, "metrics");
  await run.sync(store, "metrics");
  await appendDurably(run, store);
  run.append(store, 1);
  await run.flush(store);
  fileSystem.kill();
}

/** Ten records of logs in two sealed segments and an active one, and three of metrics in an active one, all synced. */
export async function fillTwoSignals(run: ProtocolRun, store?: Store): Promise<void> {
  const filled = store ?? await run.open();
  run.store ??= filled;
  run.append(filled, 10);
  run.append(filled, 3, "metrics");
  await run.sync(filled);
  await run.sync(filled, "metrics");
  await pass(run, 1500);
}

/** Gives the oldest `.gz` the raw file back, which a crash may leave beside it. */
export function leavePair(fileSystem: MemoryFileSystem): void {
  const names = listNames(fileSystem).filter((name) => name.endsWith(".gz"));
  const oldest = (names[0] ?? "").replace(/\.jsonl\.gz$/, "");
  putFile(fileSystem, `${oldest}.jsonl`, gunzipSync(readFile(fileSystem, `${oldest}.jsonl.gz`)));
}

/** What crashes leave in a folder: a compression and a request half-way, a request that nobody answered, a torn line. */
export function leaveLeftovers(fileSystem: MemoryFileSystem): void {
  const sealed = listNames(fileSystem).find((name) => name.startsWith("logs-")) ?? "";
  putFile(fileSystem, `${sealed}.gz.tmp`, gzipSync(TORN).subarray(0, 20));
  putFile(fileSystem, sealed.replace(/jsonl$/, "idx"), encoder.encode("VTIX"));
  putFile(fileSystem, ".wipe-00000000-0000-4000-8000-000000000000.json.tmp", encoder.encode("{"));
  putFile(fileSystem, ".wipe-00000000-0000-4000-8000-000000000001.json", encoder.encode(`{"signal":"metrics"}\n`));
  const active = readFile(fileSystem, "logs.jsonl");
  putFile(fileSystem, "logs.jsonl", Uint8Array.of(...active, ...encoder.encode(TORN)));
}
