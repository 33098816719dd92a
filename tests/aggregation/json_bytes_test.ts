import assert from "node:assert/strict";
import { test } from "node:test";
import { NESTING_MAX, skipNested, skipScalar } from "../../src/aggregation/json_bytes.ts";
import { seededRandom } from "../recovery/stores.ts";

const encoder = new TextEncoder();

/** Where a value ends that starts at the first byte and is followed by a comma; -1 where there is none. */
function skip(text: string): number {
  const bytes = encoder.encode(`${text},\n`);
  return text.startsWith("{") || text.startsWith("[") ? skipNested(bytes, 0) : skipScalar(bytes, 0);
}

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

const VALUES = [
  ...["0", "-0", "1", "-1", "10", "0.5", "-0.05", "1.25", "1e5", "1E5", "1e+05", "1.5e-10", "12345678901234567890"],
  ...["true", "false", "null"],
  ...[
    '""',
    '"a b !#[]{}:,"',
    '"ä€😀"',
    '"\x7f"',
    String.raw`"\"\\\/\b\f\n\r\t"`,
    String.raw`"\u00e4\uD83D\uDE00\ud800"`,
  ],
  ...["{}", "[]", '{"":0}', '{"a":{"b":[1,{"c":[]}]},"d":"}"}', "[[],{},[[1,2],[3]]]", '[{"a":1},{"b":[{}]}]'],
  nested(NESTING_MAX),
];

const NO_VALUES = [
  ...[
    "",
    "-",
    "+1",
    "01",
    "-01",
    "1.",
    ".5",
    "1.e5",
    "1e",
    "1e+",
    "1e5.",
    "0x1",
    "1_0",
    "--1",
    "1e5e5",
    "NaN",
    "Infinity",
  ],
  ...["tru", "True", "truefalse", "nul", "undefined", "fals\0"],
  ...[
    '"',
    '"a',
    '"\n"',
    '"\t"',
    '"\0"',
    String.raw`"\x"`,
    String.raw`"\u12"`,
    String.raw`"\u12g4"`,
    String.raw`"\"`,
    "'a'",
  ],
  ...[
    "{",
    "[",
    "{]",
    "[}",
    "[,]",
    "[1,]",
    "[1 2]",
    "[1]]",
    "{a:1}",
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{"a":1"b":2}',
    "{1:2}",
  ],
  ...['{"a":1,"b"}', "{,}", "[[1]", '{"a":[}', '{"a":{]}', '{"a"1}', "[tru]", "[1}", '{"a":1]', '{"a\n":1}'],
  nested(NESTING_MAX + 1),
];

for (const value of VALUES) {
  test(`skipScalar, skipNested: pass over ${value.slice(0, 40)}`, () => {
    assert.equal(skip(value), encoder.encode(value).length);
    JSON.parse(value);
  });
}

for (const value of NO_VALUES) {
  test(`skipScalar, skipNested: do not pass over ${JSON.stringify(value).slice(0, 40)}`, () => {
    // What starts with a value ends before its end.
    const end = skip(value);
    assert.ok(end === -1 || end !== encoder.encode(value).length, String(end));
  });
}

type Random = () => number;

function pick<Choice>(random: Random, choices: readonly Choice[]): Choice {
  return choices[Math.floor(random() * choices.length)] as Choice;
}

function randomValue(random: Random, depth: number): string {
  if (depth > 3 || random() < 0.5) return pick(random, VALUES);
  const count = Math.floor(random() * 4);
  const values = Array.from({ length: count }, () => randomValue(random, depth + 1));
  if (random() < 0.5) return `[${values.join(",")}]`;
  return `{${
    values.map((value) => `${pick(random, ['"a"', '"b c"', String.raw`"\u0041"`, '""'])}:${value}`).join(",")
  }}`;
}

/** Changes one character at most three times. */
function mutate(random: Random, text: string): string {
  let mutated = text;
  for (let changes = Math.floor(random() * 4); changes > 0; changes--) {
    const at = Math.floor(random() * mutated.length);
    const replacement = pick(random, ["", ...'{}[]:,"\\0-.eE19atru \tn\0ä']);
    mutated = mutated.slice(0, at) + replacement + mutated.slice(at + pick(random, [0, 1]));
  }
  return mutated;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether it is JSON without what these functions may leave to others. */
function isPlainJson(text: string): boolean {
  const structure = text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  return isJson(text) && !/\s/.test(structure);
}

test("skipScalar, skipNested: agree with JSON.parse on 100,000 values, most of them damaged", () => {
  for (let seed = 1; seed <= 100_000; seed++) {
    const random = seededRandom(seed);
    const text = mutate(random, randomValue(random, 0));
    // A line feed ends a line, and ends the bytes there.
    if (text.includes("\n")) continue;
    const isWhole = skip(text) === encoder.encode(text).length;
    if (text.split(/[[{]/).length - 1 > NESTING_MAX) continue;
    assert.equal(isWhole, isPlainJson(text), `seed ${seed}: ${JSON.stringify(text)}`);
  }
});
