import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store, StoreOptions } from "../../mod.ts";
import {
  assertAccounts,
  closeIn,
  LOGS,
  MEMORY_ROOT,
  type MemoryMachine,
  memoryMachine,
  numbered,
  numbersIn,
  pass,
  range,
  seededRandom,
} from "../recovery/stores.ts";

const KIB = 1024;
const MAX_TOTAL_BYTES = 64 * KIB;
const CAPACITY_BYTES = 200 * KIB;
/** A flush of one record writes this much at most. */
const RECORD_MAX_BYTES = 400;

test("maxTotalBytes is passed by one batch at most, at every step of the file system", async () => {
  const table: { readonly servers: number; readonly segmentBytes: number; readonly signals: readonly string[] }[] = [
    { servers: 1, segmentBytes: 16 * KIB, signals: ["logs"] },
    { servers: 3, segmentBytes: 16 * KIB, signals: ["logs", "events", "traces"] },
    // Active segments alone would take more than there is.
    { servers: 40, segmentBytes: 8 * KIB, signals: ["logs", "metrics"] },
  ];
  for (const { servers, segmentBytes, signals } of table) {
    for (const compression of ["gzip", "none"] as const) {
      const what = JSON.stringify({ servers, segmentBytes, compression });
      const options = { segment: { maxBytes: segmentBytes, compression }, retention: BUDGET };
      await inStore(options, async (store, machine) => {
        const random = seededRandom(servers);
        let mostBytes = 0;
        machine.fileSystem.onStep(() => mostBytes = Math.max(mostBytes, bytesOnDisk(machine)));
        for (let n = 0; n < 1500; n++) {
          const server = `server-${Math.floor(random() * servers)}`;
          const signal = signals[Math.floor(random() * signals.length)] ?? "logs";
          const journal = store.journal({ stack: "shop", server, signal });
          journal.append(wordy(n, random));
          await journal.flush();
          if (n % 20 === 0) await pass(machine, 100);
        }
        assert.ok(mostBytes <= MAX_TOTAL_BYTES + RECORD_MAX_BYTES, `${what}: ${mostBytes} bytes`);
        // A limit that is kept by keeping little would be no use.
        assert.ok(mostBytes > MAX_TOTAL_BYTES / 2, `${what}: ${mostBytes} bytes`);
        assert.deepEqual(store.stats().failures, [], what);
        assertAccounts(store);
      });
    }
  }
});

test("maxTotalBytes keeps the newest records: what is left is the end of the journal, without a hole", async () => {
  await inStore({ segment: { maxBytes: 8 * KIB }, retention: BUDGET }, async (store, machine) => {
    await appendEach(store, machine, 2000);
    const numbers = await numbersIn(store);
    assert.deepEqual(numbers, range(numbers[0] ?? 0, 2000));
    assert.ok(numbers.length > 300, `${numbers.length} records`);
    assert.ok(store.stats().compression.finished > 10, "compression found its room");
  });
});

test("audit is never deleted or refused for the sake of the limit, and leaves the others what it does not take", async () => {
  await inStore({ segment: { maxBytes: 8 * KIB, compression: "none" }, retention: BUDGET }, async (store, machine) => {
    const audit = store.journal({ ...LOGS, signal: "audit" });
    const logs = store.journal(LOGS);
    const random = seededRandom(1);
    let [kept, refused] = [0, 0];
    for (let n = 0; n < 700; n++) {
      audit.append(wordy(n, random));
      await audit.flush();
      logs.append(wordy(n, random));
      await logs.flush().then(() => kept++, (error: Error) => {
        refused++;
        assert.match(error.message, /taken by segments that cannot be deleted, and maxTotalBytes is 65536/);
      });
    }
    assert.deepEqual(await numbersIn(store, { ...LOGS, signal: "audit" }), range(0, 700));
    assert.ok(kept > 100 && refused > 100, `${kept} kept, ${refused} refused`);
    assert.equal(store.stats().failures.length, 1);
    assertAccounts(store);
    // With room again, what waited is written.
    await store.wipe({ ...LOGS, signal: "audit" });
    await pass(machine, 5000);
    await logs.flush();
    assert.deepEqual(store.stats().failures, []);
    assert.equal((await numbersIn(store)).at(-1), 699);
  });
});

