/**
 * Rotation under full load: what outside programs read of the segments is what was appended, byte for byte; and how
 * segments are named and cut, on a machine in memory.
 *
 * `VARVE_ROTATION_MB` sets how much is appended (45), `VARVE_SEED` repeats a run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { openStore, type Store, type StoreOptions, type StoreStats } from "../mod.ts";
import { RefusingFileSystem } from "./recovery/refusing_file_system.ts";
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
  seededRandom,
  START_MS,
  until,
} from "./recovery/stores.ts";
import { requireTool } from "./tools.ts";

const SEED = Number(process.env["VARVE_SEED"] ?? Date.now() % 2 ** 31);
const APPENDED_BYTES = Number(process.env["VARVE_ROTATION_MB"] ?? 45) * 1e6;
const SEGMENT_MAX_BYTES = 10 * 1024 * 1024;
const FLUSH_EVERY_BYTES = 2 ** 20;
const YEAR_MS = 365 * 24 * 3_600_000;
const MEMORY_FOLDER = `${MEMORY_ROOT}/shop/github`;

/** Text as it was appended, or as somebody read it. */
interface Digest {
  readonly bytes: number;
  readonly sha256: string;
}

/** A journal that was filled under full load. */
interface RotatedJournal {
  readonly root: string;
  readonly folder: string;
  readonly stats: StoreStats;
  /** Paths, oldest first. */
  readonly sealed: readonly string[];
  readonly active: string;
}

const gzip = requireTool("gzip");
const zcat = requireTool("zcat");
const jq = requireTool("jq");
const duckdb = requireDuckdb();
let rotated: RotatedJournal;

before(async () => {
  rotated = await rotateUnderLoad(mkdtempSync(join(tmpdir(), "varve-rotation-")));
});

after(() => rmSync(rotated.root, { recursive: true, force: true }));

test("rotation under full load drops nothing, compresses every sealed segment and leaves no .tmp", () => {
  const { rotations, compression, records } = rotated.stats;
  console.log(`seed ${SEED}: ${APPENDED_BYTES / 1e6} MB, ${rotations} rotations`);
  assert.deepEqual(records["logs"]?.dropped, {});
  const { finished, failed, backlog, rawBytes } = compression;
  assert.deepEqual({ finished, failed, backlog }, { finished: rotations, failed: 0, backlog: 0 });
  assert.ok(rotations >= Math.floor(APPENDED_BYTES / SEGMENT_MAX_BYTES) && rotations > 1, `${rotations} rotations`);
  assert.equal(rotated.sealed.length, rotations);
  assert.equal(rawBytes + statSync(rotated.active).size, appendedDigest().bytes);
  const sealed = rotated.sealed.map((path) => path.split("/").at(-1) ?? "");
  const sideFiles = sealed.map((name) => name.replace(/jsonl\.gz$/, "idx"));
  const own = [".holder.json", ".lock", "logs.jsonl", ...sealed, ...sideFiles];
  assert.deepEqual(namesIn(rotated.folder), own.sort());
});

test("gzip -t passes every sealed segment", { skip: gzip.skip }, () => {
  const { status, stderr } = spawnSync(gzip.path, ["-t", ...rotated.sealed], { encoding: "utf8" });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
});

const READERS: readonly { readonly name: string; readonly skip: string | false; readonly read: Read }[] = [
  { name: "zcat", skip: zcat.skip, read: (path) => spawn(zcat.path, [path]).stdout },
  { name: "node:zlib", skip: false, read: (path) => [gunzipSync(readFileSync(path))] },
  {
    name: "DecompressionStream",
    skip: false,
    read: (path) => new Blob([readFileSync(path)]).stream().pipeThrough(new DecompressionStream("gzip")),
  },
];
type Read = (path: string) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

for (const { name, skip, read } of READERS) {
  test(`${name}: sealed segments and the active file are the appended bytes, in order, cut between lines`, {
    skip,
  }, async () => {
    const hash = new TextDigest();
    for (const path of rotated.sealed) {
      const segment = new TextDigest();
      for await (const chunk of read(path)) for (const digest of [hash, segment]) digest.add(chunk);
      assert.ok(segment.bytes <= SEGMENT_MAX_BYTES, `${path} holds ${segment.bytes} bytes`);
      assert.deepEqual([segment.first, segment.last], ["{", "\n"], path);
    }
    hash.add(readFileSync(rotated.active));
    assert.deepEqual(hash.digest(), appendedDigest(), `seed ${SEED}`);
  });
}

