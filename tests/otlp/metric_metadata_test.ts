import { test } from "node:test";
import assert from "node:assert/strict";
import { MetadataMemory } from "../../src/otlp/metric_metadata.ts";

const record = (name: string, help = "", ts = "2026-01-01T00:00:00Z") => ({ ts, name, type: "gauge", help });

test("MetadataMemory.changed names what is new or different, whenever it was said", () => {
  const memory = new MetadataMemory(10);
  const first = [record("a"), record("b")];
  assert.deepEqual(memory.changed(first), first);
  assert.deepEqual(memory.changed(first), first, "nothing is remembered before the journal has it");
  memory.remember(first);
  const later = [record("a", "", "2026-01-02T00:00:00Z"), record("b", "new"), { ...record("c"), unit: "s" }];
  assert.deepEqual(memory.changed(later), later.slice(1));
  memory.remember(later);
  assert.deepEqual(memory.changed(first), [first[1]], "the newest counts");
});

test("MetadataMemory forgets the name not seen for longest", () => {
  const memory = new MetadataMemory(2);
  memory.remember([record("a"), record("b")]);
  assert.deepEqual(memory.changed([record("a")]), []);
  memory.remember([record("c")]);
  assert.deepEqual(memory.changed([record("a"), record("b"), record("c")]), [record("b")]);
});
