import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openStore, type Verified, type VerifiedSegment } from "../../mod.ts";
import { VERIFIED_PLACES_MAX } from "../../src/limits.ts";
import { verifyFolders } from "../../src/query/verification.ts";
import { RefusingFileSystem } from "../recovery/refusing_file_system.ts";
import { inRoot, LOGS, MEMORY_ROOT, memoryMachine, namesIn, numbered, putFiles, range } from "../recovery/stores.ts";
import { compress } from "../segment/segments.ts";

const FOLDER = "shop/github";

test("Store.verify: every segment of the selection, oldest first, with what it holds", async () => {
  await inRoot(async (root) => {
    const gzip = compress(`{"n":1}\n{"n":2}\n`);
    putFiles(root, {
      [`${FOLDER}/logs-2026-05-01T00-00-00.000.jsonl.gz`]: gzip,
      [`${FOLDER}/logs-2026-05-02T00-00-00.000.jsonl`]: `{"n":3}\n`,
      [`${FOLDER}/logs.jsonl`]: `{"n":4}\n{"n":`,
      [`${FOLDER}/traces.jsonl`]: "",
      [`${FOLDER}/notes.txt`]: "mine",
      [`${FOLDER}/logs-backup.jsonl`]: "mine",
      "shop/other/logs.jsonl": `{"n":5}\n`,
      "bank/core/metrics.jsonl": `{"n":6}\n`,
    });
    await using store = await openStore(root);
    const shown = async (selection: Parameters<typeof store.verify>[0]) =>
      (await segmentsOf(store.verify(selection))).map(({ path, form, sizeBytes, records, unfinishedBytes }) =>
        [path.slice(root.length + 1), form, sizeBytes, records, unfinishedBytes].join(" ")
      );
    const logs = [
      `${FOLDER}/logs-2026-05-01T00-00-00.000.jsonl.gz gzip ${gzip.length} 2 0`,
      `${FOLDER}/logs-2026-05-02T00-00-00.000.jsonl raw 8 1 0`,
      `${FOLDER}/logs.jsonl active 13 1 5`,
    ];
    const rest = [`${FOLDER}/traces.jsonl active 0 0 0`, "shop/other/logs.jsonl active 8 1 0"];
    assert.deepEqual(await shown(undefined), ["bank/core/metrics.jsonl active 8 1 0", ...logs, ...rest]);
    assert.deepEqual(await shown({ stack: "shop" }), [...logs, ...rest]);
    assert.deepEqual(await shown({ stack: "shop", server: "github", signal: "logs" }), logs);
    assert.deepEqual(await shown({ server: "core" }), ["bank/core/metrics.jsonl active 8 1 0"]);
    assert.deepEqual(await shown({ stack: "nobody" }), []);
    assert.deepEqual(namesIn(join(root, FOLDER), /lock|holder/), [], "nothing was written");
    await assert.rejects(shown({ signal: "log" }), /Cannot use signal "log"/);
  });
});