test("jq reads every record of sealed segments and the active file, in order", { skip: zcat.skip || jq.skip }, () => {
  const script = `{ ${zcat.path} "$@"; cat '${rotated.active}'; } | ${jq.path} .n`;
  const { status, stdout, stderr } = spawnSync("sh", ["-c", script, "sh", ...rotated.sealed], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  assertInOrder(stdout.trimEnd().split("\n").map(Number), appendedRecords());
});

test("DuckDB reads every record of sealed segments, in order", { skip: duckdb.skip }, () => {
  const program = `
import { DuckDBInstance } from "@duckdb/node-api";
const connection = await (await DuckDBInstance.create()).connect();
const files = process.argv[1] + "/*.jsonl.gz";
const reader = await connection.runAndReadAll("SELECT n FROM read_json($files)", { files });
console.log(JSON.stringify(reader.getColumns()[0].map(Number)));
`;
  const { status, stdout, stderr } = spawnSync(
    duckdb.path,
    ["--input-type=module", "--eval", program, rotated.folder],
    { cwd: duckdb.directory, encoding: "utf8", maxBuffer: 2 ** 28 },
  );
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  const inActive = readFileSync(rotated.active, "utf8").split("\n").length - 1;
  assertInOrder(JSON.parse(stdout), appendedRecords() - inActive);
});

test("Varve reads every record, in order", async () => {
  await using store = await openStore(rotated.root);
  assertInOrder(await numbersIn(store), appendedRecords());
  const tail = await store.tail(LOGS, { count: 40_000 });
  assert.equal(tail[0]?.record["n"], appendedRecords() - tail.length);
});

/** How the wall clock moves from one record to the next. */
const CLOCKS: readonly { readonly name: string; readonly move: (machine: MemoryMachine, n: number) => void }[] = [
  { name: "stands still", move: () => {} },
  { name: "goes back a second at a time", move: ({ clock }) => clock.set(clock.now() - 1000) },
  { name: "goes back a year", move: ({ clock }, n) => n === 5 && clock.set(clock.now() - YEAR_MS) },
  { name: "jumps ten years ahead", move: ({ clock }, n) => n === 5 && clock.set(clock.now() + 10 * YEAR_MS) },
  {
    name: "jumps ten years ahead and back again",
    move: ({ clock }, n) => clock.set(START_MS + (n >= 5 && n < 8 ? 10 * YEAR_MS : n)),
  },
  {
    name: "jumps about",
    move: ({ clock }, n) => clock.set(START_MS + Math.floor(seededRandom(SEED + n)() * 10_000) - 5000),
  },
  { name: "crosses the end of a year", move: ({ clock }, n) => clock.set(Date.UTC(2027, 0, 1) - 3 + n) },
];

for (const compression of ["none", "gzip"] as const) {
  for (const { name, move } of CLOCKS) {
    test(`names of sealed segments sort by age and never repeat when the clock ${name} (${compression})`, async () => {
      const options = { segment: { maxBytes: 60, compression }, retention: { maxAgeMs: false, maxSegments: false } };
      const machine = memoryMachine();
      const seen: string[] = [];
      for (const start of [0, 10]) {
        // The second store knows of the first one's names only from the folder.
        const store = await machine.open(options as StoreOptions);
        for (const n of range(start, start + 10)) {
          await appendOne(store, n);
          const sealed = baseNames(machine);
          assert.deepEqual(sealed.slice(0, seen.length), seen, `seed ${SEED}`);
          seen.splice(0, Infinity, ...sealed);
          move(machine, n);
        }
        await pass(machine, 50);
        assert.deepEqual(await numbersIn(store), range(0, start + 10));
        await closeIn(machine, store);
      }
      // One record fills a segment.
      assert.equal(seen.length, 19);
      for (const base of seen) assert.match(base, /^logs-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}$/);
    });
  }
}

