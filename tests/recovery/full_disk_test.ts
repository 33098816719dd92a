/**
 * A full disk: the program goes on, records are shed and counted, reads are answered, and with room again the journals
 * resume by themselves.
 *
 * `VARVE_CYCLES` sets how often the disk fills and gets room again (3).
 *
 * @module
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Cursor } from "../../mod.ts";
import { WRITE_RETRY_MS } from "../../src/limits.ts";
import { diskChoices, startOnSmallDisk } from "./full_disk.ts";
import { closeIn, inRoot, LOGS, memoryMachine, numbered, numbersIn, pass, range } from "./stores.ts";

const CYCLES = Number(process.env["VARVE_CYCLES"] ?? 3);
const MOMENTS = [
  ["compression", "leaves the segment raw, nothing beside it, and succeeds later"],
  ["rotation", "waits for the next file, and goes on alone once it can be made"],
  ["wipe, no blocks", "needs no room and gives it back"],
  ["wipe, no names", "needs no name and gives them back"],
  ["open, no blocks", "reads what is there, and says what cannot be opened"],
  ["open, no names", "reads what is there, and says what cannot be opened"],
  ["close", "tells and counts what could not be written, and leaves whole lines"],
  ["intake", "answers 503 with Retry-After, for known and unknown servers"],
  ["keepFreeBytes", "gives up old records, then refuses new ones, and resumes alone"],
  ["maxTotalBytes", "is kept to through sealing, compressing and pruning"],
] as const;

interface CyclesReport {
  readonly records: Readonly<Record<string, { readonly dropped: { readonly queue_full?: number } }>>;
  readonly rotations: number;
}

const probeDirectory = mkdtempSync(join(tmpdir(), "varve-disk-"));
after(() => rmSync(probeDirectory, { recursive: true, force: true }));
const choices = diskChoices(probeDirectory);

for (const { kind, skip } of choices) {
  for (const compression of ["none", "gzip"]) {
    test(
      `store on a full disk (${kind}, ${compression}), ${CYCLES} times: sheds, counts, serves reads, resumes alone`,
      {
        skip,
        timeout: 30_000 + CYCLES * 5000,
      },
      async () => {
        await inRoot(async (directory) => {
          const args = [kind, String(CYCLES), compression];
          const program = startOnSmallDisk("full_disk_cycles.ts", args, { kind, directory });
          const { records, rotations }: CyclesReport = JSON.parse(await program.nextLine());
          assert.equal(await program.ended, 0);
          for (const signal of ["events", "audit"]) assert.ok((records[signal]?.dropped.queue_full ?? 0) > 0, signal);
          assert.ok(rotations > 0);
        });
      },
    );
  }
}

for (const [moment, criterion] of MOMENTS) {
  const skip = choices.find(({ kind }) => kind === "tmpfs")?.skip ?? false;
  test(`store on a full disk, ${moment}: ${criterion}`, { skip, timeout: 30_000 }, async () => {
    await inRoot(async (directory) => {
      const program = startOnSmallDisk("full_disk_moments.ts", [moment], { kind: "tmpfs", directory });
      assert.equal(await program.nextLine(), "done");
      assert.equal(await program.ended, 0);
    });
  });
}

test("a journal whose refused records were all shed is well again with the next write, or the retry", async () => {
  for (const isAppending of [true, false]) {
    const machine = memoryMachine();
    const store = await machine.open({ queueMaxBytes: 10 });
    const journal = store.journal(LOGS);
    journal.append(numbered(0));
    machine.fileSystem.failNext("write", { code: "ENOSPC" });
    await assert.rejects(journal.flush(), { name: "StoreWriteError" });
    assert.equal(store.stats().failures.length, 1);
    if (isAppending) {
      journal.append(numbered(1));
      await journal.flush();
    } else {
      await pass(machine, WRITE_RETRY_MS);
    }
    assert.deepEqual(store.stats().failures, []);
    assert.deepEqual(await numbersIn(store), isAppending ? [1] : []);
    await closeIn(machine, store);
  }
});

test("a reader that follows is given no record twice when a write fails half-way on a full disk", async () => {
  const machine = memoryMachine();
  const segment = { maxBytes: 2000, compression: "none" } as const;
  const store = await machine.open({ segment, retention: { maxSegments: false } });
  const journal = store.journal(LOGS);
  const append = (start: number, end: number) => range(start, end).forEach((n) => journal.append(numbered(n)));
  const seen: number[] = [];
  let cursor: Cursor | undefined;
  const follow = async () => {
    for await (const stored of store.read({ ...LOGS, after: cursor })) {
      seen.push(Number(stored.record["n"]));
      cursor = stored.cursor;
    }
  };
  append(0, 30);
  await journal.flush();
  // Ten lines and a piece of the next one land. The segment is sealed before they are written again, with more behind them.
  const failure = { code: "ENOSPC", landedBytes: 10 * (JSON.stringify(numbered(0)).length + 1) + 3 };
  const giveRoom = machine.fileSystem.failWhen(({ operation }) => operation === "write" ? failure : undefined);
  append(30, 45);
  await assert.rejects(journal.flush(), { name: "StoreWriteError" });
  await follow();
  append(45, 80);
  await pass(machine, 500);
  giveRoom();
  await pass(machine, 2 * WRITE_RETRY_MS);
  await follow();
  assert.ok(store.stats().rotations > 0);
  assert.deepEqual(seen, range(0, 80));
  await closeIn(machine, store);
});