test("Store.verify: a service that writes, rotates and compresses meanwhile is no damage", async () => {
  await inRoot(async (root) => {
    const options = { segment: { maxBytes: 20_000 }, retention: { maxSegments: 4 } };
    await using writer = await openStore(root, options);
    await using reader = await openStore(root);
    const journal = writer.journal(LOGS);
    let isOver = false;
    const writing = (async () => {
      for (let n = 0; !isOver; n++) {
        journal.append(numbered(n));
        if (n % 50 !== 0) continue;
        await journal.flush();
        // On a quick disk a flush leaves the event loop no turn, and the reader none either.
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    try {
      for (let round = 0; round < 30 || writer.stats().rotations <= 5; round++) {
        for (const { path, damage } of await segmentsOf(reader.verify())) assert.deepEqual(damage, [], path);
      }
    } finally {
      isOver = true;
      await writing;
    }
    assert.ok(writer.stats().rotations > 5, `${writer.stats().rotations} rotations`);
    await journal.flush();
    const own = await segmentsOf(writer.verify());
    assert.equal(own.at(-1)?.form, "active");
  });
});

test("Store.verify: records that this store has not written yet are verified as well", async () => {
  await inRoot(async (root) => {
    await using store = await openStore(root);
    store.journal(LOGS).append(numbered(1));
    assert.equal((await segmentsOf(store.verify()))[0]?.records, 1);
  });
});

test("Store.verify: adjacent bad lines are one place, and past 1000 places only their count grows", async () => {
  await inRoot(async (root) => {
    const count = VERIFIED_PLACES_MAX + 500;
    putFiles(root, { [`${FOLDER}/logs.jsonl`]: `x\ny\nz\n{"n":0}\n`.repeat(count) });
    await using store = await openStore(root);
    const [segment] = await segmentsOf(store.verify());
    assert.deepEqual([segment?.records, segment?.damagedPlaces, segment?.damage.length], [
      count,
      count,
      VERIFIED_PLACES_MAX,
    ]);
    const { offset, bytes, lines } = segment?.damage[1] ?? {};
    assert.deepEqual([offset, bytes, lines], [14, 6, 3]);
  });
});

test("Store.verify: progress grows up to the bytes of all files", async () => {
  await inRoot(async (root) => {
    const raw = range(0, 50_000).map((n) => `{"n":${n}}\n`).join("");
    const gzip = compress(raw, { blockTargetBytes: 10_000 });
    putFiles(root, {
      [`${FOLDER}/logs.jsonl`]: raw,
      [`${FOLDER}/logs-2026-05-01T00-00-00.000.jsonl.gz`]: gzip,
      [`${FOLDER}/logs-2026-05-01T00-00-00.000.jsonl.gz.tmp`]: "left over",
    });
    await using store = await openStore(root);
    const checked: number[] = [];
    const totalBytes = raw.length + gzip.length;
    await segmentsOf(store.verify({}, {
      onProgress: (progress) => {
        assert.equal(progress.totalBytes, totalBytes);
        checked.push(progress.checkedBytes);
      },
    }));
    assert.ok(checked.length > 20, `${checked.length} steps`);
    assert.deepEqual(checked, [...checked].sort((a, b) => a - b));
    assert.equal(checked.at(-1), totalBytes);
  });
});

test("verifyFolders: a file that the system does not read is named, and the others are still looked at", async () => {
  const machine = memoryMachine();
  const folder = `${MEMORY_ROOT}/${FOLDER}`;
  machine.fileSystem.makeDirectory(folder);
  for (const name of ["logs-2026-05-01T00-00-00.000.jsonl", "logs-2026-05-02T00-00-00.000.jsonl", "logs.jsonl"]) {
    machine.fileSystem.open(`${folder}/${name}`, "update").writeSync(new TextEncoder().encode(`{"n":1}\n`), 0);
  }
  const fileSystem = new RefusingFileSystem(machine.fileSystem);
  fileSystem.refuse({ operation: "open", path: /05-02/, code: "EIO" });
  const folders = [{ stack: "shop", server: "github", path: folder }];
  const work = { fileSystem, folders, isSignal: () => true, options: {} };
  const found = await segmentsOf(verifyFolders(work));
  assert.deepEqual(found.map(({ records, damagedPlaces }) => [records, damagedPlaces]), [[1, 0], [0, 1], [1, 0]]);
  const [place] = found[1]?.damage ?? [];
  assert.equal(place?.path, `${folder}/logs-2026-05-02T00-00-00.000.jsonl`);
  assert.match(place?.reason ?? "", /the system does not read the file: .*refused/);
});

async function segmentsOf(verified: AsyncIterable<Verified>): Promise<VerifiedSegment[]> {
  return (await Array.fromAsync(verified)).filter((each) => each.kind === "segment");
}
