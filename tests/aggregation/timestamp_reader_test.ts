import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRfc3339 } from "../../src/model/time.ts";
import { TimestampReader } from "../../src/aggregation/timestamp_reader.ts";
import { seededRandom } from "../recovery/stores.ts";

const encoder = new TextEncoder();

/** What the reader makes of JSON text, and what decoding it makes. */
function readBoth(
  reader: TimestampReader,
  json: string,
): readonly [found: bigint | undefined, expected: bigint | undefined] {
  const bytes = encoder.encode(`{"ts":${json},"a":1}\n`);
  const end = reader.read(bytes, 6);
  assert.equal(end, encoder.encode(`{"ts":${json}`).length, json);
  const value: unknown = JSON.parse(json);
  const found = reader.isKnown ? BigInt(reader.ms) * 1_000_000n + BigInt(reader.ns) : undefined;
  return [found, typeof value === "string" ? parseRfc3339(value) : undefined];
}

const TIMES = [
  "2026-11-20T12:34:56.789Z",
  "2026-11-20T12:34:56Z",
  "2026-11-20T12:34:56.7Z",
  "2026-11-20T12:34:56.789012345Z",
  "2026-11-20T12:34:56.7890123456789Z",
  "2026-11-20T12:34:56.000000001Z",
  "2026-11-20T00:00:00.000Z",
  "2026-11-20T23:59:60.999Z",
  "2026-12-31T23:59:60Z",
  "1969-12-31T23:59:59.999999999Z",
  "1970-01-01T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "0001-01-01T00:00:00.5Z",
  "9999-12-31T23:59:59.999999999Z",
  "2024-02-29T12:00:00Z",
  "2026-11-20t12:34:56.789z",
  "2026-11-20T12:34:56.789+01:00",
  "2026-11-20T12:34:56-00:30",
];

const NO_TIMES = [
  "2025-02-29T12:00:00Z",
  "2026-13-01T12:00:00Z",
  "2026-11-31T12:00:00Z",
  "2026-11-20T24:00:00Z",
  "2026-11-20T12:60:00Z",
  "2026-11-20T12:00:61Z",
  "2026-11-20T12:34:56.Z",
  "2026-11-20T12:34:56.789",
  "2026-11-20 12:34:56Z",
  "2026-11-20T12:34:5Z",
  "2026-11-20T12-34-56Z",
  "2026-11-20T1a:34:56Z",
  "2026-1x-20T12:34:56Z",
  "+026-11-20T12:34:56Z",
  "",
  "soon",
];

for (const text of [...TIMES, ...NO_TIMES]) {
  test(`TimestampReader: "${text}"`, () => {
    const reader = new TimestampReader();
    const [found, expected] = readBoth(reader, JSON.stringify(text));
    assert.equal(found, expected);
    assert.equal(expected !== undefined, TIMES.includes(text));
    // With the day remembered.
    assert.equal(readBoth(reader, JSON.stringify(text))[0], expected);
  });
}

for (
  const json of ["5", "null", "true", String.raw`"\u0032026-11-20T12:34:56Z"`, String.raw`"2026-11-20T12:34:56\u005a"`]
) {
  test(`TimestampReader: ${json}`, () => {
    const [found, expected] = readBoth(new TimestampReader(), json);
    assert.equal(found, expected);
    assert.equal(found !== undefined, json.startsWith('"'));
  });
}

for (const json of ["nope", '"2026-11-20T12:34:56Z', "{}", '"2026-11-20T12:34:56Z\\"', '"2026-11-20T12:34:56\t"']) {
  test(`TimestampReader: no JSON scalar: ${JSON.stringify(json)}`, () => {
    assert.equal(new TimestampReader().read(encoder.encode(`${json}\n`), 0), -1);
  });
}

test("TimestampReader: reads 50,000 times in any order as parseRfc3339 does, many of them damaged", () => {
  const reader = new TimestampReader();
  for (let seed = 1; seed <= 50_000; seed++) {
    const random = seededRandom(seed);
    const days = random() < 0.5 ? 20_000 : Math.floor(random() * 40_000);
    const places = Math.floor(random() * 11);
    const fraction = places === 0 ? "" : `.${String(random()).slice(2).padEnd(places, "0").slice(0, places)}`;
    const seconds = new Date((days * 86_400 + Math.floor(random() * 86_400)) * 1000).toISOString().slice(0, 19);
    let text = `${seconds}${fraction}Z`;
    if (random() < 0.3) {
      const at = Math.floor(random() * text.length);
      text = text.slice(0, at) + ("0169:-TZ.+x"[Math.floor(random() * 11)] ?? "") + text.slice(at + 1);
    }
    const [found, expected] = readBoth(reader, `"${text}"`);
    assert.equal(found, expected, `seed ${seed}: ${text}`);
  }
});
