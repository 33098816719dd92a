/**
 * Raw files, `.gz`, temporary and side files of one segment in every combination that a crash, another program or a person
 * leaves: what a reader sees of them, what opening makes of them, and what the inventory says.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Store, StoreOptions } from "../../mod.ts";
import { formatRfc3339 } from "../../src/model/time.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import { FOLDER, listNames, putFile, readFile } from "./protocol_files.ts";
import {
  closeIn,
  LOGS,
  type MemoryMachine,
  memoryMachine,
  numbered,
  numbersIn,
  pass,
  range,
  START_MS,
} from "./stores.ts";

/** Four records fill a segment. */
const OPTIONS: StoreOptions = { segment: { maxBytes: 180 }, retention: { maxSegments: false } };
const SEALED = "logs-2026-05-05T11-00-00.000";
const FUTURE = "logs-2099-01-01T00-00-00.000";
const WIPE = ".wipe-00000000-0000-4000-8000-000000000000.json";

/** A folder as it is found. */
interface FoundFolder {
  readonly name: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** The numbers that a reader sees. */
  readonly seen: readonly number[];
  /** How many segments the inventory counts; 0 when it does not list the journal. */
  readonly segments: number;
  /** Places that the reader passes over. Default: none. */
  readonly damaged?: number;
  readonly opened: {
    /** Names in the folder once compression is done, without those of the lock, and of side files of segments there. */
    readonly names: readonly string[];
    /** The numbers that are read then. Default: those that a reader saw before. */
    readonly numbers?: readonly number[];
  };
}

const RAW = lines(range(0, 4));
const ACTIVE = lines(range(4, 6));
const OWN = await compress(range(0, 4));
const OWN_SHORT = await compress(range(0, 2));
const FOREIGN = new Uint8Array(gzipSync(RAW));
const NOTHING = new Uint8Array(0);
const ZEROS = new Uint8Array(RAW.length);
const COMPRESSED_PAIR = { names: ["logs.jsonl", `${SEALED}.jsonl.gz`] };