/** Whether every write is slow, so that batches wait and are written together. */
for (const disk of ["quick", "slow"] as const) {
  test(`appendAll() stays in one segment, and no record is split, on a ${disk} disk`, async () => {
    const machine = memoryMachine();
    const fileSystem = new RefusingFileSystem(machine.fileSystem);
    fileSystem.beforeWrite = () => machine.clock.advance(disk === "slow" ? 20 : 0);
    const options = { segment: { maxBytes: 1500, compression: "none" }, retention: { maxSegments: false } } as const;
    const store = await machine.open({ fileSystem, ...options });
    const random = seededRandom(SEED);
    const journal = store.journal(LOGS);
    let [n, group] = [0, 0];
    while (group < 400) {
      // Some groups are larger than a segment, as is one record in a hundred.
      const size = Math.floor(random() ** 4 * 60) + 1;
      const records = range(n, n + size).map((n) => ({ n, group, pad: "é".repeat(random() ** 20 * 2000) }));
      if (random() < 0.5) assert.equal(journal.appendAll(records), size);
      else for (const record of records) journal.append({ ...record, group: -1 });
      [n, group] = [n + size, group + 1];
      if (random() < 0.3) await journal.flush();
    }
    await journal.flush();
    assertGroupsWhole(machine);
    assert.deepEqual(await numbersIn(store), range(0, n), `seed ${SEED}`);
    await closeIn(machine, store);
  });
}

test("close() gives queued compressions up at once, however many they are", async () => {
  await inRoot(async (root) => {
    const store = await openStore(root, { segment: { maxBytes: 60 }, retention: { maxSegments: false } });
    for (const n of range(0, 80)) await appendOne(store, n);
    await store.sync();
    const { backlog } = store.stats().compression;
    const startMs = performance.now();
    await store.close();
    const tookMs = performance.now() - startMs;
    assert.ok(tookMs < 1000, `${tookMs} ms for ${backlog} compressions`);
  });
});

function assertGroupsWhole(machine: MemoryMachine): void {
  const segmentOf = new Map<number, string>();
  const names = machine.fileSystem.list(MEMORY_FOLDER).map(({ name }) => name).filter((name) => /^logs/.test(name));
  assert.ok(names.length > 50, `${names.length} segments`);
  for (const name of names) {
    const text = readText(machine, `${MEMORY_FOLDER}/${name}`);
    assert.ok(text.endsWith("\n"), name);
    const groups = text.trimEnd().split("\n").map((line) => Number(JSON.parse(line).group));
    const isOneGroup = groups.length === 1 || (groups[0] !== -1 && new Set(groups).size === 1);
    const bytes = new TextEncoder().encode(text).length;
    assert.ok(bytes <= 1500 || isOneGroup, `seed ${SEED}: ${name} holds ${bytes} bytes`);
    for (const group of new Set(groups.filter((group) => group >= 0))) {
      assert.equal(segmentOf.get(group), undefined, `seed ${SEED}: group ${group} is in two segments`);
      segmentOf.set(group, name);
    }
  }
}

async function rotateUnderLoad(root: string): Promise<RotatedJournal> {
  const store = await openStore(root, {
    segment: { maxBytes: SEGMENT_MAX_BYTES },
    retention: { maxSegments: false },
  });
  const journal = store.journal(LOGS);
  let unflushedBytes = 0;
  for (const { records, bytes } of loadRecords()) {
    if (records.length === 1) journal.append(records[0] ?? {});
    else journal.appendAll(records);
    unflushedBytes += bytes;
    if (unflushedBytes < FLUSH_EVERY_BYTES) continue;
    unflushedBytes = 0;
    await journal.flush();
  }
  await journal.flush();
  await until(() => store.stats().compression.backlog === 0, { timeoutMs: 60_000 });
  const stats = store.stats();
  await store.close();
  const folder = join(root, "shop/github");
  const sealed = namesIn(folder, /\.gz$/).map((name) => join(folder, name));
  return { root, folder, stats, sealed, active: join(folder, "logs.jsonl") };
}

