import { test } from "node:test";
import assert from "node:assert/strict";
import { KeyCache } from "../../src/otlp/key_cache.ts";

test("KeyCache.text gives each key its own text, also where many share a slot", () => {
  // Keys that agree in everything the hash looks at, and keys of all lengths.
  const keys = ["", ...Array.from({ length: 2000 }, (_, index) => `${index}`.padStart(8, "0") + "same end")];
  for (let length = 1; length < 40; length++) keys.push("é".repeat(length), "a".repeat(length));
  const encoder = new TextEncoder();
  const body = encoder.encode([...keys, ...keys].join(""));
  const decoder = new TextDecoder();
  const cache = new KeyCache(body, (start, end) => decoder.decode(body.subarray(start, end)));
  let start = 0;
  for (const key of [...keys, ...keys]) {
    const end = start + encoder.encode(key).length;
    assert.equal(cache.text(start, end), key);
    start = end;
  }
});
