// The examples of src/filter/FILTERS.md: each filter of its tables chooses the records that the table says, or is refused.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FilterSyntaxError } from "../../src/errors.ts";
import { FIELD_NAMES_MAX, FILTER_DEPTH_MAX, FILTER_MAX_CHARS, PATTERN_STEPS_MAX } from "../../src/limits.ts";
import { decodeRecord } from "../../src/model/record.ts";
import { compileFilter } from "../../src/filter/matcher.ts";
import { parseFilter } from "../../src/filter/syntax.ts";

const page = readFileSync(new URL("../../src/filter/FILTERS.md", import.meta.url), "utf8");

/** The rows of the table with this header: two cells each, the first without its code quotes. */
function rowsOf(header: string): readonly (readonly [filter: string, result: string])[] {
  const [, table = ""] = page.split(`| ${header} |\n| --- | --- |\n`);
  const lines = table.split("\n\n", 1)[0]?.trimEnd().split("\n") ?? [];
  return lines.map((line) => {
    const [, filter = "", result] = /^\| (?:`(.*)` )?\| (.*?) ?\|$/.exec(line) ?? [];
    assert.ok(result !== undefined, `cannot read the row ${line}`);
    return [filter, result] as const;
  });
}

test("FILTERS.md: each example chooses the records that it says", async () => {
  const [, json = ""] = /^```json\n(.*?)^```/ms.exec(page) ?? [];
  const records = json.trimEnd().split("\n").map(decodeRecord);
  const rows = rowsOf("filter | records");
  assert.ok(records.length >= 5 && rows.length >= 20, `${records.length} records, ${rows.length} examples`);
  for (const [filter, expected] of rows) {
    const meets = await compileFilter(parseFilter(filter));
    const chosen = records.flatMap((record, index) => meets(record) ? [index + 1] : []);
    assert.equal(chosen.join(" "), expected, filter);
  }
});

test("FILTERS.md: each example of a refused filter is refused where and why it says", async () => {
  const rows = rowsOf("filter | error");
  assert.ok(rows.length >= 8, `${rows.length} examples`);
  for (const [filter, expected] of rows) {
    const [, column, reason = ""] = /^column (\d+): (.+)$/.exec(expected) ?? [];
    await assert.rejects(async () => await compileFilter(parseFilter(filter)), (error) => {
      assert.ok(error instanceof FilterSyntaxError, `${filter}: ${error}`);
      assert.equal(String(error.column), column, filter);
      assert.ok(error.message.includes(`: ${reason}`), `${filter}: ${error.message}`);
      return true;
    });
  }
});

test("FILTERS.md: every form of a condition, and every filter that the text calls refused, is what it says", () => {
  const forms = rowsOf("form | holds where").flatMap(([forms]) => forms.split(/`, (?:also )?`/));
  assert.ok(forms.length >= 20, `${forms.length} forms`);
  for (const form of forms) assert.doesNotThrow(() => /^[<>]=?$/.test(form) || parseFilter(form), form);
  const refused = [...page.matchAll(/^\* `([^`]+)` is refused/gm)].map(([, text = ""]) => text);
  assert.ok(refused.length >= 3, `${refused.length} refused texts`);
  for (const text of refused) assert.throws(() => parseFilter(text), FilterSyntaxError, text);
});

test("FILTERS.md: the limits are the ones in force", () => {
  const limits = page.slice(page.indexOf("## Limits"), page.indexOf("## Examples")).replaceAll(/\s+/g, " ");
  for (const limit of [FILTER_MAX_CHARS, FILTER_DEPTH_MAX, FIELD_NAMES_MAX - 1, PATTERN_STEPS_MAX]) {
    assert.match(limits, new RegExp(`\\b${limit}\\b`));
  }
});
