import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { FilterSyntaxError } from "../../src/errors.ts";
import { FIELD_NAMES_MAX, FILTER_TREE_DEPTH_MAX, PATTERN_STEPS_MAX } from "../../src/limits.ts";
import type { ComparisonOperator, Filter, FilterValue } from "../../src/model/filter.ts";
import { decodeRecord } from "../../src/model/record.ts";
import { compileFilter } from "../../src/filter/matcher.ts";
import { parseFilter } from "../../src/filter/syntax.ts";

const equals = (value: FilterValue, field = "a"): Filter => ({ kind: "equals", field, value });
const compares = (operator: ComparisonOperator, value: string | number | bigint, field = "a"): Filter => {
  return { kind: "compares", field, operator, value };
};
const contains = (text: string, field?: string): Filter => ({ kind: "contains", field, text });
const matches = (pattern: string | RegExp, field?: string): Filter => ({ kind: "matches", field, pattern });
const not = (filter: Filter): Filter => ({ kind: "not", filter });
const present = (field: string): Filter => ({ kind: "present", field });

/** Rows of a filter, lines that meet it, and lines that do not. */
type Rows = readonly (readonly [filter: Filter, met: readonly string[], unmet: readonly string[]])[];

const MEANINGS: Readonly<Record<string, Rows>> = {
  "all, any and not": [
    [{ kind: "all", filters: [] }, ["{}"], []],
    [{ kind: "any", filters: [] }, [], ["{}"]],
    [{ kind: "all", filters: [equals(1), equals(2, "b")] }, ['{"a":1,"b":2}'], ['{"a":1}', '{"b":2}']],
    [{ kind: "any", filters: [equals(1), equals(2, "b")] }, ['{"a":1}', '{"b":2}'], ['{"a":2}']],
    [not(equals(1)), ['{"a":2}', '{"a":"1"}', "{}"], ['{"a":1}', '{"a":[0,1]}']],
  ],
  "presence": [
    [present("a"), ['{"a":null}', '{"a":[]}', '{"a":{"b":1}}'], ["{}", '{"b":{"a":1}}']],
    [present("a.b"), ['{"a.b":0}', '{"a":{"b":0}}', '{"a":[1,{"b":0}]}'], ['{"a":{}}', '{"a":[]}', '{"b":0}']],
    [present("constructor"), ['{"constructor":0}'], ["{}"]],
    [present("__proto__"), ['{"__proto__":0}'], ["{}"]],
  ],
  "equality": [
    [equals("x"), ['{"a":"x"}', '{"a":["y",["x"]]}'], ['{"a":"X"}', '{"a":["xy"]}', '{"a":{"b":"x"}}', '{"b":"x"}']],
    [equals(""), ['{"a":""}'], ['{"a":null}', '{"a":[]}', "{}"]],
    [equals(1), ['{"a":1}', '{"a":1.0}', '{"a":1e0}', '{"a":[1]}'], ['{"a":"1"}', '{"a":true}', '{"a":1.1}']],
    [equals(1n), ['{"a":1}', '{"a":10e-1}'], ['{"a":"1"}', '{"a":2}']],
    [equals(0), ['{"a":0}', '{"a":-0}', '{"a":0.0}'], ['{"a":false}', '{"a":null}', '{"a":""}', '{"a":1e-9}']],
    [equals(0.1), ['{"a":0.1}', '{"a":1e-1}'], ['{"a":0.10000000000000002}']],
    [equals(9007199254740993n), ['{"a":9007199254740993}'], ['{"a":9007199254740992}', '{"a":9007199254740994}']],
    [equals(2 ** 53), ['{"a":9007199254740992}'], ['{"a":9007199254740993}']],
    [equals(2 ** 60), ['{"a":1152921504606846976}'], ['{"a":1152921504606846977}']],
    [equals(true), ['{"a":true}'], ['{"a":"true"}', '{"a":1}', '{"a":false}']],
    [equals(null), ['{"a":null}', '{"a":[null]}'], ['{"a":"null"}', "{}", '{"a":{}}']],
    [equals("Object", "constructor.name"), ['{"constructor":{"name":"Object"}}'], ["{}"]],
  ],
  "comparison": [
    [compares(">", 5), ['{"a":6}', '{"a":[1,6]}', '{"a":9007199254740993}'], [
      '{"a":5}',
      '{"a":"6"}',
      "{}",
      '{"a":true}',
    ]],
    [compares(">=", 5), ['{"a":5}'], ['{"a":4.9}', '{"a":null}']],
    [compares("<", -0.5), ['{"a":-1}'], ['{"a":-0.5}', '{"a":0}', '{"a":"-1"}']],
    [compares("<=", 9007199254740993n), ['{"a":9007199254740993}', '{"a":1.5}'], [
      '{"a":9007199254740994}',
      '{"a":1e300}',
    ]],
    [compares(">", 9007199254740992), ['{"a":9007199254740993}'], ['{"a":9007199254740992}']],
    [compares(">", "b"), ['{"a":"c"}', '{"a":"ba"}'], ['{"a":"b"}', '{"a":"B"}', '{"a":7}', '{"a":""}']],
    [compares("<=", "b"), ['{"a":"b"}', '{"a":"abc"}', '{"a":""}'], ['{"a":"ba"}']],
    [compares(">", "\uffff"), ['{"a":"😀"}'], ['{"a":"\ufffe"}', '{"a":"\\ud83d"}']],
    [
      compares("<", "x😁"),
      ['{"a":"x😀"}', '{"a":"x\uffff"}', '{"a":"x\\ud83d"}', '{"a":"x\\ud83dz"}', '{"a":"x\\ud83d\uffff"}'],
      ['{"a":"x😂"}'],
    ],
  ],
  "levels": [
    [equals("warn", "level"), ['{"level":"WARN"}', '{"level":"Warning"}', '{"level":"info+4"}'], [
      '{"level":"WARN+1"}',
      '{"level":13}',
      "{}",
      '{"a":{"level":"WARN"}}',
    ]],
    [equals("INFO+2", "level"), ['{"level":"WARN-2"}', '{"level":["x","info+2"]}'], ['{"level":"INFO"}']],
    [equals("Notice", "level"), ['{"level":"NOTICE"}', '{"level":"notice"}'], [
      '{"level":"INFO"}',
      '{"level":"notices"}',
    ]],
    [equals("warn", "Level"), ['{"Level":"warn"}'], ['{"Level":"WARN"}', '{"level":"warn"}']],
    [equals("warn", "log.level"), ['{"log":{"level":"warn"}}'], ['{"log":{"level":"WARN"}}']],
    [equals(13, "level"), ['{"level":13}'], ['{"level":"WARN"}']],
    [compares(">=", "warn", "level"), [
      '{"level":"WARN"}',
      '{"level":"error"}',
      '{"level":"FATAL+3"}',
      '{"level":"info+4"}',
    ], [
      '{"level":"INFO+3"}',
      '{"level":"zzz"}',
      '{"level":17}',
      "{}",
    ]],
    [compares("<", "INFO+2", "level"), ['{"level":"info"}', '{"level":"TRACE"}'], [
      '{"level":"INFO+2"}',
      '{"level":"loud"}',
    ]],
    [compares(">", 20, "level"), ['{"level":30}'], ['{"level":"ERROR"}', '{"level":10}']],
    [compares(">=", "loud", "level"), [], ['{"level":"loud"}', '{"level":"zzz"}', '{"level":"ERROR"}']],
  ],
  "text": [
    [contains("b"), ['{"a":"abc"}', '{"a":{"x":[1,["b"]]}}'], ['{"b":"a"}', '{"a":{"b":1}}', '{"a":"B"}', "{}"]],
    [contains("b", "a"), ['{"a":"abc"}', '{"a":["x","b"]}', '{"a":{"x":{"y":"b"}}}'], ['{"b":"b"}', '{"a":{"b":"x"}}']],
    [contains("0", "a"), ['{"a":200}', '{"a":1e20}', '{"a":9007199254740990}'], ['{"a":12}']],
    [contains("e+21"), ['{"a":1e21}', '{"a":1000000000000000000000}'], ['{"a":100}']],
    [contains("993"), ['{"a":9007199254740993}'], ['{"a":9007199254740992}']],
    [contains("Inf"), ['{"a":"Inf"}'], ['{"a":1e999}']],
    [contains("u"), ['{"a":"u"}'], ['{"a":true}', '{"a":null}']],
    [contains(""), ['{"a":""}', '{"a":0}'], ['{"a":true}', "{}"]],
    [contains("\n"), ['{"a":"x\\ny"}'], ['{"a":"x\\\\ny"}']],
  ],
  "regular expressions": [
    [matches("^ab+$"), ['{"x":"abb"}', '{"x":{"y":["ab"]}}'], ['{"x":"cab"}', '{"ab":"x"}']],
    [matches("^ab+$", "a"), ['{"a":"abb"}', '{"a":{"y":["ab"]}}'], ['{"x":"ab"}']],
    [matches(String.raw`^\d+$`, "a"), ['{"a":200}', '{"a":9007199254740993}'], ['{"a":-1}', '{"a":1.5}', '{"a":true}']],
    [matches("(?i)TIMED", "a"), ['{"a":"timed"}'], ['{"a":"time"}']],
    [matches("^.$", "a"), ['{"a":"😀"}', '{"a":"é"}'], ['{"a":"\\n"}', '{"a":"ab"}']],
    [matches(String.raw`\pL+ \p{Greek}`, "a"), ['{"a":"é α"}'], ['{"a":"é a"}']],
    [matches("", "a"), ['{"a":""}', '{"a":1}'], ['{"a":null}', "{}"]],
    [matches(/^(?=a)(.)\1$/, "a"), ['{"a":"aa"}'], ['{"a":"ab"}']],
    [matches(/b/i), ['{"a":"B"}'], ['{"b":"a"}']],
  ],
};

