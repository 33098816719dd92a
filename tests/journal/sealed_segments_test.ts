// Goal: a side file stands beside the segment it belongs to and nowhere else, and never keeps one from being compressed.
// Method: stores in memory whose file system refuses a step; one store with a Worker and real files.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { openStore, type Store, type StoreOptions } from "../../mod.ts";
import { BLOCK_TARGET_BYTES, COMPRESSION_LEVEL } from "../../src/limits.ts";
import type { MemoryFailure, MemoryStep } from "../../src/platform/memory_process.ts";
import { checkSideFiles } from "../recovery/protocol_side_files.ts";
import {
  closeIn,
  inRoot,
  LOGS,
  MEMORY_ROOT,
  type MemoryMachine,
  memoryMachine,
  namesIn,
  numbered,
  numbersIn,
  pass,
  range,
  until,
} from "../recovery/stores.ts";
import { compressWithSideFile } from "../segment/segments.ts";

const FOLDER = `${MEMORY_ROOT}/${LOGS.stack}/${LOGS.server}`;
/** Four records fill a segment. */
const OPTIONS: StoreOptions = { segment: { maxBytes: 180 }, retention: { maxSegments: false } };

function namesOf({ fileSystem }: MemoryMachine): string[] {
  return fileSystem.list(FOLDER).map(({ name }) => name).filter((name) => name.startsWith("logs-")).sort();
}

function endingsOf(machine: MemoryMachine): string[] {
  return namesOf(machine).map((name) => name.slice("logs-2026-05-05T12-00-00.000".length));
}

/** Seals two segments of four records, and lets time pass until they are compressed. */
async function fillTwo(machine: MemoryMachine, store: Store): Promise<void> {
  const journal = store.journal(LOGS);
  for (const n of range(0, 9)) journal.append(numbered(n));
  await journal.flush();
  await pass(machine, 2000);
}

async function whileTimePasses(machine: MemoryMachine, work: Promise<void>): Promise<void> {
  await pass(machine, 1000);
  await work;
}

test("compression leaves each .gz with a side file that knows its tokens, and nothing else", async () => {
  const machine = memoryMachine();
  const store = await machine.open(OPTIONS);
  await fillTwo(machine, store);
  assert.deepEqual(endingsOf(machine), [".idx", ".jsonl.gz", ".idx", ".jsonl.gz"]);
  assert.deepEqual(await checkSideFiles(machine.fileSystem, FOLDER), { segments: 2, ruledOut: 2, orphans: 0 });
  await closeIn(machine, store);
});

test("inventory() counts side files, and prune() and wipe() remove them", async () => {
  const machine = memoryMachine();
  const store = await machine.open(OPTIONS);
  await fillTwo(machine, store);
  const sizes = machine.fileSystem.list(FOLDER).filter(({ name }) => name.startsWith("logs"))
    .map(({ name }) => machine.fileSystem.stat(`${FOLDER}/${name}`)?.sizeBytes ?? 0);
  assert.equal((await store.inventory())[0]?.sizeBytes, sizes.reduce((sum, size) => sum + size, 0));
  await closeIn(machine, store);
  const pruning = await machine.open({ ...OPTIONS, retention: { maxSegments: 1 } });
  pruning.journal(LOGS);
  await whileTimePasses(machine, pruning.prune());
  assert.deepEqual(endingsOf(machine), [".idx", ".jsonl.gz"]);
  await whileTimePasses(machine, pruning.wipe(LOGS));
  assert.deepEqual(namesOf(machine), []);
  await closeIn(machine, pruning);
});

const REFUSALS: readonly [what: string, operation: MemoryStep["operation"], failure: MemoryFailure][] = [
  ["may not be created", "create", { code: "EROFS" }],
  ["may not be opened", "open", { code: "EMFILE" }],
  ["finds no room", "write", { code: "ENOSPC" }],
  ["finds room for a part", "write", { code: "ENOSPC", landedBytes: 30 }],
];

