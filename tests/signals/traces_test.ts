import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { decodeRecord, type TelemetryRecord } from "../../src/model/record.ts";
import { readTrace, type Trace } from "../../src/signals/traces.ts";
import { jsonSpan, MemoryJournals, spanIdOf, spanRecord, START_NS, traceIdOf } from "./memory_journals.ts";

const GRIDCTL = new URL("../testdata/gridctl/demo/github/", import.meta.url);

function gridctlRecords(signal: string): TelemetryRecord[] {
  return readFileSync(new URL(`${signal}.jsonl`, GRIDCTL), "utf8").trim().split("\n").map(decodeRecord);
}

function placesOf(trace: Trace | undefined): readonly string[] | undefined {
  return trace?.spans.map(({ key, span }) => `${key.server} ${span.name}`);
}

/** A log record `at` milliseconds after the start. */
function log(at: number, traceId: string, msg: string): TelemetryRecord {
  return { ts: new Date(Number(START_NS / 1_000_000n) + at).toISOString(), level: "INFO", msg, trace_id: traceId };
}

test("readTrace puts a trace together from every server and record, by start", async () => {
  const journals = new MemoryJournals();
  const [root, call] = [{ trace: 1, id: 1, name: "root", at: 0, forMs: 100 }, {
    trace: 1,
    id: 2,
    parent: 1,
    name: "call",
  }];
  journals.append("web", spanRecord({ ...call, at: 5 }), spanRecord({ trace: 2, id: 9, at: 1 }, root));
  journals.append("db", spanRecord({ trace: 1, id: 3, parent: 2, name: "query", at: 7, isError: true }));
  journals.append("misc", spanRecord({ trace: 3, id: 4, at: 0 }));
  journals.append(
    { stack: "billing", server: "bill" },
    spanRecord({ trace: 1, id: 5, parent: 2, name: "bill", at: 6 }),
  );
  const trace = await readTrace(journals, traceIdOf(1));
  assert.deepEqual(placesOf(trace), ["web root", "web call", "bill bill", "db query"]);
  assert.deepEqual(
    [trace?.name, trace?.stack, trace?.servers, trace?.durationMs, trace?.spanCount, trace?.error, trace?.rootError],
    ["root", "shop", ["web", "bill", "db"], 100, 4, true, false],
  );
  assert.deepEqual([trace?.leftOutSpanCount, trace?.leftOutLogCount, trace?.logs], [0, 0, []]);
  const ofShop = await readTrace(journals, traceIdOf(1), { stack: "shop" });
  assert.deepEqual(placesOf(ofShop), ["web root", "web call", "db query"]);
  const ofDb = await readTrace(journals, traceIdOf(1), { server: ["db", "misc"] });
  assert.deepEqual([placesOf(ofDb), ofDb?.hasRoot], [["db query"], false]);
});

test("readTrace gives the spans as OTLP/JSON has them, with scope and resource", async () => {
  const journals = new MemoryJournals();
  const span = jsonSpan({ trace: 0xab, id: 0xcd, name: "call", at: 0, more: { kind: 3, attributes: [], unknown: 5 } });
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "web" } }] };
  const upper = {
    ...span,
    traceId: traceIdOf(0xab).toUpperCase(),
    spanId: "AB".repeat(8),
    parentSpanId: "CD".repeat(8),
  };
  journals.append("web", { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "http" }, spans: [span] }] }] });
  journals.append("web", { resourceSpans: [{ scopeSpans: [{ spans: [upper] }] }] });
  const trace = await readTrace(journals, traceIdOf(0xab).toUpperCase());
  const { attributes: _, unknown: __, ...known } = span;
  assert.deepEqual(trace?.spans, [
    { key: { stack: "shop", server: "web", signal: "traces" }, scope: { name: "http" }, resource, span: known },
    {
      key: { stack: "shop", server: "web", signal: "traces" },
      scope: undefined,
      resource: undefined,
      span: { ...known, spanId: "ab".repeat(8), parentSpanId: "cd".repeat(8) },
    },
  ]);
  assert.equal(trace.traceId, traceIdOf(0xab));
});

test("readTrace gives a span once that an exporter sent again", async () => {
  const journals = new MemoryJournals();
  const spans = [{ trace: 1, id: 1, at: 0 }, { trace: 1, id: 2, parent: 1, at: 1 }];
  journals.append(
    "web",
    spanRecord(...spans),
    spanRecord(...spans),
    spanRecord(...spans.slice(1), { trace: 1, id: 3, at: 2 }),
  );
  const trace = await readTrace(journals, traceIdOf(1));
  assert.deepEqual(trace?.spans.map(({ span }) => span.spanId), [1, 2, 3].map(spanIdOf));
  assert.deepEqual([trace?.spanCount, trace?.leftOutSpanCount], [3, 0]);
});

