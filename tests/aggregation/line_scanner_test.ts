import assert from "node:assert/strict";
import { test } from "node:test";
import { LineScanner } from "../../src/aggregation/line_scanner.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const FIELDS = ["n", "level", "http.status", "a.b.c", "größe", ""];

/** The JSON of each field that a line has, by the scanner; `undefined` where it leaves the line to others. */
function scan(line: string): Record<string, string> | undefined {
  const scanner = new LineScanner({ timeKey: "ts", fields: FIELDS });
  // Other lines before and behind it, so that it is not looked for at the ends.
  const before = encoder.encode('{"n":1,"level":"before"}\n');
  const bytes = encoder.encode(`{"n":1,"level":"before"}\n${line}\n{"n":2}\n`);
  assert.equal(scanner.scan(bytes, 0), before.length);
  const end = scanner.scan(bytes, before.length);
  if (end < 0) return undefined;
  assert.equal(end, before.length + encoder.encode(line).length + 1, "offset behind the line");
  const found: Record<string, string> = {};
  for (const field of FIELDS) {
    const index = scanner.indexOf(field);
    const [start = -1, stop = -1] = [scanner.starts[index], scanner.ends[index]];
    assert.equal(start < 0, stop < 0);
    if (start >= 0) found[field] = decoder.decode(bytes.subarray(start, stop));
  }
  if (scanner.hasTime) found["time"] = String(scanner.time.ms);
  return found;
}

const TIME = '"ts":"1970-01-01T00:00:01.500Z"';

const FOUND: readonly [line: string, found: Record<string, string>][] = [
  [`{${TIME},"level":"INFO","msg":"a","n":1.5}`, { level: '"INFO"', n: "1.5", time: "1500" }],
  [`{"n":-1e3,${TIME}}`, { n: "-1e3", time: "1500" }],
  ['{"n":null,"level":true}', { n: "null", level: "true" }],
  ['{"n":1,"n":2}', { n: "2" }],
  [`{${TIME},"ts":5}`, {}],
  [`{"ts":"soon",${TIME}}`, { time: "1500" }],
  ['{"ts":"soon","n":1}', { n: "1" }],
  ['{"http.status":200,"http":"x"}', { "http.status": "200" }],
  ['{"a":1,"a.b":2,"n":3}', { n: "3" }],
  ['{"größe":1,"level":"ä€😀"}', { "größe": "1", level: '"ä€😀"' }],
  ['{"":"empty"}', { "": '"empty"' }],
  [String.raw`{"level":"a\"b\\","msg":"\u0041\n"}`, { level: String.raw`"a\"b\\"` }],
  ['{"other":{"n":5,"level":["x"]},"list":[{"n":1}],"n":7}', { n: "7" }],
  ['{"N":1,"nn":2,"leve":3,"levels":4,"msg":"\\"n\\":5"}', {}],
];

for (const [line, found] of FOUND) {
  test(`LineScanner: finds the fields of ${line}`, () => assert.deepEqual(scan(line), found));
}

const LEFT: readonly string[] = [
  ...[
    "",
    " ",
    "x",
    "[]",
    "5",
    "null",
    '"n"',
    "{}",
    "{",
    '{"n"',
    '{"n":',
    '{"n":1',
    '{"n":1,',
    '{"n":1,}',
    '{"n":1}}',
    '{"n":1}x',
  ],
  ...[
    ' {"n":1}',
    '{ "n":1}',
    '{"n" :1}',
    '{"n": 1}',
    '{"n":1 }',
    '{"n":1} ',
    '{"n":1}\r',
    '\ufeff{"n":1}',
    '\0{"n":1}',
    '{"n":1}\0',
  ],
  ...[
    '{"n":01}',
    '{"n":nul}',
    "{n:1}",
    "{'n':1}",
    '{"level":"\t"}',
    '{"n":1,"level":"a}',
    '{"n":1"level":2}',
    '{"n":1,,"level":2}',
  ],
  ...[String.raw`{"\u006e":1}`, String.raw`{"a\nb":1}`, String.raw`{"\n":1}`, '{"a\tb":1}'],
  ...[
    '{"n":[1,2]}',
    '{"n":{}}',
    '{"level":["a"]}',
    '{"ts":{}}',
    '{"http":{"status":1}}',
    '{"a":[]}',
    '{"a.b":{"c":1}}',
  ],
  `{"other":${"[".repeat(40)}${"]".repeat(40)},"n":1}`,
];

for (const line of LEFT) {
  test(`LineScanner: leaves to others ${JSON.stringify(line)}`, () => assert.equal(scan(line), undefined));
}

test("LineScanner: has nothing of a line that was scanned before", () => {
  const scanner = new LineScanner({ timeKey: "ts", numberField: "n", fields: FIELDS });
  assert.ok(scanner.scan(encoder.encode(`{${TIME},"n":1}\n`), 0) > 0);
  assert.ok(scanner.hasTime);
  assert.equal(scanner.number, 1);
  assert.ok(scanner.scan(encoder.encode('{"level":1}\n'), 0) > 0);
  assert.equal(scanner.hasTime, false);
  assert.ok(Number.isNaN(scanner.number));
});

const NUMBERS: readonly [json: string, number: number][] = [
  ["1.5", 1.5],
  ["-7", -7],
  ["1e999", Infinity],
  ['"1.5"', NaN],
  ["true", NaN],
  ["null", NaN],
  ['1,"a.n":"2"', NaN],
  ['"1","a.n":2', 2],
];

for (const [json, number] of NUMBERS) {
  test(`LineScanner: the number of a field with ${json}`, () => {
    const scanner = new LineScanner({ timeKey: "ts", numberField: "a.n", fields: ["level"] });
    assert.ok(scanner.scan(encoder.encode(`{"n":5,"a.n":${json}}\n`), 0) > 0);
    assert.equal(scanner.number, number);
    assert.equal(scanner.scan(encoder.encode(`{"n":5,"a":{"n":${json}}}\n`), 0), -1);
  });
}

test("LineScanner: a name that has no bytes is not taken for another", () => {
  const scanner = new LineScanner({ timeKey: "ts", numberField: "\ud800", fields: ["\ud800"] });
  assert.ok(scanner.scan(encoder.encode('{"\ufffd":5}\n'), 0) > 0);
  assert.ok(Number.isNaN(scanner.number));
  assert.equal(scanner.starts[scanner.indexOf("\ud800")], -1);
  assert.equal(scanner.scan(encoder.encode(String.raw`{"\ud800":5}` + "\n"), 0), -1);
});

test("LineScanner: a field that is the time too", () => {
  const scanner = new LineScanner({ timeKey: "ts", numberField: "ts", fields: ["ts"] });
  const bytes = encoder.encode(`{${TIME}}\n`);
  assert.ok(scanner.scan(bytes, 0) > 0);
  assert.ok(scanner.hasTime);
  assert.ok(Number.isNaN(scanner.number));
  const index = scanner.indexOf("ts");
  assert.equal(decoder.decode(bytes.subarray(scanner.starts[index], scanner.ends[index])), TIME.slice(5));
  assert.ok(scanner.scan(encoder.encode('{"ts":5}\n'), 0) > 0);
  assert.equal(scanner.hasTime, false);
  assert.equal(scanner.number, 5);
});
