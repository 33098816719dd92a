// Goal: every record handed in reaches the sink once and in order, or is dropped with a reason, however the disk behaves.
// Method: a sink that is slow, refuses or waits on command, under a clock that only the test moves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreLockedError } from "../../src/errors.ts";
import { JournalAccounts } from "../../src/journal/accounts.ts";
import { BatchWriter } from "../../src/journal/batch_writer.ts";
import { QueueBudget } from "../../src/journal/queue_budget.ts";
import { ManualClock } from "../../src/platform/manual_clock.ts";

const KIB = 1024;

/** A sink that keeps what it is given. */
class TestSink {
  readonly path = "/journal";
  readonly writes: string[] = [];
  /** How long each synchronous write takes. */
  syncMs = 0;
  /** What the next writes throw. */
  failure: Error | undefined;
  asyncWrites = 0;
  /** Called when an asynchronous write has ended, before the writer goes on. */
  afterWrite: () => void = () => {};
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  get lines(): string[] {
    return this.writes.join("").split("\n").slice(0, -1);
  }

  writeSync(bytes: Uint8Array): void {
    this.#clock.advance(this.syncMs);
    if (this.failure !== undefined) throw this.failure;
    this.writes.push(new TextDecoder().decode(bytes));
  }

  async write(bytes: Uint8Array, onWritten: () => void): Promise<void> {
    this.asyncWrites++;
    const before = this.writes.length;
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    // As the segment does: what was written synchronously meanwhile stands at the same place.
    if (this.writes.length > before) return;
    this.writes.push(new TextDecoder().decode(bytes));
    onWritten();
    // Other work comes before the writer learns that the call has ended.
    this.afterWrite();
    await Promise.resolve();
  }
}

function setUp(options: { readonly queueMaxBytes?: number } = {}) {
  const clock = new ManualClock(0);
  const sink = new TestSink(clock);
  const accounts = new JournalAccounts();
  const budget = new QueueBudget(options.queueMaxBytes ?? 16 * KIB * KIB);
  const writer = new BatchWriter({
    sink,
    clock,
    accounts,
    budget,
    batchMaxChars: 100,
    writeMaxBytes: 1000,
    onLateWrite() {},
  });
  return { clock, sink, accounts, budget, writer };
}

function numbers(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `{"n":${from + index}}`);
}

const noSpace = Object.assign(new Error("no space left"), { code: "ENOSPC" });

test("BatchWriter: writes when a batch is full, and the rest with flush", async () => {
  const { sink, writer } = setUp();
  for (const line of numbers(30)) writer.add(line);
  assert.ok(sink.writes.length > 0 && sink.writes.every((write) => write.length <= 100 && write.endsWith("\n")));
  await writer.flush();
  assert.deepEqual(sink.lines, numbers(30));
  assert.equal(writer.queuedRecords, 0);
});

test("BatchWriter: a line longer than a batch is a write of its own, and lines added together stay together", async () => {
  const { sink, writer } = setUp();
  writer.add("short");
  writer.add("x".repeat(500));
  writer.addTogether("a\n".repeat(100), 100);
  await writer.flush();
  assert.deepEqual(sink.writes.map((write) => write.length), [6, 501, 200]);
});

test("BatchWriter: after a slow write, batches are queued and written asynchronously for a while", async () => {
  const { clock, sink, writer } = setUp();
  sink.syncMs = 100;
  writer.add("slow");
  writer.writePending();
  for (const line of numbers(5)) {
    writer.add(line);
    writer.writePending();
  }
  assert.deepEqual(sink.lines, ["slow"]);
  await writer.flush();
  assert.deepEqual(sink.lines, ["slow", ...numbers(5)]);
  assert.ok(sink.asyncWrites > 0 && sink.asyncWrites < 5, `${sink.asyncWrites} asynchronous writes`);
  clock.advance(1001);
  sink.syncMs = 0;
  writer.add("quick");
  writer.writePending();
  assert.equal(sink.lines.at(-1), "quick");
});

