/**
 * The bounds of the engine: what it holds open, keeps in memory and writes at once, and what becomes of what is past them.
 *
 * `VARVE_JOURNALS` sets how many journals are opened at once (2200, or 500 in as many folders).
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { openStore, type Store } from "../../mod.ts";
import {
  BATCH_MAX_CHARS,
  BYTES_PER_CHAR_MAX,
  OPEN_FOLDERS_MAX,
  OPEN_SEGMENTS_MAX,
  QUEUE_WRITE_MAX_BYTES,
  READER_OPEN_FILES_MAX,
} from "../../src/limits.ts";
import type { FileHandle, OpenMode } from "../../src/platform/file_system.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import { requireTool } from "../tools.ts";
import { programCommand, startCommand } from "./program.ts";
import type { ManyJournalsReport } from "./programs/many_journals.ts";
import {
  assertAccounts,
  closeIn,
  inRoot,
  LOGS,
  memoryMachine,
  namesIn,
  numbered,
  numbersIn,
  pass,
  range,
  until,
} from "./stores.ts";

const KIB = 1024;
const LAYOUTS = [{ journals: 2200, signals: 11 }, { journals: 500, signals: 1 }];
/** Open files that a process may have where nobody raised the limit. */
const OPEN_FILES_LIMIT = 1024;
/** What the runtime, a reader, and syncs under way have open. */
const OTHER_FILES_MAX = 128;
/** A compression that is quicker than the look at the folder is missed, and the next one waited for. */
const CANCELLED_RECORDS_MAX = 1_000_000;
/** A journal whose file is closed: its writer, its place in the maps. Measured: see the line the test prints. */
const JOURNAL_HEAP_MAX_BYTES = 12 * KIB;

const bash = requireTool("bash");
const proc = { skip: process.platform === "linux" ? false : "needs /proc" } as const;

for (const layout of LAYOUTS) {
  const { signals } = layout;
  const journals = Number(process.env["VARVE_JOURNALS"] ?? layout.journals);
  test(`store with ${journals} journals, ${signals} a server: open files stay within limits.ts, and all of it works`, {
    skip: bash.skip || proc.skip,
    timeout: 60_000 + journals * 20,
  }, async () => {
    await inRoot(async (root) => {
      const limited = [bash.path, "-c", `ulimit -n ${OPEN_FILES_LIMIT}; exec "$@"`, "bash"];
      const args = [root, String(journals), String(signals)];
      const program = startCommand([...limited, ...programCommand("many_journals.ts"), ...args]);
      const report: ManyJournalsReport = JSON.parse(await program.nextLine());
      assert.equal(await program.ended, 0);
      assertHoldings(report, journals);
      const { accepted, written, failures, tailRecords, mergedRecords } = report;
      const all = 2 * journals;
      assert.deepEqual({ accepted, written, failures, tailRecords, mergedRecords }, {
        accepted: all,
        written: all,
        failures: 0,
        tailRecords: all,
        mergedRecords: all,
      });
    });
  });
}

function assertHoldings(report: ManyJournalsReport, journals: number): void {
  const { before, after, openFilesMax, openFilesAtEnd, openJournalsMax, heldFoldersMax } = report;
  const [heapBytes, rssBytes] = [after.heapBytes - before.heapBytes, after.rssBytes - before.rssBytes];
  console.log(
    `${Math.round(heapBytes / journals)} bytes of heap and ${Math.round(rssBytes / journals)} of memory a journal; ` +
      `at most ${openFilesMax} open files, ${openJournalsMax} open journals, ${heldFoldersMax} locks`,
  );
  assert.ok(openJournalsMax > 0 && openJournalsMax <= OPEN_SEGMENTS_MAX, `${openJournalsMax} open journals`);
  assert.ok(heldFoldersMax > 0 && heldFoldersMax <= OPEN_FOLDERS_MAX, `${heldFoldersMax} held folders`);
  assert.ok(openFilesMax <= OPEN_SEGMENTS_MAX + OPEN_FOLDERS_MAX + OTHER_FILES_MAX, `${openFilesMax} open files`);
  assert.ok(openFilesAtEnd <= before.openFiles, `${openFilesAtEnd} open files after close`);
  assert.ok(heapBytes / journals <= JOURNAL_HEAP_MAX_BYTES, `${heapBytes} bytes of heap`);
}

test("read() holds no more than READER_OPEN_FILES_MAX sealed segments open, however many there are", proc, async () => {
  await inRoot(async (root) => {
    const options = { segment: { maxBytes: 200, compression: "none" }, retention: { maxSegments: false } } as const;
    await using store = await openStore(root, options);
    const journal = store.journal(LOGS);
    for (const n of range(0, 1000)) journal.append(numbered(n));
    // What the background would sync of it later would be open as well.
    await journal.sync();
    assert.ok(namesIn(join(root, LOGS.stack, LOGS.server), /^logs-/).length > 2 * READER_OPEN_FILES_MAX);
    let [openMax, next] = [0, 0];
    for await (const { record } of store.read(LOGS)) {
      assert.equal(record["n"], next++);
      openMax = Math.max(openMax, openBelow(root).filter((path) => /\/logs-[^/]*$/.test(path)).length);
    }
    assert.equal(next, 1000);
    // One more is opened in its turn, where all that are held are newer.
    assert.ok(openMax > READER_OPEN_FILES_MAX / 2 && openMax <= READER_OPEN_FILES_MAX + 1, `${openMax} open segments`);
    assert.deepEqual(openBelow(root).filter((path) => /\/logs-[^/]*$/.test(path)), []);
  });
});

