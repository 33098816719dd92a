import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { FilterSyntaxError } from "../../src/errors.ts";
import { FIELD_NAMES_MAX, FILTER_DEPTH_MAX, FILTER_MAX_CHARS } from "../../src/limits.ts";
import type { Filter, FilterValue } from "../../src/model/filter.ts";
import { compileFilter } from "../../src/filter/matcher.ts";
import { parseFilter } from "../../src/filter/syntax.ts";
import { seededRandom } from "../recovery/stores.ts";
import { pick } from "../query/json_forms.ts";

const SEED = Number(process.env["VARVE_SEED"] ?? 20261121);
const FUZZ_TEXTS = 20_000;

const contains = (text: string, field?: string): Filter =>
  field === undefined ? { kind: "contains", text } : { kind: "contains", field, text };
const equals = (field: string, value: FilterValue): Filter => ({ kind: "equals", field, value });
const matches = (pattern: string, field?: string): Filter =>
  field === undefined ? { kind: "matches", pattern } : { kind: "matches", field, pattern };
const all = (...filters: Filter[]): Filter => ({ kind: "all", filters });
const any = (...filters: Filter[]): Filter => ({ kind: "any", filters });
const not = (filter: Filter): Filter => ({ kind: "not", filter });
const present = (field: string): Filter => ({ kind: "present", field });
const compares = (field: string, operator: "<" | "<=" | ">" | ">=", value: string | number | bigint): Filter => {
  return { kind: "compares", field, operator, value };
};

const READINGS: Readonly<Record<string, readonly (readonly [text: string, filter: Filter])[]>> = {
  "joined conditions": [
    ["", all()],
    [" \n\t ", all()],
    ["a", contains("a")],
    ["a b c", all(contains("a"), contains("b"), contains("c"))],
    ["a and b AND c", all(contains("a"), contains("b"), contains("c"))],
    ["a or b Or c", any(contains("a"), contains("b"), contains("c"))],
    ["a b or c d", any(all(contains("a"), contains("b")), all(contains("c"), contains("d")))],
    ["not a b", all(not(contains("a")), contains("b"))],
    ["not a or b", any(not(contains("a")), contains("b"))],
    ["!a !(b c)", all(not(contains("a")), not(all(contains("b"), contains("c"))))],
    ["NOT not ! a", not(not(not(contains("a"))))],
    ["(a or b) c", all(any(contains("a"), contains("b")), contains("c"))],
    ["( ( a ) )", contains("a")],
    ["not(a)and(b)", all(not(contains("a")), contains("b"))],
    ["android nothing order", all(contains("android"), contains("nothing"), contains("order"))],
    ["not=1", any(equals("not", 1), equals("not", "1"))],
    ['"and" "or"', all(contains("and"), contains("or"))],
  ],
  "values": [
    ["tool=search", equals("tool", "search")],
    ["tool = search", equals("tool", "search")],
    ["tool!=search", not(equals("tool", "search"))],
    ["tool=search,fetch", any(equals("tool", "search"), equals("tool", "fetch"))],
    ['tool="a b", c', any(equals("tool", "a b"), equals("tool", "c"))],
    ["status=200", any(equals("status", 200), equals("status", "200"))],
    ['status="200"', equals("status", "200")],
    ["status!=200", not(any(equals("status", 200), equals("status", "200")))],
    ["x=-1.5e3", any(equals("x", -1500), equals("x", "-1.5e3"))],
    ["x=01,+1,.5", any(equals("x", "01"), equals("x", "+1"), equals("x", ".5"))],
    ["x=9007199254740993", any(equals("x", 9007199254740993n), equals("x", "9007199254740993"))],
    ["x=-18446744073709551615", any(equals("x", -18446744073709551615n), equals("x", "-18446744073709551615"))],
    ["x=1e999", equals("x", "1e999")],
    ["x=true", any(equals("x", true), equals("x", "true"))],
    ["x=false", any(equals("x", false), equals("x", "false"))],
    ["x=null", any(equals("x", null), equals("x", "null"))],
    ["x=True", equals("x", "True")],
    ['x="null"', equals("x", "null")],
    ['x=""', equals("x", "")],
    ["x=and", equals("x", "and")],
    ["url=http://x/y", equals("url", "http://x/y")],
    ["at=12:30", equals("at", "12:30")],
    ["x=*", present("x")],
    ["x!=* y", all(not(present("x")), contains("y"))],
    ['x="*"', equals("x", "*")],
  ],
  "fields": [
    ["http.status_code=x", equals("http.status_code", "x")],
    ["app/kind@v-1=x", equals("app/kind@v-1", "x")],
    ["имя=x 名前=y", all(equals("имя", "x"), equals("名前", "y"))],
    ['"my field"=x', equals("my field", "x")],
    ['"a=b" != "c"', not(equals("a=b", "c"))],
    ["msg*=timed", contains("timed", "msg")],
    ['msg *= "timed out"', contains("timed out", "msg")],
    ["msg*=200", contains("200", "msg")],
  ],
  "comparisons": [
    ["ms>5", compares("ms", ">", 5)],
    ["ms >= 5", compares("ms", ">=", 5)],
    ["ms<-5 ms<=0.5", all(compares("ms", "<", -5), compares("ms", "<=", 0.5))],
    ['ms>"5"', compares("ms", ">", "5")],
    ["id>9007199254740993", compares("id", ">", 9007199254740993n)],
    ["ts>=2026-04-30T12:00:00Z", compares("ts", ">=", "2026-04-30T12:00:00Z")],
    ['x>"true"', compares("x", ">", "true")],
    ["level>=warn", compares("level", ">=", "warn")],
    ['level<"INFO+2"', compares("level", "<", "INFO+2")],
    ["level>=30", compares("level", ">=", 30)],
    ["log.level>=loud", compares("log.level", ">=", "loud")],
  ],
  "words and quotes": [
    ["http://x/y", contains("http://x/y")],
    ["12:30 10.0.0.1:4318", all(contains("12:30"), contains("10.0.0.1:4318"))],
    ["4bf92f3577b34da6a3ce929d0e0e4736", contains("4bf92f3577b34da6a3ce929d0e0e4736")],
    ["-32603", contains("-32603")],
    ["50% #4 don't {a} [b] $c", all(...["50%", "#4", "don't", "{a}", "[b]", "$c"].map((text) => contains(text)))],
    ['"say \\"hi\\" \\\\ \\u00e9\\n"', contains('say "hi" \\ é\n')],
    ['"two\nlines"', contains("two\nlines")],
    ['""', contains("")],
    ["😀", contains("😀")],
  ],
  "regular expressions": [
    ["msg~^timed", matches("^timed", "msg")],
    ["msg!~^timed", not(matches("^timed", "msg"))],
    ["~timed", matches("timed")],
    ["!~timed", not(matches("timed"))],
    ["not ~timed", not(matches("timed"))],
    ["a and ~b", all(contains("a"), matches("b"))],
    ["(msg~a|b)", matches("a|b", "msg")],
    ["msg~a{1,2}=*", matches("a{1,2}=*", "msg")],
    ["msg~/timed? (out|up)/", matches("timed? (out|up)", "msg")],
    ["msg~/a/i ~/b/sm", all(matches("(?i)a", "msg"), matches("(?sm)b"))],
    [String.raw`path~/\/api\/v1/`, matches(String.raw`\/api\/v1`, "path")],
    [String.raw`path~"/api/v\\d"`, matches(String.raw`/api/v\d`, "path")],
    [String.raw`path~\d+`, matches(String.raw`\d+`, "path")],
  ],
};

