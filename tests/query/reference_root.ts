/**
 * Random roots: several stacks, servers and signals, with segments in every form that a reader meets.
 *
 * Lines of many programs stand in an active file, in raw segments, in segments that a store compressed, with whole, damaged
 * and missing side files, and in plain gzip of one or several members. A root is written anew for each seed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type JournalKey, openStore } from "../../mod.ts";
import type { TelemetryRecord } from "../../src/model/record.ts";
import { until } from "../recovery/stores.ts";
import { pick, type Random } from "./json_forms.ts";
import { gridctlEnvelope, isPlain, lineOf, noiseLine, withRoundedNumber } from "./reference_lines.ts";
import { logRecord, pointRecord, type ServerClock, serverClock, traceRecord } from "./reference_records.ts";

/** A record of a root and what is known of it. */
export interface ReferenceRecord {
  /** Tells it from every other one of the root. */
  readonly n: number;
  readonly key: JournalKey;
  /** As it stands in the line. */
  readonly record: TelemetryRecord;
  /** As it was before its line was written in gridctl's form. */
  readonly original: TelemetryRecord;
  /** Whether jq can hold it. */
  readonly isPlain: boolean;
}

/** A journal of a root. */
export interface ReferenceJournal {
  readonly key: JournalKey;
  /** In append order. */
  readonly records: readonly ReferenceRecord[];
  /** Lines that are neither blank nor a record. */
  readonly damagedLines: number;
  /** Absolute paths of its segments, oldest first. */
  readonly files: readonly string[];
}

/** How many segments of each form a root has. */
export type FormCounts = Record<SegmentForm | "sideFile" | "badSideFile", number>;

/** See the module. */
export interface ReferenceRoot {
  readonly root: string;
  readonly journals: readonly ReferenceJournal[];
  readonly forms: FormCounts;
}

type SegmentForm = "active" | "raw" | "compressed" | "gzip" | "members";

/** A journal's segment before it is a file. */
interface PlannedSegment {
  readonly form: SegmentForm;
  readonly path: string;
  readonly bytes: Uint8Array;
}

interface PlannedJournal extends Omit<ReferenceJournal, "files"> {
  readonly segments: readonly PlannedSegment[];
}

/** One journal of every root: which, how many records, and how many of them are wide, so that segments have many blocks. */
interface JournalShape {
  readonly key: JournalKey;
  readonly records: number;
  readonly wideShare: number;
}

const KEYS: readonly (readonly [stack: string, server: string, signal: string, records: number, wideShare: number])[] =
  [
    ["shop", "web-1", "logs", 80, 0.02],
    ["shop", "my server", "logs", 60, 0],
    ["shop", "gateway", "logs", 110, 0.6],
    ["lab", "web-1", "logs", 50, 0],
    ["lab", "web-2", "logs", 3, 0],
    ["shop", "web-1", "timeseries", 60, 0],
    ["lab", "web-1", "timeseries", 60, 0],
    ["shop", "gateway", "traces", 50, 0],
    ["shop", "web-1", "traces", 50, 0],
  ];

const SHAPES: readonly JournalShape[] = KEYS.map(([stack, server, signal, records, wideShare]) => ({
  key: { stack, server, signal },
  records,
  wideShare,
}));

const MAKERS: Readonly<
  Record<string, (n: number, of: { readonly random: Random; readonly clock: ServerClock }) => TelemetryRecord>
> = { logs: logRecord, timeseries: pointRecord, traces: traceRecord };

/** What stands behind the last line feed of an active file is still being written. */
const TORN_LINE = '{"ts":"2026-05-05T12:00:00Z","level":"ERROR","tool":"sea';

const encoder = new TextEncoder();

/**
 * Writes a random root into a directory that is empty.
 *
 * @param options `isPlain` leaves out what jq cannot hold.
 */
