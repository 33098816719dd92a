import assert from "node:assert/strict";
import { test } from "node:test";
import { groupSegments, listSignal } from "../../src/segment/listing.ts";

const names = [
  "logs-2026-05-02T00-00-00.000.jsonl.gz",
  "logs-2026-05-01T00-00-00.000.jsonl",
  "logs-2026-05-01T00-00-00.000.jsonl.gz",
  "logs-2026-05-01T00-00-00.000.idx",
  "logs-2026-05-03T00-00-00.000.jsonl.gz.tmp",
  "logs.jsonl",
  "logs-backup.jsonl",
  "metrics.jsonl",
  "custom.jsonl",
  ".lock",
];
const entries = names.map((name) => ({ name, kind: "file" as const }));

test("listSignal: sealed segments come oldest first, a raw file and its .gz as one", () => {
  const { active, sealed, sideFiles } = listSignal(entries, "logs");
  assert.equal(active, true);
  assert.deepEqual(sealed.map(({ stamp, form }) => [stamp, form]), [
    ["2026-05-01T00-00-00.000", "raw"],
    ["2026-05-02T00-00-00.000", "gzip"],
  ]);
  assert.deepEqual(sideFiles.toSorted(), [
    "logs-2026-05-01T00-00-00.000.idx",
    "logs-2026-05-03T00-00-00.000.jsonl.gz.tmp",
  ]);
});

test("listSignal: the form that counts is removed last", () => {
  assert.deepEqual(listSignal(entries, "logs").sealed[0]?.files, [
    "logs-2026-05-01T00-00-00.000.idx",
    "logs-2026-05-01T00-00-00.000.jsonl.gz",
    "logs-2026-05-01T00-00-00.000.jsonl",
  ]);
});

test("groupSegments: only known signals and regular files are ours", () => {
  const known = new Set(["logs", "metrics"]);
  const other = [{ name: "audit.jsonl", kind: "directory" as const }, {
    name: "metrics.jsonl",
    kind: "other" as const,
  }];
  assert.deepEqual([...groupSegments([...entries, ...other], (name) => known.has(name)).keys()].toSorted(), [
    "logs",
    "metrics",
  ]);
  assert.deepEqual(listSignal([{ name: "logs.jsonl", kind: "other" }], "logs"), {
    active: false,
    sealed: [],
    sideFiles: [],
  });
});
