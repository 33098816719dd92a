import assert from "node:assert/strict";
import { test } from "node:test";
import { OutputBatch } from "../../src/cli/output_batch.ts";
import { OUTPUT_BATCH_CHARS, OUTPUT_DELAY_MS } from "../../src/limits.ts";
import { ManualClock } from "../../src/platform/manual_clock.ts";

function batch() {
  const clock = new ManualClock(0);
  const written: string[] = [];
  let release = (): void => {};
  const write = (text: string) => {
    written.push(text);
    return new Promise<void>((resolve) => (release = resolve));
  };
  return { clock, written, output: new OutputBatch({ write }, clock), release: () => release() };
}

test("OutputBatch: few writes, each of them waited for", async () => {
  const { written, output, release } = batch();
  const half = "x".repeat(OUTPUT_BATCH_CHARS / 2);
  assert.equal(output.add(half), undefined);
  let isOver = false;
  const full = output.add(half);
  assert.ok(full !== undefined, "a full batch is to be waited for");
  full.then(() => (isOver = true));
  assert.deepEqual(written, [half + half]);
  await Promise.resolve();
  assert.equal(isOver, false);
  release();
  await full;
});

test("OutputBatch: what was added is shown soon, also when nothing follows", async () => {
  const { clock, written, output, release } = batch();
  output.add("first ");
  output.add("second");
  assert.deepEqual(written, []);
  clock.advance(OUTPUT_DELAY_MS);
  assert.deepEqual(written, ["first second"]);
  clock.advance(10 * OUTPUT_DELAY_MS);
  output.add("third");
  const flushed = output.flush();
  assert.deepEqual(written, ["first second", "third"]);
  assert.equal(clock.pendingTimers, 0);
  release();
  await flushed;
  await output.flush();
  assert.equal(written.length, 2);
});