test("BatchWriter: a program that never lets the event loop turn loses nothing to a slow disk", () => {
  const { sink, writer, accounts } = setUp({ queueMaxBytes: 2 * KIB * KIB });
  sink.syncMs = 10;
  const lines = numbers(150_000);
  for (const line of lines) writer.add(line);
  writer.writeAllSync();
  assert.deepEqual(accounts.dropped, {});
  assert.deepEqual(sink.lines.length, lines.length);
  assert.deepEqual(sink.lines, lines);
});

test("BatchWriter: what the disk refuses stays queued, is reported by flush, and is written when it takes it", async () => {
  const { clock, sink, writer, accounts } = setUp();
  sink.failure = noSpace;
  for (const line of numbers(30)) writer.add(line);
  await assert.rejects(writer.flush(), {
    name: "StoreWriteError",
    message: 'Cannot write "/journal": no space left',
    cause: noSpace,
  });
  assert.equal(writer.queuedRecords, 30);
  assert.equal(accounts.written, 0);
  sink.failure = undefined;
  await clock.advanceAsync(2000);
  assert.deepEqual(sink.lines, numbers(30));
  assert.equal(writer.failure, undefined);
  assert.equal(accounts.written, 30);
  await writer.flush();
});

test("BatchWriter: past the budget it drops, counts, and tells the next flush once", async () => {
  const { sink, writer, accounts, budget } = setUp({ queueMaxBytes: 150 });
  sink.failure = noSpace;
  for (const line of numbers(100)) writer.add(line);
  writer.writePending();
  const dropped = accounts.dropped.queue_full ?? 0;
  assert.equal(dropped + writer.queuedRecords, 100);
  assert.ok(dropped > 0 && budget.usedBytes <= 150);
  sink.failure = undefined;
  await assert.rejects(writer.flush(), { name: "StoreWriteError" });
  await writer.flush();
  assert.equal(accounts.written, 100 - dropped);
  assert.equal(budget.usedBytes, 0);
});

test("BatchWriter: a folder that somebody else holds now drops what waits, as locked", async () => {
  const { sink, writer, accounts } = setUp();
  sink.failure = new StoreLockedError("/folder", undefined);
  for (const line of numbers(30)) writer.add(line);
  await assert.rejects(writer.flush(), { name: "StoreLockedError" });
  assert.deepEqual(accounts.dropped, { locked: 30 });
  sink.failure = undefined;
  writer.add("again");
  await writer.flush();
  assert.deepEqual(sink.lines, ["again"]);
});

test("BatchWriter: dropWiped ends flushes that wait, and nothing of it is written later", async () => {
  const { clock, sink, writer, accounts } = setUp();
  sink.failure = noSpace;
  for (const line of numbers(30)) writer.add(line);
  const flush = writer.flush();
  writer.dropWiped();
  await flush;
  sink.failure = undefined;
  await clock.advanceAsync(5000);
  assert.deepEqual(sink.lines, []);
  assert.deepEqual(accounts.dropped, { wiped: 30 });
});

test("BatchWriter: writeAllSync right after an asynchronous write ended does not write its batch once more", async () => {
  const { sink, writer } = setUp();
  sink.syncMs = 10;
  writer.add("a".repeat(99));
  writer.writePending();
  sink.afterWrite = () => writer.writeAllSync();
  writer.add("b");
  await writer.flush();
  assert.deepEqual(sink.lines, ["a".repeat(99), "b"]);
});

test("BatchWriter: writeAllSync during an asynchronous write gives each batch to the sink in order and counts it once", async () => {
  const { sink, writer, accounts } = setUp();
  sink.syncMs = 100;
  writer.add("slow");
  writer.writePending();
  sink.syncMs = 0;
  for (const line of numbers(3)) {
    writer.add(line);
    writer.writePending();
  }
  const flush = writer.flush();
  writer.writeAllSync();
  assert.deepEqual(sink.lines, ["slow", ...numbers(3)]);
  await flush;
  assert.equal(accounts.written, 4);
  assert.equal(writer.queuedRecords, 0);
});