const TABLE: readonly FoundFolder[] = [
  ...pairs({
    "a complete .gz": OWN,
    "a complete .gz of another program": FOREIGN,
    "a complete .gz of a part of it": OWN_SHORT,
    "half of a .gz": OWN.subarray(0, OWN.length / 2),
    "half of a .gz of another program": FOREIGN.subarray(0, FOREIGN.length / 2),
    "the header of a .gz": OWN.subarray(0, 40),
    "an empty .gz": NOTHING,
    "a .gz with a flipped bit": flip(OWN, OWN.length - 20),
    "a .gz whose block table is damaged": flip(OWN, 30),
    "a .gz without its last byte": OWN.subarray(0, -1),
    "a .gz with a damaged checksum at its end": flip(OWN, OWN.length - 8),
    "a .gz with bytes behind its end": Uint8Array.of(...OWN, 0, 0, 0),
    "a .gz that is none": RAW,
    "a .gz of zeros": new Uint8Array(OWN.length),
  }).map((found) => ({ ...found, name: `a raw file beside ${found.name}` })),
  {
    name: "an empty raw file beside a complete .gz",
    files: { "logs.jsonl": ACTIVE, [`${SEALED}.jsonl`]: NOTHING, [`${SEALED}.jsonl.gz`]: OWN },
    seen: [4, 5],
    segments: 2,
    opened: { ...COMPRESSED_PAIR, numbers: range(0, 6) },
  },
  {
    name: "half of a raw file beside a complete .gz",
    files: { "logs.jsonl": ACTIVE, [`${SEALED}.jsonl`]: lines(range(0, 2)), [`${SEALED}.jsonl.gz`]: OWN },
    seen: [0, 1, 4, 5],
    segments: 2,
    opened: { ...COMPRESSED_PAIR, numbers: range(0, 6) },
  },
  {
    name: "a raw file of zeros beside a complete .gz",
    files: { "logs.jsonl": ACTIVE, [`${SEALED}.jsonl`]: ZEROS, [`${SEALED}.jsonl.gz`]: OWN },
    seen: [4, 5],
    segments: 2,
    damaged: 1,
    opened: { ...COMPRESSED_PAIR, numbers: range(0, 6) },
  },
  {
    name: "a .gz beside a .gz.tmp",
    files: { "logs.jsonl": ACTIVE, [`${SEALED}.jsonl.gz`]: OWN, [`${SEALED}.jsonl.gz.tmp`]: OWN.subarray(0, 50) },
    seen: range(0, 6),
    segments: 2,
    opened: COMPRESSED_PAIR,
  },
  {
    name: "a raw file beside a complete .gz.tmp",
    files: { "logs.jsonl": ACTIVE, [`${SEALED}.jsonl`]: RAW, [`${SEALED}.jsonl.gz.tmp`]: OWN },
    seen: range(0, 6),
    segments: 2,
    opened: COMPRESSED_PAIR,
  },
  {
    name: "a raw file, a .gz, a .gz.tmp and a side file",
    files: {
      "logs.jsonl": ACTIVE,
      [`${SEALED}.jsonl`]: RAW,
      [`${SEALED}.jsonl.gz`]: OWN,
      [`${SEALED}.jsonl.gz.tmp`]: NOTHING,
      [`${SEALED}.idx`]: ZEROS,
    },
    seen: range(0, 6),
    segments: 2,
    opened: COMPRESSED_PAIR,
  },
  {
    name: "a .gz.tmp alone, which is worth nothing without its raw file's removal",
    files: { [`${SEALED}.jsonl.gz.tmp`]: OWN },
    seen: [],
    segments: 0,
    opened: { names: ["logs.jsonl"] },
  },
  {
    name: "a side file alone, which is worth nothing",
    files: { [`${SEALED}.idx`]: ZEROS },
    seen: [],
    segments: 0,
    opened: { names: ["logs.jsonl"] },
  },
  {
    name: "an empty raw file",
    files: { "logs.jsonl": ACTIVE, [`${SEALED}.jsonl`]: NOTHING },
    seen: [4, 5],
    segments: 2,
    opened: COMPRESSED_PAIR,
  },
  {
    name: "an empty active file",
    files: { "logs.jsonl": NOTHING, [`${SEALED}.jsonl`]: RAW },
    seen: range(0, 4),
    segments: 2,
    opened: COMPRESSED_PAIR,
  },
  {
    name: "no active file",
    files: { [`${SEALED}.jsonl`]: RAW },
    seen: range(0, 4),
    segments: 1,
    opened: COMPRESSED_PAIR,
  },
  {
    name: "a raw file newer than the clock",
    files: { "logs.jsonl": ACTIVE, [`${FUTURE}.jsonl`]: RAW },
    seen: range(0, 6),
    segments: 2,
    opened: { names: ["logs.jsonl", `${FUTURE}.jsonl.gz`] },
  },
  {
    name: "control files that were being written",
    files: { "logs.jsonl": ACTIVE, ".holder.json.tmp": NOTHING, [`${WIPE}.tmp`]: text(`{"signal":"logs"}\n`) },
    seen: [4, 5],
    segments: 1,
    opened: { names: ["logs.jsonl"] },
  },
  {
    name: "a wipe request that cannot be read, which is left to a person",
    files: { "logs.jsonl": ACTIVE, [WIPE]: text(`{"signal":`) },
    seen: [4, 5],
    segments: 1,
    opened: { names: [WIPE, "logs.jsonl"] },
  },
];

for (const found of TABLE) {
  test(`${found.name}: what a reader sees, what opening makes of it, and that it goes on`, async () => {
    const machine = memoryMachine();
    const fileSystem = new MemoryFileSystem(machine.disk);
    fileSystem.makeDirectory(FOLDER);
    for (const [name, content] of Object.entries(found.files)) putFile(fileSystem, name, content);
    await checkReader(machine, found);
    await checkOpening(machine, found);
  });
}

async function checkReader(machine: MemoryMachine, { files, seen, segments, damaged = 0 }: FoundFolder): Promise<void> {
  const names = listNames(machine.fileSystem);
  const store = await machine.open(OPTIONS);
  assert.deepEqual(await numbersIn(store), seen);
  assert.equal(store.stats().damagedPlaces, damaged, "damaged places");
  const tail = await store.tail(LOGS, { count: 3 });
  assert.deepEqual(tail.map(({ record }) => record["n"]), seen.slice(-3));
  await assertInventory(store, { seen, segments, files });
  await store.close();
  assert.deepEqual(listNames(machine.fileSystem), names, "a reader changes nothing");
}