test("segment.maxBytes is a quarter of maxTotalBytes at most", async () => {
  const machine = memoryMachine();
  await assert.rejects(
    machine.open({ segment: { maxBytes: 1000 }, retention: { maxTotalBytes: 3999 } }),
    /option "segment.maxBytes" must be at most a quarter of "retention.maxTotalBytes", which is 3999, received 1000/,
  );
  await (await machine.open({ segment: { maxBytes: 1000 }, retention: { maxTotalBytes: 4000 } })).close();
  // The default gives way.
  await inStore({ retention: { maxSegments: false, maxTotalBytes: 4 * KIB } }, async (store, machine) => {
    await appendEach(store, machine, 100);
    assert.ok(store.stats().rotations > 5);
  });
});

test("keepFreeBytes: old segments go before the disk has less, then records are refused until it has more", async () => {
  const options = {
    segment: { maxBytes: 8 * KIB, compression: "none" as const },
    retention: { keepFreeBytes: 100 * KIB },
  };
  await inStore({ ...options, retention: { ...options.retention, maxSegments: false } }, async (store, machine) => {
    await appendEach(store, machine, 1000);
    const freeBytes = machine.fileSystem.freeBytes(MEMORY_ROOT) ?? 0;
    assert.ok(freeBytes >= 100 * KIB - RECORD_MAX_BYTES, `${freeBytes} bytes are free`);
    const numbers = await numbersIn(store);
    assert.deepEqual(numbers, range(numbers[0] ?? 0, 1000));
    assert.ok(numbers.length > 200);

    // Somebody else takes the disk.
    const file = machine.fileSystem.open("/data/foreign", "replace");
    const leave = (bytes: number) => {
      const { sizeBytes } = file.stat();
      file.writeSync(new Uint8Array((machine.fileSystem.freeBytes("/data") ?? 0) - bytes), sizeBytes);
    };
    leave(50 * KIB);
    await pass(machine, 1500);
    const journal = store.journal(LOGS);
    journal.append(numbered(1000));
    await journal.flush();
    assert.ok((await numbersIn(store)).length < numbers.length, "old segments made room");
    leave(50 * KIB);
    // What was deleted counts as free for a while, since a disk may give it back late.
    await pass(machine, 31_000);
    journal.append(numbered(1001));
    await assert.rejects(journal.flush(), /are free on the disk, and keepFreeBytes is 102400/);
    file.truncate(0);
    await pass(machine, 2500);
    await journal.flush();
    assert.deepEqual(await numbersIn(store), [1001]);
    file.close();
  });
});

test("keepFreeBytes asks for a system that tells how many bytes are free", async () => {
  const machine = memoryMachine();
  await assert.rejects(
    machine.open({ retention: { keepFreeBytes: 1 } }),
    /Cannot keep 1 bytes free: the system does not tell how many are; on Deno, --allow-sys=statfs lets it/,
  );
});

const BUDGET = { maxAgeMs: false, maxSegments: false, maxTotalBytes: MAX_TOTAL_BYTES } as const;

/** A record of 60 to 360 bytes that gzip shrinks to about half. */
function wordy(n: number, random: () => number): object {
  const length = Math.floor(random() * 50);
  return { ...numbered(n), text: Array.from({ length }, () => Math.floor(random() * 1e5).toString(16)).join(" ") };
}

async function appendEach(store: Store, machine: MemoryMachine, count: number): Promise<void> {
  const journal = store.journal(LOGS);
  const random = seededRandom(count);
  for (let n = 0; n < count; n++) {
    journal.append(wordy(n, random));
    await journal.flush();
    if (n % 20 === 0) await pass(machine, 100);
  }
}

/** Bytes of all segments, side and temporary files. */
function bytesOnDisk({ fileSystem }: MemoryMachine): number {
  let bytes = 0;
  for (const { name: server } of fileSystem.list(`${MEMORY_ROOT}/shop`)) {
    const folder = `${MEMORY_ROOT}/shop/${server}`;
    for (const { name } of fileSystem.list(folder)) {
      if (!name.startsWith(".")) bytes += fileSystem.stat(`${folder}/${name}`)?.sizeBytes ?? 0;
    }
  }
  return bytes;
}

async function inStore(
  options: StoreOptions,
  use: (store: Store, machine: MemoryMachine) => Promise<void>,
): Promise<void> {
  const machine = memoryMachine();
  machine.disk.capacityBytes = CAPACITY_BYTES;
  const store = await machine.open(options);
  await use(store, machine);
  await closeIn(machine, store);
  assert.equal(machine.clock.pendingTimers, 0, "timers are left");
}