for (const [what, refused, failure] of REFUSALS) {
  test(`a segment is compressed without a side file that ${what}`, async () => {
    const machine = memoryMachine();
    const store = await machine.open(OPTIONS);
    machine.fileSystem.failWhen(({ operation, path }) =>
      operation === refused && path.endsWith(".idx") ? failure : undefined
    );
    await fillTwo(machine, store);
    assert.deepEqual(endingsOf(machine), [".jsonl.gz", ".jsonl.gz"]);
    const { finished, failed } = store.stats().compression;
    assert.deepEqual({ finished, failed }, { finished: 2, failed: 0 });
    assert.deepEqual(await numbersIn(store), range(0, 9));
    await closeIn(machine, store);
  });
}

test("a side file that stands there from before is replaced, or goes with the one that is refused", async () => {
  for (const isRefused of [false, true]) {
    const machine = memoryMachine();
    const store = await machine.open({ ...OPTIONS, segment: { maxBytes: 180, compression: "none" } });
    await fillTwo(machine, store);
    await closeIn(machine, store);
    const [oldest = ""] = namesOf(machine);
    const path = `${FOLDER}/${oldest.replace(".jsonl", ".idx")}`;
    machine.fileSystem.open(path, "replace").writeSync(new Uint8Array(1000), 0);
    if (isRefused) {
      machine.fileSystem.failWhen(({ operation, path: other }) =>
        operation === "open" && other === path ? { code: "EMFILE" } : undefined
      );
    }
    const next = await machine.open(OPTIONS);
    next.journal(LOGS);
    await pass(machine, 2000);
    const { segments, ruledOut, orphans } = await checkSideFiles(machine.fileSystem, FOLDER);
    assert.deepEqual({ segments, ruledOut, orphans }, { segments: 2, ruledOut: isRefused ? 1 : 2, orphans: 0 });
    assert.equal(machine.fileSystem.stat(path) === undefined, isRefused);
    await closeIn(machine, next);
  }
});

test("a compression that fails after its side file was written leaves neither, one that fails later leaves both", async () => {
  for (
    const [refused, endings] of [["rename", [".jsonl", ".jsonl"]], ["remove", [".idx", ".jsonl", ".jsonl.gz"]]] as const
  ) {
    const machine = memoryMachine();
    const store = await machine.open(OPTIONS);
    const giveIn = machine.fileSystem.failWhen(({ operation, path }) => {
      const isOne = refused === "rename" ? path.endsWith(".tmp") : path.endsWith(".jsonl");
      return operation === refused && isOne ? { code: "EIO" } : undefined;
    });
    await fillTwo(machine, store);
    assert.deepEqual(endingsOf(machine).slice(0, endings.length), endings);
    assert.equal(store.stats().compression.failed, 2);
    giveIn();
    await closeIn(machine, store);
    const next = await machine.open(OPTIONS);
    next.journal(LOGS);
    await pass(machine, 2000);
    assert.deepEqual(endingsOf(machine), [".idx", ".jsonl.gz", ".idx", ".jsonl.gz"]);
    assert.deepEqual(await checkSideFiles(machine.fileSystem, FOLDER), { segments: 2, ruledOut: 2, orphans: 0 });
    await closeIn(machine, next);
  }
});

test("the Worker writes the side file that is written without one", async () => {
  await inRoot(async (root) => {
    await using store = await openStore(root, { segment: { maxBytes: 600_000 }, retention: { maxSegments: false } });
    const journal = store.journal(LOGS);
    for (let n = 0; store.stats().rotations === 0; n++) {
      journal.append({
        ...numbered(n),
        msg: `request ${n * 7919} of über user${n % 100}`,
        id: n.toString(16).repeat(5),
      });
      if (n % 1000 === 0) await journal.flush();
    }
    await until(() => store.stats().compression.finished === 1);
    const folder = join(root, LOGS.stack, LOGS.server);
    const read = (ending: RegExp) => new Uint8Array(readFileSync(join(folder, namesIn(folder, ending)[0] ?? "")));
    const gzip = read(/\.gz$/);
    const job = { level: COMPRESSION_LEVEL, blockTargetBytes: BLOCK_TARGET_BYTES };
    assert.deepEqual(compressWithSideFile(gunzipSync(gzip), job), { gzip, side: read(/\.idx$/) });
  });
});