async function checkOpening(machine: MemoryMachine, { seen, opened }: FoundFolder): Promise<void> {
  const { names, numbers = seen } = opened;
  const store = await machine.open(OPTIONS);
  const journal = store.journal(LOGS);
  await pass(machine, 1500);
  assert.equal(store.stats().compression.failed, 0, "compressions that failed");
  const isOurs = (name: string) => !/^\.(?:lock|holder\.json)$/.test(name);
  const found = listNames(machine.fileSystem).filter(isOurs);
  const isSideFile = (name: string) => name.endsWith(".idx") && found.includes(name.replace(/idx$/, "jsonl.gz"));
  assert.deepEqual(found.filter((name) => !isSideFile(name)), names.toSorted());
  assert.deepEqual(await numbersIn(store), numbers);
  const files = Object.fromEntries(found.map((name) => [name, readFile(machine.fileSystem, name)]));
  assert.deepEqual([...numbersInFiles(files)], numbers, "what zcat and cat print");
  const segments = names.filter((name) => /\.jsonl(?:\.gz)?$/.test(name)).length;
  await assertInventory(store, { seen: numbers, segments, files });
  const appended = range(100, 110);
  for (const n of appended) journal.append(numbered(n));
  await journal.sync();
  await pass(machine, 1500);
  assert.ok(store.stats().rotations >= 2, "too little was appended");
  assert.deepEqual(await numbersIn(store), [...numbers, ...appended]);
  await closeIn(machine, store);
}

/** The numbers in segments as other programs read them. */
function* numbersInFiles(files: Readonly<Record<string, Uint8Array>>): Generator<number> {
  const isActive = (name: string) => name === "logs.jsonl";
  const segments = Object.keys(files).filter((name) => /\.jsonl(?:\.gz)?$/.test(name));
  for (const name of segments.toSorted((a, b) => Number(isActive(a)) - Number(isActive(b)))) {
    const content = files[name] ?? NOTHING;
    const lines = new TextDecoder().decode(name.endsWith(".gz") ? gunzipSync(content) : content).split("\n");
    for (const line of lines) if (line !== "") yield JSON.parse(line).n;
  }
}

/** The inventory counts each segment once, all bytes, and the times of the records that a reader sees. */
async function assertInventory(
  store: Store,
  { seen, segments, files }: Pick<FoundFolder, "seen" | "segments" | "files">,
): Promise<void> {
  const inventory = await store.inventory();
  if (segments === 0) return assert.deepEqual(inventory, []);
  const sizes = Object.entries(files).map(([name, { length }]) => name.startsWith("logs") ? length : 0);
  const times = seen.toSorted((a, b) => a - b).map((n) => formatRfc3339(BigInt(START_MS + n) * 1_000_000n));
  assert.deepEqual(inventory, [{
    ...LOGS,
    path: `${FOLDER}/logs.jsonl`,
    sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
    oldestTime: times[0] ?? null,
    newestTime: times.at(-1) ?? null,
    fileCount: segments,
  }]);
}

/** A raw file of four records, one of `gzips` beside it, and an active file: the raw file counts. */
function pairs(gzips: Readonly<Record<string, Uint8Array>>): FoundFolder[] {
  return Object.entries(gzips).map(([name, gzip]) => ({
    name,
    files: { "logs.jsonl": ACTIVE, [`${SEALED}.jsonl`]: RAW, [`${SEALED}.jsonl.gz`]: gzip },
    seen: range(0, 6),
    segments: 2,
    opened: COMPRESSED_PAIR,
  }));
}

/** Self-indexed gzip of records, as a store makes it. */
async function compress(numbers: readonly number[]): Promise<Uint8Array> {
  const machine = memoryMachine();
  const store = await machine.open({ segment: { maxBytes: lines(numbers).length } });
  const journal = store.journal(LOGS);
  for (const n of [...numbers, 1000]) journal.append(numbered(n));
  await journal.flush();
  await pass(machine, 1500);
  const name = listNames(machine.fileSystem).find((each) => each.endsWith(".gz")) ?? assert.fail("nothing was sealed");
  const bytes = readFile(machine.fileSystem, name);
  await closeIn(machine, store);
  return bytes;
}

function lines(numbers: readonly number[]): Uint8Array {
  return text(numbers.map((n) => `${JSON.stringify(numbered(n))}\n`).join(""));
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

function flip(bytes: Uint8Array, offset: number): Uint8Array {
  return bytes.map((byte, index) => index === offset ? byte ^ 0x10 : byte);
}