test("readTrace reads gridctl's ids and names, and finds its logs", async () => {
  const journals = new MemoryJournals();
  journals.append("github", ...gridctlRecords("traces"));
  journals.append({ server: "github", signal: "logs" }, ...gridctlRecords("logs"));
  const failed = await readTrace(journals, "02000000000000000000000000000002");
  assert.deepEqual(
    [failed?.name, failed?.start, failed?.durationMs, failed?.error, failed?.rootError, failed?.rootSpanId],
    ["tools/call", "2026-05-05T12:01:01Z", 1500, true, true, "1500000000000015"],
  );
  assert.equal(failed?.spans[0]?.span.kind, 1);
  assert.deepEqual(failed.spans[0].span.status, { message: 'boom <x> & "q"', code: 2 });
  assert.deepEqual(failed.logs.map(({ record }) => record.msg), ["tool call failed"]);
  const passed = await readTrace(journals, "01000000000000000000000000000001");
  assert.deepEqual(placesOf(passed), ["github tools/call", "github mcp.client.call_tool"]);
  assert.deepEqual(
    [passed?.durationMs, passed?.error, passed?.rootSpanId, passed?.hasRoot],
    [120, false, "0a0000000000000a", true],
  );
  assert.deepEqual(passed?.logs.map(({ record }) => record.msg), ["tool call started"]);
});

test("readTrace gives the logs of every server by time, with the id in either case", async () => {
  const journals = new MemoryJournals();
  const id = traceIdOf(0xabc);
  journals.append("web", spanRecord({ trace: 0xabc, id: 1, at: 0 }));
  journals.append(
    { server: "web", signal: "logs" },
    log(1, id, "first"),
    log(9, id, "fourth"),
    log(2, traceIdOf(2), "no"),
  );
  journals.append({ server: "db", signal: "logs" }, log(3, id.toUpperCase(), "second"), log(4, id, "third"));
  journals.append({ stack: "other", server: "db", signal: "logs" }, log(5, id, "of another stack"));
  const trace = await readTrace(journals, id, { stack: "shop" });
  assert.deepEqual(
    trace?.logs.map(({ key, record }) => `${key.server} ${record.msg}`),
    ["web first", "db second", "db third", "web fourth"],
  );
});

test("readTrace counts what is past its limit, and sums up all of it", async () => {
  const journals = new MemoryJournals();
  for (let id = 2; id <= 20; id++) journals.append("web", spanRecord({ trace: 1, id, parent: 1, at: id }));
  journals.append("web", spanRecord({ trace: 1, id: 1, name: "root", at: 0, forMs: 500, isError: true }));
  for (let n = 0; n < 9; n++) journals.append({ server: "web", signal: "logs" }, log(n, traceIdOf(1), `log ${n}`));
  const trace = await readTrace(journals, traceIdOf(1), { limit: 5 });
  assert.deepEqual(trace?.spans.map(({ span }) => span.spanId), [2, 3, 4, 5, 6].map(spanIdOf));
  assert.deepEqual(trace?.logs.map(({ record }) => record.msg), ["log 0", "log 1", "log 2", "log 3", "log 4"]);
  assert.deepEqual([trace?.leftOutSpanCount, trace?.leftOutLogCount], [15, 4]);
  assert.deepEqual(
    [trace?.spanCount, trace?.name, trace?.durationMs, trace?.errorCount, trace?.hasRoot],
    [20, "root", 500, 1, true],
  );
});

test("readTrace leaves a span out that is not valid, and none beside it", async () => {
  const journals = new MemoryJournals();
  const broken = { trace: 1, id: 2, parent: 1, at: 1, more: { attributes: [{ key: 5 }] } };
  journals.append("web", spanRecord({ trace: 1, id: 1, at: 0 }, broken, { trace: 1, id: 3, parent: 1, at: 2 }));
  const trace = await readTrace(journals, traceIdOf(1));
  assert.deepEqual(trace?.spans.map(({ span }) => span.spanId), [1, 3].map(spanIdOf));
  assert.deepEqual([trace?.spanCount, trace?.leftOutSpanCount], [3, 1]);
});

test("readTrace puts spans without a time last", async () => {
  const journals = new MemoryJournals();
  journals.append(
    "web",
    spanRecord({ trace: 1, id: 1, at: undefined }, { trace: 1, id: 2, at: 5 }, { trace: 1, id: 3, at: 4 }),
  );
  const trace = await readTrace(journals, traceIdOf(1));
  assert.deepEqual(trace?.spans.map(({ span }) => span.spanId), [3, 2, 1].map(spanIdOf));
});

test("readTrace knows no trace without spans, and refuses what it cannot use", async () => {
  const journals = new MemoryJournals();
  journals.append({ server: "web", signal: "logs" }, log(0, traceIdOf(1), "alone"));
  assert.equal(await readTrace(journals, traceIdOf(1)), undefined);
  for (const id of ["", "abc", "g".repeat(32), "a".repeat(33), "AQAAAAAAAAAAAAAAAAAAAQ=="]) {
    await assert.rejects(readTrace(journals, id), {
      name: "RangeError",
      message: /"traceId" to be 32 hexadecimal digits/,
    });
  }
  for (const limit of [0, -1, 1.5, NaN, 10_001]) {
    await assert.rejects(readTrace(journals, traceIdOf(1), { limit }), {
      name: "RangeError",
      message: /"limit" from 1/,
    });
  }
});
