import assert from "node:assert/strict";
import { test } from "node:test";
import * as zlib from "node:zlib";
import { errorCode, type FileHandle } from "../../src/platform/file_system.ts";
import { systemError } from "../../src/platform/system_error.ts";
import { openGzipReader } from "../../src/segment/gzip_reader.ts";
import { flipped, memoryFile, openGzip, textOf } from "./segments.ts";

const encoder = new TextEncoder();

/** Lines that compress badly enough for several steps of inflating. */
const raw = Array.from({ length: 12_000 }, (_, index) => `{"n":${(index * 7919) % 100_003}}\n`).join("");
const gzip = zlib.gzipSync(raw);

test("inflateFromStart: a foreign .gz is read, also of several members, with NULs behind it, or without a last line feed", async () => {
  const files: readonly [string, Uint8Array][] = [
    ["one member", gzip],
    ["two members", joined(zlib.gzipSync(raw.slice(0, 500)), zlib.gzipSync(raw.slice(500)))],
    ["padding", joined(gzip, new Uint8Array(40_000))],
    ["an extra field of another program", withExtraField(gzip)],
    ["no last line feed", zlib.gzipSync(raw.slice(0, -1))],
  ];
  for (const [what, bytes] of files) {
    const { reader, damage } = openGzip(bytes);
    assert.equal((await textOf(reader.verify())).join(""), what === "no last line feed" ? raw.slice(0, -1) : raw, what);
    assert.deepEqual(damage, [], what);
  }
});

test("inflateFromStart: behind a flipped bit, every line before it is read, and the damage is reported once", async () => {
  for (let offset = 12; offset < gzip.length - 8; offset += 1201) {
    const { reader, damage } = openGzip(flipped(gzip, { offset, mask: 0x10 }));
    const text = (await textOf(reader.forwards())).join("");
    // What the bytes before the damaged one say.
    const certain = zlib.gunzipSync(gzip.subarray(0, offset), { finishFlush: zlib.constants.Z_SYNC_FLUSH }).toString();
    const lines = certain.slice(0, certain.lastIndexOf("\n") + 1);
    assert.ok(lines.length > 0 || offset < 200);
    assert.ok(text.startsWith(lines), `a bit of byte ${offset}: ${text.length} bytes of at least ${lines.length}`);
    assert.equal(damage.length, 1);
    const [place] = damage;
    assert.ok(
      place !== undefined && place.offset > offset && place.offset <= gzip.length,
      `noticed at ${place?.offset}`,
    );
    assert.equal(place.within, "file");
    assert.equal(place.lines, undefined);
  }
});

test("inflateFromStart: a file cut short gives all whole lines that its bytes hold", async () => {
  for (const sizeBytes of [1, 9, 11, 1000, 16_384, 20_001, gzip.length - 9, gzip.length - 8, gzip.length - 1]) {
    const { reader, damage } = openGzip(gzip.subarray(0, sizeBytes));
    const text = (await textOf(reader.forwards())).join("");
    const held = sizeBytes < 12
      ? ""
      : zlib.gunzipSync(gzip.subarray(0, sizeBytes), { finishFlush: zlib.constants.Z_SYNC_FLUSH }).toString();
    const whole = held.slice(0, held.lastIndexOf("\n") + 1);
    assert.equal(text, whole, `cut to ${sizeBytes}`);
    assert.equal(damage.length, 1);
    assert.equal(damage[0]?.offset, sizeBytes);
    assert.match(damage[0]?.reason ?? "", sizeBytes < 12 ? /holds nothing/ : /cut short behind \d+ bytes/);
  }
});

test("inflateFromStart: a last line without its line feed is given where only the trailer is cut off, or torn lost", async () => {
  const whole = zlib.gzipSync(raw.slice(0, -1));
  const { reader, damage } = openGzip(whole.subarray(0, -8));
  assert.equal((await textOf(reader.forwards())).join(""), raw.slice(0, -1));
  assert.equal(damage.length, 1);
  const torn = openGzip(zlib.gzipSync(raw.slice(0, -2)).subarray(0, -8));
  assert.equal(
    (await textOf(torn.reader.forwards())).join(""),
    raw.slice(0, raw.lastIndexOf("\n", raw.length - 2) + 1),
  );
});

const ENDS: readonly [what: string, bytes: Uint8Array, reason: RegExp][] = [
  ["a wrong checksum", flipped(gzip, { offset: gzip.length - 7 }), /checksum/],
  ["a wrong length", flipped(gzip, { offset: gzip.length - 2 }), /checksum/],
  ["something else behind it", joined(gzip, encoder.encode("garbage")), /damaged here or before/],
  ["a second member that is damaged", joined(gzip, flipped(gzip, { offset: 2 })), /damaged here or before/],
];

for (const [what, bytes, reason] of ENDS) {
  test(`inflateFromStart: ${what} is reported, and the content is given`, async () => {
    const { reader, damage } = openGzip(bytes);
    assert.equal((await textOf(reader.forwards())).join(""), raw);
    assert.equal(damage.length, 1);
    assert.match(damage[0]?.reason ?? "", reason);
  });
}

test("inflateFromStart: an empty .gz is damage", async () => {
  const { reader, damage } = openGzip(new Uint8Array(0));
  assert.deepEqual(await textOf(reader.forwards()), []);
  assert.deepEqual(damage.map(({ offset, reason }) => [offset, reason]), [[0, "the file holds nothing"]]);
});

test("inflateFromStart: what the system does not read is no damage but its error", async () => {
  const whole = memoryFile(gzip);
  const file: FileHandle = {
    ...methodsOf(whole),
    read: (buffer, offset) =>
      offset === 0 ? whole.read(buffer, offset) : Promise.reject(systemError("EIO", "Cannot read: refused")),
  };
  const reader = openGzipReader(file, { path: "/d/x.gz", onDamage: () => assert.fail("damage") });
  await assert.rejects(textOf(reader.forwards()), (error) => errorCode(error) === "EIO");
});

function methodsOf(file: FileHandle): FileHandle {
  return {
    stat: () => file.stat(),
    readSync: (buffer, offset) => file.readSync(buffer, offset),
    read: (buffer, offset) => file.read(buffer, offset),
    writeSync: (buffer, offset) => file.writeSync(buffer, offset),
    write: (buffer, offset) => file.write(buffer, offset),
    truncate: (sizeBytes) => file.truncate(sizeBytes),
    sync: () => file.sync(),
    syncSync: () => file.syncSync(),
    close: () => file.close(),
  };
}

function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

function withExtraField(bytes: Uint8Array): Uint8Array {
  const head = Uint8Array.from(bytes.subarray(0, 10));
  head[3] = 4;
  return joined(head, Uint8Array.of(6, 0, 0x42, 0x43, 2, 0, 1, 0), bytes.subarray(10));
}
