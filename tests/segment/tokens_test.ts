// Goal: whatever text a string of a line holds, and however it was written, its tokens are told.
// Method: JSON in random forms of strings over few pieces, behind lines that are torn in every way; besides, a table.
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { tokenHash, tokenParts, tokensOfText } from "../../src/segment/tokens.ts";
import { jsonForm, pick, type Random } from "../query/json_forms.ts";
import { seededRandom } from "../recovery/stores.ts";

const SEED = Number(process.env["VARVE_SEED"] ?? 20261121);
const encoder = new TextEncoder();

const TEXTS: readonly [text: string, tokens: readonly string[]][] = [
  ["", []],
  ["a bc def", ["def"]],
  ["5b8efff798038103d269b633813fc60c", ["5b8efff798038103d269b633813fc60c"]],
  ["snake_case kebab-case", ["snake_case", "kebab", "case"]],
  ["timed out: 10.0.31.255:8080", ["timed", "out", "255", "8080"]],
  ["W47/95gDgQPSabYzgT+GDA==", ["W47", "95gDgQPSabYzgT", "GDA"]],
  ["über é €", ["über", "€"]],
  ["層を一枚", ["層を一枚"]],
  ["\ud83d😀\udc00", ["\ud83d😀\udc00"]],
  ["line\nnext\ttab\\back\u0000nul\u001b[31mred", ["line", "next", "tab", "back", "nul", "31mred"]],
];

for (const [text, tokens] of TEXTS) {
  test(`tokensOfText: ${JSON.stringify(text)} holds ${JSON.stringify(tokens)}`, () => {
    const found = tokensOfText(text);
    assert.deepEqual(found.map(({ token }) => token), tokens);
    for (const { token, start, end } of found) assert.equal(text.slice(start, end), token);
  });
}

const LINES: readonly [line: string, tokens: readonly string[]][] = [
  [`{"msg":"hello world"}`, ["msg", "hello", "world"]],
  [`{"number":12345,"flag":true}`, ["number", "flag"]],
  [String.raw`{"m":"one\ntwo\tthree\/four\"five\\six\bseven"}`, [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
  ]],
  [String.raw`{"m":"\u0066oo ba\u0072 \u00fcber \ud83D\uDE00 x\u001b[0mend a\u005Fb"}`, [
    "foo",
    "bar",
    "über",
    "😀",
    "0mend",
    "a_b",
  ]],
  [String.raw`{"m":"\ud83d \ude00 \ud83d\ud83d\ude00 \ude00\ud83d"}`, ["\ufffd", "\ufffd😀", "\ufffd\ufffd"]],
  [String.raw`{"m":"C:\\users\\u0041"}`, ["users", "u0041"]],
  ["\ufeff" + `{"a":"with a mark"}`, ["with", "mark"]],
];

for (const [line, tokens] of LINES) {
  test(`scanTokens: ${line} holds ${JSON.stringify(tokens)}`, () => {
    assert.deepEqual(hashesOf(encoder.encode(line)), new Set(tokens.map(tokenHash)));
  });
}

test("tokenHash gives nothing for what is no token, or more than one", () => {
  for (const text of ["", "ab", "é", "two words", "a-b", 'a"b', "abc\\ndef", "abc "]) {
    assert.equal(tokenHash(text), undefined, text);
  }
  assert.equal(tokenHash("abc"), tokenHash("abc"));
  assert.notEqual(tokenHash("abc"), tokenHash("abd"));
});

test("scanTokens tells a token whose bytes come to zero", () => {
  // The shortest one whose FNV-1a is that (Noll); what no token was seen with is a zero, too.
  assert.deepEqual(hashesOf(encoder.encode(`{"a":"3pjNqM"}`)), new Set([0]));
  assert.equal(tokenHash("3pjNqM"), 0);
});

test("scanTokens tells every token of every string, however it is written, and whatever stands before", () => {
  const random = seededRandom(SEED);
  for (let round = 0; round < 3000; round++) {
    const record = {
      [randomText(random)]: [randomText(random), 12, { more: randomText(random) }],
      x: randomText(random),
    };
    const before = random() < 0.5 ? "" : tornLine(random);
    const line = jsonForm(record, random);
    const text = `${before}${line}\n${tornLine(random)}`;
    const found = hashesOf(encoder.encode(text));
    for (const { token } of stringsOf(record).flatMap(tokensOfText)) {
      assert.ok(found.has(tokenHash(token)), `seed ${SEED}: ${JSON.stringify(token)} in ${JSON.stringify(text)}`);
    }
  }
});

test("scanTokens tells the tokens of a long block, those of frequent hashes too, and few twice", () => {
  const words = Array.from({ length: 20_000 }, (_, index) => `word${index}`);
  const bytes = encoder.encode(words.map((word) => `{"always":"the same","word":"${word}"}\n`).join(""));
  const told: number[] = [];
  tokenParts.scanTokens(tokenParts, bytes, (hash) => told.push(hash));
  const hashes = new Set(told);
  for (const word of [...words, "always", "the", "same"]) assert.ok(hashes.has(tokenHash(word) ?? 0), word);
  assert.ok(hashes.size >= words.length + 3, "hashes that are equal");
  assert.ok(told.length < hashes.size * 1.1, `${told.length} for ${hashes.size}`);
});

function hashesOf(bytes: Uint8Array): Set<number | undefined> {
  const hashes = new Set<number | undefined>();
  tokenParts.scanTokens(tokenParts, bytes, (hash) => hashes.add(hash));
  return hashes;
}

const PIECES = [
  "abc",
  "trace_id",
  "x",
  "2026",
  " ",
  "-",
  "/",
  "\n",
  "\t",
  "\\",
  '"',
  "\u0000",
  "\u001b",
  "é",
  "日本",
  "😀",
  "\ud83d",
  "\ude00",
  "u0041",
  "nfoo",
] as const;

function randomText(random: Random): string {
  return Array.from({ length: Math.floor(random() * 8) }, () => pick(PIECES, random)).join("");
}

/** What a crash or another program leaves before a line: cut anywhere, within an escape too, ended by a line feed or a hole. */
function tornLine(random: Random): string {
  const line = jsonForm({ torn: randomText(random), by: "abcdef" }, random);
  const cut = line.slice(0, Math.floor(random() * line.length));
  return pick([cut, `${cut}\\`, `${cut}\\u`, `${cut}\\u00`, `${cut}\\u004`, `${cut}"`], random) +
    pick(["\n", "\u0000", "\u0000\u0000\n", "\r\n"], random);
}

function stringsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [...Array.isArray(value) ? [] : [key], ...stringsOf(each)]);
}