/** The same records for the same seed: single ones, and now and then some that are appended together. */
function* loadRecords(): Generator<{ readonly records: readonly object[]; readonly bytes: number }> {
  const random = seededRandom(SEED);
  let n = 0;
  for (let bytes = 0; bytes < APPENDED_BYTES;) {
    const count = random() < 0.02 ? 1 + Math.floor(random() * 40) : 1;
    const records = range(0, count).map(() => loadRecord(n++, random));
    const groupBytes = records.reduce((sum, record) => sum + Buffer.byteLength(lineOf(record)), 0);
    yield { records, bytes: groupBytes };
    bytes += groupBytes;
  }
}

const WORDS = [
  "tool call finished",
  "größer",
  "日本語",
  "😀",
  "\u2028",
  '"quoted"',
  "a\\b\tc",
  "GET /v1/items",
  "x".repeat(300),
];

function loadRecord(n: number, random: () => number): object {
  const words = range(0, 1 + Math.floor(random() * 12)).map(() => WORDS[Math.floor(random() * WORDS.length)]);
  return { ...numbered(n), level: "INFO", msg: words.join(" "), took: random(), nested: { id: random() * 2 ** 53 } };
}

function lineOf(record: object): string {
  return `${JSON.stringify(record)}\n`;
}

let appended: (Digest & { readonly records: number }) | undefined;

/** What was appended, built again from the seed. */
function appendedText(): Digest & { readonly records: number } {
  if (appended !== undefined) return appended;
  const digest = new TextDigest();
  let count = 0;
  for (const { records } of loadRecords()) {
    digest.add(Buffer.from(records.map(lineOf).join("")));
    count += records.length;
  }
  return appended = { ...digest.digest(), records: count };
}

function appendedDigest(): Digest {
  const { bytes, sha256 } = appendedText();
  return { bytes, sha256 };
}

function appendedRecords(): number {
  return appendedText().records;
}

/** Hashes text that comes in pieces. */
class TextDigest {
  bytes = 0;
  first: string | undefined;
  last: string | undefined;
  readonly #hash = createHash("sha256");

  add(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.first ??= String.fromCharCode(chunk[0] ?? 0);
    this.last = String.fromCharCode(chunk.at(-1) ?? 0);
    this.bytes += chunk.length;
    this.#hash.update(chunk);
  }

  digest(): Digest {
    return { bytes: this.bytes, sha256: this.#hash.digest("hex") };
  }
}

/** Asserts that numbers are 0, 1, 2 and so on; shorter in its message than comparing lists of a hundred thousand. */
function assertInOrder(numbers: readonly number[], count: number): void {
  const wrong = numbers.findIndex((n, index) => n !== index);
  assert.equal(wrong, -1, `seed ${SEED}: record ${wrong} is ${numbers[wrong]}`);
  assert.equal(numbers.length, count, `seed ${SEED}`);
}

async function appendOne(store: Store, n: number): Promise<void> {
  const journal = store.journal(LOGS);
  journal.append(numbered(n));
  await journal.flush();
}

/** The base names of sealed segments, sorted. */
function baseNames(machine: MemoryMachine): string[] {
  const bases = machine.fileSystem.list(MEMORY_FOLDER).map(({ name }) => /^(logs-.*?)\.jsonl/.exec(name)?.[1]);
  return [...new Set(bases.filter((base) => base !== undefined))].sort();
}

function readText({ fileSystem }: MemoryMachine, path: string): string {
  const file = fileSystem.open(path, "read");
  const bytes = new Uint8Array(file.stat().sizeBytes);
  file.readSync(bytes, 0);
  file.close();
  return new TextDecoder().decode(bytes);
}

/** Node, and the directory from which it finds DuckDB, of which there are no packages for some machines. */
function requireDuckdb(): { readonly path: string; readonly directory: string; readonly skip: string | false } {
  const directory = fileURLToPath(new URL("../bench/duckdb", import.meta.url));
  const { path, skip } = requireTool("node");
  if (skip !== false) return { path, directory, skip };
  const probe = ["--input-type=module", "--eval", 'await import("@duckdb/node-api")'];
  if (spawnSync(path, probe, { cwd: directory }).status === 0) return { path, directory, skip };
  const reason = `needs DuckDB, which "npm ci" in ${directory} installs`;
  if (process.env["VARVE_REQUIRE_TOOLS"] !== "1") return { path, directory, skip: reason };
  throw new Error(`Cannot run a test: it ${reason}, and VARVE_REQUIRE_TOOLS=1 forbids to skip it`);
}