for (const [about, rows] of Object.entries(MEANINGS)) {
  test(`compileFilter says which records meet a filter: ${about}`, async () => {
    for (const [filter, met, unmet] of rows) {
      const meets = await compileFilter(filter);
      for (const line of met) assert.equal(meets(decodeRecord(line)), true, `${inspect(filter)} is not met by ${line}`);
      for (const line of unmet) assert.equal(meets(decodeRecord(line)), false, `${inspect(filter)} is met by ${line}`);
    }
  });
}

test("compileFilter takes a RegExp with the flags g and y as String.search does, and leaves it as it was", async () => {
  const global = /b/g;
  global.lastIndex = 2;
  const meetsGlobal = await compileFilter(matches(global, "a"));
  const meetsSticky = await compileFilter(matches(/b/y, "a"));
  for (let round = 0; round < 3; round++) {
    assert.equal(meetsGlobal({ a: "ab" }), true);
    assert.equal(meetsSticky({ a: "ba" }), true);
    assert.equal(meetsSticky({ a: "ab" }), false);
  }
  assert.equal(global.lastIndex, 2);
});

const REFUSED: readonly (readonly [filter: unknown, error: ErrorConstructor, message: RegExp])[] = [
  [undefined, TypeError, /expected a filter .*received undefined/],
  [null, TypeError, /received null/],
  ["level>=warn", TypeError, /expected a filter .*received "level>=warn"/],
  [{ kind: "either" }, TypeError, /received "either"/],
  [{ kind: "all", filters: { 0: present("a") } }, TypeError, /expected a list of filters, received an object/],
  [{ kind: "any", filters: [present("a"), undefined] }, TypeError, /expected a filter/],
  [{ kind: "not" }, TypeError, /expected a filter/],
  [{ kind: "present" }, TypeError, /expected a field's name, received undefined/],
  [{ kind: "equals", field: 1, value: 1 }, TypeError, /expected a field's name, received 1/],
  [{ kind: "equals", field: "a", value: Object.create(null) }, TypeError, /received an object/],
  [{ kind: "equals", field: "a", value: NaN }, RangeError, /received NaN/],
  [{ kind: "compares", field: "a", operator: "=", value: 1 }, TypeError, /expected the operator .*received "="/],
  [{ kind: "compares", field: "a", operator: "<", value: true }, TypeError, /received true/],
  [{ kind: "compares", field: "a", operator: "<", value: NaN }, RangeError, /received NaN/],
  [{ kind: "contains", text: 5 }, TypeError, /expected text to look for, received 5/],
  [{ kind: "contains", field: null, text: "x" }, TypeError, /expected a field's name, received null/],
  [{ kind: "matches", pattern: 5 }, TypeError, /received 5/],
  [{ kind: "matches", pattern: "(" }, SyntaxError, /missing closing \).*received "\("/],
  [{ kind: "matches", pattern: `a{${PATTERN_STEPS_MAX}}b` }, RangeError, /at most 500 steps/],
  [{ kind: "present", field: ".".repeat(FIELD_NAMES_MAX) }, RangeError, /at most 32 names/],
];

test("compileFilter refuses what is no filter, naming what is wrong", async () => {
  for (const [filter, expected, message] of REFUSED) {
    await assert.rejects(compileFilter(filter as Filter), (error) => {
      assert.ok(error instanceof expected, `${inspect(filter)}: ${error}`);
      assert.match(error.message, message);
      return true;
    });
  }
});

test("compileFilter refuses a filter that nests too deeply, or holds itself", async () => {
  let deep: Filter = present("a");
  for (let depth = 0; depth < FILTER_TREE_DEPTH_MAX; depth++) deep = not(deep);
  assert.equal((await compileFilter(deep))({ a: 1 }), true);
  await assert.rejects(compileFilter(not(deep)), RangeError);
  const filters: Filter[] = [];
  filters.push({ kind: "any", filters });
  await assert.rejects(compileFilter({ kind: "all", filters }), RangeError);
});

test("compileFilter names the column of a regular expression that RE2 refuses, where parseFilter read it", async () => {
  const rows = [
    ["level=warn msg~/(/", 16, /missing closing \)/],
    ["not (a or ~/(?=x)/)", 12, /\(\?=/],
    [String.raw`~/(a)\1/`, 2, /escape/],
    ["a~x{1001}", 3, /repeat count/],
    [`a~x b~y{1,${PATTERN_STEPS_MAX}}`, 7, /at most 500 steps/],
  ] as const;
  for (const [text, column, reason] of rows) {
    await assert.rejects(compileFilter(parseFilter(text)), (error) => {
      assert.ok(error instanceof FilterSyntaxError, `${text}: ${error}`);
      assert.equal(error.column, column, text);
      assert.match(error.message, reason);
      return true;
    });
  }
});

test("no file of src loads the engine for regular expressions before one is compiled", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const names = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts")
  );
  const naming = names.filter((name) => /["']re2js["']/.test(readFileSync(join(root, "src", name), "utf8")));
  assert.deepEqual(naming, [join("filter", "text_pattern.ts")]);
  const source = readFileSync(join(root, "src/filter/text_pattern.ts"), "utf8");
  assert.doesNotMatch(source, /(?:from|import) *["']re2js["']/);
});

function inspect(filter: unknown): string {
  return JSON.stringify(filter, (_key, value) => {
    return value instanceof RegExp ? String(value) : typeof value === "bigint" ? `${value}n` : value;
  });
}
