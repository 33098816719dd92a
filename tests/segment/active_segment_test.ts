import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../src/platform/manual_clock.ts";
import { MemoryDisk } from "../../src/platform/memory_disk.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import { ActiveSegment } from "../../src/segment/active_segment.ts";

const PATH = "/d/logs.jsonl";
const FIRST = new TextEncoder().encode('{"n":1}\n');
const SECOND = new TextEncoder().encode('{"n":2}\n');

test("write(): a synchronous write of the same bytes that fails meanwhile cuts nothing off", async () => {
  const { fileSystem, segment } = openSegment();
  const release = fileSystem.holdNext("write");
  const written = segment.write(FIRST, () => {});
  fileSystem.failNext("write", { code: "ENOSPC", landedBytes: 3 });
  assert.throws(() => segment.writeSync(FIRST), /ENOSPC/);
  release();
  await written;
  assert.equal(segment.sizeBytes, FIRST.length);
  segment.writeSync(SECOND);
  assert.equal(textOf(fileSystem), '{"n":1}\n{"n":2}\n');
});

test("write(): that it fails concerns nobody once its bytes were written synchronously", async () => {
  const { fileSystem, segment } = openSegment();
  fileSystem.failNext("write", { code: "EIO", landedBytes: 3 });
  const release = fileSystem.holdNext("write");
  const written = segment.write(FIRST, () => {});
  segment.writeSync(FIRST);
  segment.writeSync(SECOND);
  release();
  await written;
  assert.equal(textOf(fileSystem), '{"n":1}\n{"n":2}\n');
});

test("write(): one that fails with only a part of its bytes written synchronously rejects, and what follows is whole", async () => {
  const { fileSystem, segment } = openSegment();
  fileSystem.failNext("write", { code: "EIO", landedBytes: 3 });
  const release = fileSystem.holdNext("write");
  const written = segment.write(Uint8Array.of(...FIRST, ...SECOND), () => {});
  segment.writeSync(FIRST);
  release();
  await assert.rejects(written, /EIO/);
  segment.writeSync(SECOND);
  assert.equal(textOf(fileSystem), '{"n":1}\n{"n":2}\n');
});

test("sync(): one that follows a failed one writes the bytes again", async () => {
  const { disk, fileSystem, segment } = openSegment();
  fileSystem.syncDirectorySync("/");
  fileSystem.syncDirectorySync("/d");
  segment.writeSync(FIRST);
  fileSystem.failNext("sync", { code: "EIO" });
  const failed = segment.sync();
  const next = segment.sync();
  await assert.rejects(failed, /EIO/);
  await next;
  // Loses all that may be lost.
  disk.crash(() => 0.999999);
  assert.equal(textOf(new MemoryFileSystem(disk)), '{"n":1}\n');
});

function openSegment(): { disk: MemoryDisk; fileSystem: MemoryFileSystem; segment: ActiveSegment } {
  const disk = new MemoryDisk(new ManualClock(0));
  const fileSystem = new MemoryFileSystem(disk);
  fileSystem.makeDirectory("/d");
  return { disk, fileSystem, segment: ActiveSegment.open(fileSystem, PATH).segment };
}

function textOf(fileSystem: MemoryFileSystem): string {
  const file = fileSystem.open(PATH, "read");
  const bytes = new Uint8Array(file.stat().sizeBytes);
  file.readSync(bytes, 0);
  return new TextDecoder().decode(bytes);
}
