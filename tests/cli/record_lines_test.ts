import assert from "node:assert/strict";
import { test } from "node:test";
import type { TelemetryRecord } from "../../mod.ts";
import { jsonLine, recordLines } from "../../src/cli/record_lines.ts";

const TS = "2026-04-30T12:00:00Z";

test("recordLines: time, level, message, then key=value, quoted where it needs to be", () => {
  const cases: readonly (readonly [record: TelemetryRecord, signal: string, line: string])[] = [
    [{ ts: TS, level: "INFO", msg: "hi", tool: "search", n: 5 }, "logs", `${TS} INFO  hi tool=search n=5`],
    [{ ts: TS, level: "INFO+2", msg: "hi", text: "a b", empty: "" }, "logs", `${TS} INFO+2 hi text="a b" empty=""`],
    [
      { ts: TS, level: "WARN", msg: "x", otlp: { flags: 1 }, nested: { a: [1] } },
      "logs",
      `${TS} WARN  x nested={"a":[1]}`,
    ],
    [{ msg: { a: 1 }, big: 2n ** 60n, no: null }, "logs", `- {"a":1} big=1152921504606846976 no=null`],
    [{ ts: TS, name: "load", value: 0.5 }, "timeseries", `${TS} name=load value=0.5`],
    [{ ts: TS, level: "INFO", msg: "a\u001b[2J\nb", key: "\u009b" }, "logs", `${TS} INFO  a\\u001b[2J\\nb key=\\u009b`],
    [{ ts: TS, nothing: "of traces" }, "traces", `${TS} nothing="of traces"`],
  ];
  for (const [record, signal, line] of cases) assert.equal(recordLines(record, signal), `${line}\n`);
});

test("recordLines: a record of traces is a line for each span", () => {
  const span = {
    traceId: "a".repeat(32),
    spanId: "b".repeat(16),
    name: "GET /",
    startTimeUnixNano: "1777982461000000000",
    endTimeUnixNano: "1777982461002500000",
  };
  const child = { ...span, parentSpanId: "c".repeat(16), status: { code: 2, message: "no" } };
  const record = { resourceSpans: [{ scopeSpans: [{ spans: [span, child] }] }] };
  const ids = `trace_id=${"a".repeat(32)} span_id=${"b".repeat(16)}`;
  assert.equal(
    recordLines(record, "traces"),
    `2026-05-05T12:01:01Z GET / 2.5 ms ${ids}\n` +
      `2026-05-05T12:01:01Z GET / 2.5 ms ERROR no ${ids} parent_span_id=${"c".repeat(16)}\n`,
  );
});

test("jsonLine: one line of JSON with exact integers and no control characters", () => {
  assert.equal(jsonLine({ msg: "a\u009b\nb", id: 2n ** 60n }), '{"msg":"a\\u009b\\nb","id":1152921504606846976}\n');
});