export async function writeRoot(
  root: string,
  options: { readonly random: Random; readonly isPlain?: boolean },
): Promise<ReferenceRoot> {
  const { random, isPlain = false } = options;
  let firstNumber = 0;
  const planned = SHAPES.map((shape) => {
    const journal = planJournal(shape, { root, random, firstNumber, isPlain });
    firstNumber += shape.records;
    return journal;
  });
  await writeCompressed(root, planned);
  const forms: FormCounts = { active: 0, raw: 0, compressed: 0, gzip: 0, members: 0, sideFile: 0, badSideFile: 0 };
  const sideFiles: string[] = [];
  for (const segment of planned.flatMap(({ segments }) => segments)) {
    forms[segment.form]++;
    if (segment.form !== "compressed") writeFileSync(segment.path, contentOf(segment, random));
    else sideFiles.push(segment.path.replace(".jsonl.gz", ".idx"));
  }
  for (const path of sideFiles.filter((path) => existsSync(path))) {
    const isBad = random() < 0.4;
    if (isBad) spoil(path, { random, other: pick([path, ...sideFiles], random) });
    forms[isBad ? "badSideFile" : "sideFile"]++;
  }
  const journals = planned.map(({ segments, ...journal }) => ({ ...journal, files: segments.map(({ path }) => path) }));
  return { root, journals, forms };
}

/** The segments of a journal as they are named now, oldest first; of a raw one and its `.gz` the raw one. */
export function segmentFiles(root: string, { stack, server, signal }: JournalKey): string[] {
  const folder = join(root, stack, server);
  const names = readdirSync(folder).filter((name) => name.startsWith(`${signal}-`) && /\.jsonl(?:\.gz)?$/.test(name));
  const sealed = names.filter((name) => !names.includes(name.replace(/\.gz$/, "")) || !name.endsWith(".gz")).sort();
  return [...sealed, `${signal}.jsonl`].map((name) => join(folder, name));
}

function planJournal(
  { key, records: count, wideShare }: JournalShape,
  of: { readonly root: string; readonly random: Random; readonly firstNumber: number; readonly isPlain: boolean },
): PlannedJournal {
  const { random, firstNumber } = of;
  const clock = serverClock(random);
  const records: ReferenceRecord[] = [];
  const lines = new PlannedLines(random);
  for (let index = 0; index < count; index++) {
    const plan = () => planRecord(firstNumber + index, { key, random, clock, wideShare });
    let record = plan();
    while (of.isPlain && !record.isPlain) record = plan();
    const line = lineOf(record.record, random);
    const rounded = of.isPlain || random() > 0.05 ? line : withRoundedNumber(line);
    records.push(rounded === line ? record : { ...record, isPlain: false });
    lines.addRecord(rounded);
    if (random() < 0.05) lines.addNoise();
  }
  const folder = join(of.root, key.stack, key.server);
  return { key, records, damagedLines: lines.damaged, segments: planSegments(lines.all, { key, folder, random }) };
}

/** The lines of a journal, with what stands between them. */
class PlannedLines {
  readonly all: string[] = [];
  /** What a reader finds that is neither a record nor blank. */
  damaged = 0;
  readonly #random: Random;
  #isBehindRecord = false;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Adds a record: in a line of its own, or beside a hole of NULs, as a loss of power leaves it, which ends a line too. */
  addRecord(line: string): void {
    const hole = this.#random() < 0.03 ? "\0".repeat(1 + Math.floor(this.#random() * 9)) : "";
    const before = this.#isBehindRecord && hole !== "" && this.#random() < 0.4 ? this.all.pop() : undefined;
    const isBefore = before !== undefined || this.#random() < 0.5;
    this.all.push(`${before ?? ""}${isBefore ? hole : ""}${line}${isBefore ? "" : hole}`);
    if (hole !== "") this.damaged++;
    // A hole that goes on would be one.
    this.#isBehindRecord = hole === "";
  }

