import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeCursor, encodeCursor } from "../../src/model/cursor.ts";

const key = { stack: "shöp", server: "a/b", signal: "logs" };

test("encodeCursor: reads back, and needs no escaping in a URL", () => {
  for (const [segment, firstLine] of [[null, 4294967295], ["logs-2026-04-30T12-00-00.000", null]] as const) {
    const position = { key, segment, firstLine, previous: segment, rawOffset: 2 ** 40 };
    const cursor = encodeCursor(position);
    assert.equal(encodeURIComponent(cursor), cursor);
    assert.deepEqual(decodeCursor(cursor), position);
  }
});

test("decodeCursor: other text is refused by its value", () => {
  for (
    const text of [
      "",
      "x",
      "%%%",
      "W10",
      btoa('["a","b","logs",null,1,null,"1"]'),
      btoa('["a","b","logs",null,1,null,-1]'),
      btoa("{}"),
    ]
  ) {
    assert.throws(() => decodeCursor(text), {
      name: "RangeError",
      message: `Cannot read from a cursor: expected one that Varve gave out, received "${text}"`,
    });
  }
});