test("compressions that are cancelled, by wipe() and by close(), give their files back", proc, async () => {
  await inRoot(async (root) => {
    const store = await openStore(root, { segment: { maxBytes: 4 * KIB * KIB } });
    for (const _ of range(0, 3)) {
      await cancelledCompression(store, root);
      await store.wipe({ stack: LOGS.stack });
      await until(() => openBelow(root).every((path) => !path.includes("logs-")));
    }
    await cancelledCompression(store, root);
    await store.close();
    await until(() => openBelow(root).length === 0);
  });
});

/** Appends until a segment is being compressed. */
async function cancelledCompression(store: Store, root: string): Promise<void> {
  const journal = store.journal(LOGS);
  const isCompressing = () => namesIn(join(root, LOGS.stack, LOGS.server), /\.tmp$/).length > 0;
  for (let n = 0; !isCompressing(); n++) {
    assert.ok(n < CANCELLED_RECORDS_MAX, `no compression was seen while ${n} records were appended`);
    journal.append({ ...numbered(n), pad: Math.random().toString(36).repeat(20) });
    if (n % 500 > 0) continue;
    await journal.flush();
    await turn();
  }
}

/** The files below a directory that this process has open, by the names they had. */
function openBelow(directory: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith(`${directory}/`) ? [path] : [];
    } catch {
      // It was the listing's own, or is closed by now.
      return [];
    }
  });
}

/** A file system that notes how much is written at once. */
class MeasuringFileSystem extends MemoryFileSystem {
  readonly sizes: { readonly kind: "sync" | "async"; readonly bytes: number }[] = [];
  /** Called before each synchronous write, for example to let time pass. */
  beforeWrite = (): void => {};

  override open(path: string, mode: OpenMode): FileHandle {
    const file = super.open(path, mode);
    if (!path.endsWith("logs.jsonl")) return file;
    const [writeSync, write] = [file.writeSync.bind(file), file.write.bind(file)];
    return Object.assign(file, {
      writeSync: (buffer: Uint8Array, offset: number) => {
        this.beforeWrite();
        this.sizes.push({ kind: "sync", bytes: buffer.length });
        writeSync(buffer, offset);
      },
      write: (buffer: Uint8Array, offset: number) => {
        this.sizes.push({ kind: "async", bytes: buffer.length });
        return write(buffer, offset);
      },
    });
  }
}

test("no write is longer than BATCH_MAX_CHARS of text, or than QUEUE_WRITE_MAX_BYTES where batches waited", async () => {
  const machine = memoryMachine();
  const fileSystem = new MeasuringFileSystem(machine.disk);
  const store = await machine.open({ fileSystem, queueMaxBytes: 64 * KIB * KIB });
  const journal = store.journal(LOGS);
  const pad = "é☃".repeat(200);
  for (const n of range(0, 3000)) journal.append({ ...numbered(n), pad });
  const quick = fileSystem.sizes.splice(0);
  assert.ok(quick.length > 3);
  assert.ok(quick.every(({ kind, bytes }) => kind === "sync" && bytes <= BATCH_MAX_CHARS * BYTES_PER_CHAR_MAX));
  // One slow write, and what follows is queued while the next one is held up; turns keep it asynchronous.
  fileSystem.beforeWrite = () => machine.clock.advance(2000);
  await journal.flush();
  fileSystem.sizes.length = 0;
  const release = fileSystem.holdNext("write");
  for (const n of range(3000, 9000)) {
    journal.append({ ...numbered(n), pad });
    if (n % 500 === 0) await machine.clock.advanceAsync(1);
  }
  release();
  await journal.flush();
  const queued = fileSystem.sizes.filter(({ kind }) => kind === "async").map(({ bytes }) => bytes);
  assert.ok(Math.max(...queued) > BATCH_MAX_CHARS * BYTES_PER_CHAR_MAX, "batches that wait are written together");
  assert.ok(Math.max(...queued) <= QUEUE_WRITE_MAX_BYTES, `${Math.max(...queued)} bytes`);
  assert.deepEqual(await numbersIn(store), range(0, 9000));
  await closeIn(machine, store);
});

test("queueMaxBytes bounds what waits over all journals of a store, and each journal's accounts add up", async () => {
  const machine = memoryMachine();
  const queueMaxBytes = 20_000;
  const store = await machine.open({ queueMaxBytes });
  const journals = range(0, 5).map((n) => store.journal({ ...LOGS, server: `server-${n}` }));
  const isFull = { code: "ENOSPC" };
  const giveRoom = machine.fileSystem.failWhen(({ operation }) => operation === "write" ? isFull : undefined);
  for (const n of range(0, 500)) {
    for (const journal of journals) journal.append(numbered(n));
    if (n % 20 === 0) await pass(machine, 250);
    assert.ok(store.stats().queuedBytes <= queueMaxBytes, `${store.stats().queuedBytes} bytes wait`);
  }
  await pass(machine, 250);
  assert.ok(store.stats().queuedBytes > queueMaxBytes / 2);
  assert.equal(store.stats().failures.length, journals.length);
  assert.ok((store.stats().records["logs"]?.dropped.queue_full ?? 0) > 0);
  assertAccounts(store);
  giveRoom();
  await pass(machine, 2000);
  for (const journal of journals) await assert.rejects(journal.flush(), { name: "StoreWriteError" });
  assert.equal(store.stats().queuedBytes, 0);
  assert.deepEqual(store.stats().failures, []);
  const { written } = store.stats().records["logs"] ?? { written: 0 };
  const numbers = await numbersIn(store, { stack: LOGS.stack, signal: LOGS.signal });
  assert.equal(numbers.length, written);
  assertAccounts(store);
  await closeIn(machine, store);
});