  addNoise(): void {
    const { text, isBlank } = noiseLine(this.#random);
    this.all.push(text);
    if (!isBlank) this.damaged++;
    this.#isBehindRecord = false;
  }
}

function planRecord(
  n: number,
  of: { readonly key: JournalKey; readonly random: Random; readonly clock: ServerClock; readonly wideShare: number },
): ReferenceRecord {
  const { key, random, wideShare } = of;
  const make = MAKERS[key.signal];
  assert.ok(make !== undefined);
  const made = make(n, of);
  const original = random() < wideShare ? { ...made, pad: padding(random) } : made;
  const record = key.signal === "traces" && random() < 0.3 ? gridctlEnvelope(original) : original;
  return { n, key, record, original, isPlain: isPlain(record) };
}

/** Some KiB that hardly compress, of words that no filter looks for. */
function padding(random: Random): string {
  const words = Array.from(
    { length: 200 + Math.floor(random() * 2500) },
    () => `w${Math.floor(random() * 2 ** 32).toString(36)}`,
  );
  return words.join(" ");
}

/** Cuts lines into sealed segments and an active one. */
function planSegments(
  lines: readonly string[],
  of: { readonly key: JournalKey; readonly folder: string; readonly random: Random },
): PlannedSegment[] {
  const { key: { signal }, folder, random } = of;
  const sealedCount = Math.floor(random() * 6);
  const cuts = Array.from({ length: sealedCount }, () => Math.floor(random() * (lines.length + 1))).sort((a, b) =>
    a - b
  );
  const starts = [0, ...cuts];
  return starts.map((start, index): PlannedSegment => {
    const isActive = index === starts.length - 1;
    const form: SegmentForm = isActive
      ? "active"
      : pick<SegmentForm>(["raw", "compressed", "compressed", "compressed", "gzip", "members"], random);
    const stamp = `2026-05-0${1 + index}T00-00-00.${String(index).padStart(3, "0")}${index === 2 ? "-size" : ""}`;
    const ending = form === "active" ? "" : `-${stamp}`;
    const path = join(folder, `${signal}${ending}.jsonl${form === "active" || form === "raw" ? "" : ".gz"}`);
    const own = lines.slice(start, starts[index + 1]);
    const mark = random() < 0.15 && own[0]?.startsWith("\ufeff") !== true ? "\ufeff" : "";
    const isOpen = own.length === 0 || (!isActive && random() < 0.2);
    const torn = isActive && random() < 0.4 ? TORN_LINE : "";
    return { form, path, bytes: encoder.encode(`${mark}${own.join("\n")}${isOpen ? "" : "\n"}${torn}`) };
  });
}

/** Has a store compress what is to be, as a sealed raw segment that it finds when it opens the journal. */
async function writeCompressed(root: string, journals: readonly PlannedJournal[]): Promise<void> {
  const retention = { maxAgeMs: false, maxSegments: false } as const;
  for (const { segments } of journals) {
    for (const { form, path, bytes } of segments) {
      mkdirSync(join(path, ".."), { recursive: true });
      if (form === "compressed") writeFileSync(path.replace(/\.gz$/, ""), bytes);
    }
  }
  await using store = await openStore(root, { retention });
  for (const { key } of journals) store.journal(key);
  const compressed = journals.flatMap(({ segments }) => segments).filter(({ form }) => form === "compressed");
  await until(() => compressed.every(({ path }) => existsSync(path) && !existsSync(path.replace(/\.gz$/, ""))));
}

function contentOf({ form, bytes }: PlannedSegment, random: Random): Uint8Array {
  if (form === "gzip") return gzipSync(bytes);
  if (form !== "members") return bytes;
  const cut = Math.floor(random() * bytes.length);
  return Buffer.concat([gzipSync(bytes.subarray(0, cut)), gzipSync(bytes.subarray(cut))]);
}

/** Does to a side file what may become of one: it is gone, cut off, damaged, or that of another segment. */
function spoil(path: string, { random, other }: { readonly random: Random; readonly other: string }): void {
  const kind = random();
  if (kind < 0.15) return rmSync(path);
  if (kind < 0.3) return truncateSync(path, Math.floor(random() * readFileSync(path).length));
  if (kind < 0.6 && other !== path && existsSync(other)) return copyFileSync(other, path);
  const bytes = readFileSync(path);
  for (let flips = 1 + Math.floor(random() * 8); flips > 0; flips--) {
    const index = Math.floor(random() * bytes.length);
    bytes[index] = (bytes[index] ?? 0) ^ (1 << Math.floor(random() * 8));
  }
  writeFileSync(path, bytes);
}