for (const [about, rows] of Object.entries(READINGS)) {
  test(`parseFilter reads ${about}`, () => {
    for (const [text, filter] of rows) assert.deepEqual(parseFilter(text), filter, text);
  });
}

const REFUSALS: readonly (readonly [text: string, column: number, reason: RegExp])[] = [
  ["(a", 1, /this parenthesis is not closed/],
  ["a ((b)", 3, /this parenthesis is not closed/],
  ["a)", 2, /this parenthesis closes none/],
  ["()", 2, /expected a condition, not "\)"/],
  ["not", 4, /expected a condition/],
  ["a !", 4, /expected a condition/],
  ["a or", 5, /expected a condition/],
  ["or a", 1, /expected a condition, not "or"/],
  ["a and or b", 7, /expected a condition, not "or"/],
  ["a and)", 6, /expected a condition, not "\)"/],
  ["a || b", 3, /joined by "or"/],
  ["a|b", 2, /joined by "or"/],
  ["a && b", 3, /joined by "and"/],
  ["=b", 1, /expected a field before "="/],
  ["a !=", 5, /expected a value for "!="/],
  ["a= and b", 4, /expected a value for "=", not "and"/],
  ["(a=)", 4, /expected a value for "=", not "\)"/],
  ["a=b,", 5, /expected a value for "="/],
  ["a=b=c", 4, /"=" cannot stand here.*quotes/],
  ["a==b", 2, /"==" is no operator/],
  ["a=~b", 2, /expected "=", .*"=~" is no operator/],
  ["a=>3", 2, /"=>" is no operator/],
  ["a=(b c)", 3, /a list of them is written a,b/],
  ["a>1,2", 4, /">" takes one value/],
  ["a*=1,2", 5, /"\*=" takes one value/],
  ["a=se*", 5, /"\*" cannot stand here/],
  ["a=*b", 4, /"\*" stands alone/],
  ["a,b", 2, /"," cannot stand here.*quotes/],
  ["done!", 5, /"!" cannot stand here.*quotes/],
  ["main()", 5, /expected a space before "\("/],
  ['a"b"', 2, /expected a space before a quotation mark/],
  ['"abc', 1, /the quotes that begin here do not end/],
  ['a="b\\"', 3, /the quotes that begin here do not end/],
  ['"a\\\\\\d"', 5, /JSON's escapes/],
  ['"\\u12"', 2, /JSON's escapes/],
  ["'timed out'", 1, /quotes are written "…"/],
  ["msg=“timed out”", 5, /quotes are written "…"/],
  ["-debug", 1, /"not" excludes/],
  ["a -tool=b", 3, /"not" excludes/],
  ["tool:search", 5, /a field is written "tool=…"/],
  ["a localhost:4318", 12, /text with a colon stands in quotes/],
  ["http://x/y?a=b", 13, /"=" stands behind what is no bare field.*quotes/],
  ["a#b > 1", 5, /">" stands behind what is no bare field/],
  ["x>true", 3, /compares numbers or text, not true/],
  ["x<=null", 4, /compares numbers or text, not null/],
  ["x>1e999", 3, /this number is too large/],
  ["level>=loud", 8, /expected a level: TRACE, DEBUG, INFO, WARN, ERROR, FATAL, .*INFO\+2/],
  ['level<"INFO+30"', 7, /expected a level/],
  ["x~", 3, /expected a regular expression/],
  ["x ~b", 3, /behind a space/],
  ["x !~ b", 3, /behind a space/],
  ["x~(a|b)", 3, /between slashes/],
  ["x~a(b)", 4, /between slashes/],
  ["x~/ab", 3, /does not end with one/],
  ["x~/api/v1", 8, /the flags i, m or s/],
  ["x~/api/ii", 8, /the flags i, m or s/],
  ["x~/a/i,b", 7, /"," cannot stand here/],
  [`a ${"(".repeat(FILTER_DEPTH_MAX)}b`, FILTER_DEPTH_MAX + 3, /at most 100 parentheses/],
  ["!".repeat(FILTER_MAX_CHARS), FILTER_DEPTH_MAX + 1, /at most 100 parentheses/],
  [`${"a.".repeat(FIELD_NAMES_MAX)}b=1`, 2 * FIELD_NAMES_MAX + 2, /at most 32 names/],
];

test("parseFilter says in which column a text cannot be understood, and why", () => {
  for (const [text, column, reason] of REFUSALS) {
    assert.throws(() => parseFilter(text), (error) => {
      assert.ok(error instanceof FilterSyntaxError, `${text}: ${error}`);
      assert.equal(error.column, column, `${text}: ${error.message}`);
      assert.match(error.message, reason, text);
      assert.equal(error.text, text);
      return true;
    });
  }
});

test("parseFilter takes text up to its limits and refuses longer ones without repeating them", () => {
  assert.deepEqual(parseFilter("a".repeat(FILTER_MAX_CHARS)), contains("a".repeat(FILTER_MAX_CHARS)));
  const deepest = `${"(".repeat(FILTER_DEPTH_MAX - 1)}a${")".repeat(FILTER_DEPTH_MAX - 1)}`;
  assert.deepEqual(parseFilter(deepest), contains("a"));
  assert.deepEqual(
    parseFilter(`${"a.".repeat(FIELD_NAMES_MAX - 1)}b=*`),
    present(`${"a.".repeat(FIELD_NAMES_MAX - 1)}b`),
  );
  assert.throws(() => parseFilter("a".repeat(1_000_000)), (error) => {
    assert.ok(error instanceof FilterSyntaxError);
    assert.equal(error.column, FILTER_MAX_CHARS + 1);
    assert.ok(error.message.length < 500, "the message is short");
    return true;
  });
});

test("parseFilter refuses what is no text with a TypeError", () => {
  for (const value of [undefined, null, 1, {}]) {
    assert.throws(() => parseFilter(value as unknown as string), TypeError);
  }
});

const PARTS = [
  ..."()!=<>~*|,:;/\\\"'`-+.&%#@_{}[]^$? \t\n",
  ...[
    "a",
    "level",
    "msg",
    "http.status",
    "and",
    "or",
    "not",
    "AND",
    "true",
    "null",
    "12",
    "-1.5",
    "1e999",
    "warn",
    "loud",
  ],
  ...[
    "*=",
    "!=",
    ">=",
    "!~",
    '"x y"',
    '"\\',
    "/re/i",
    "\u00e9",
    "名",
    "😀",
    "\ud800",
    "\udc00",
    "\0",
    "\u2028",
    "9".repeat(30),
  ],
] as const;

test(`parseFilter throws nothing but FilterSyntaxError for ${FUZZ_TEXTS} random texts (VARVE_SEED=${SEED})`, async () => {
  const random = seededRandom(SEED);
  const [first = "", ...others] = PARTS;
  let read = 0;
  for (let n = 0; n < FUZZ_TEXTS; n++) {
    const length = Math.floor(random() * 12);
    const text = Array.from({ length }, () => pick([first, ...others], random)).join(random() < 0.3 ? " " : "");
    try {
      const meets = await compileFilter(parseFilter(text));
      assert.equal(typeof meets({ level: "warn", a: 1, msg: "x y" }), "boolean");
      read++;
    } catch (error) {
      assert.ok(error instanceof FilterSyntaxError, `${JSON.stringify(text)}: ${error}`);
      assert.ok(
        error.column >= 1 && error.column <= text.length + 1,
        `${JSON.stringify(text)}: column ${error.column}`,
      );
    }
  }
  assert.ok(read > FUZZ_TEXTS / 50, `only ${read} of the random texts were filters`);
});
