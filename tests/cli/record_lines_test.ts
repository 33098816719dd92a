import assert from "node:assert/strict";
import { test } from "node:test";
import type { TelemetryRecord } from "../../mod.ts";
import { colorPaint } from "../../src/cli/paint.ts";
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
    [{ ts: { toString: 1 }, level: ["a"], msg: "x" }, "logs", `{"toString":1} ["a"] x`],
    [{ ts: TS, nothing: "of traces" }, "traces", `${TS} nothing="of traces"`],
  ];
  for (const [record, signal, line] of cases) assert.equal(recordLines(record, { signal }), `${line}\n`);
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
    recordLines(record, { signal: "traces" }),
    `2026-05-05T12:01:01Z GET / 2.5 ms ${ids}\n` +
      `2026-05-05T12:01:01Z GET / 2.5 ms ERROR no ${ids} parent_span_id=${"c".repeat(16)}\n`,
  );
});

test("recordLines: the origin stands in front of each line, in quotes where it is more than a word", () => {
  const record = { ts: TS, msg: "hi" };
  assert.equal(recordLines(record, { signal: "logs", origin: "shop/github" }), `shop/github ${TS} hi\n`);
  assert.equal(recordLines(record, { signal: "logs", origin: "a b\u009b" }), `"a b\\u009b" ${TS} hi\n`);
});

test("recordLines: colors by severity, time and keys dim, and nothing of a record drives the terminal", () => {
  const forged = {
    ts: "\u001b[1m",
    level: "ERROR\u001b[0m",
    msg: "\u001b]0;title\u0007\r\n",
    "k\u001b[31m": ["\u009b2J"],
    otlp: 1,
  };
  const cases: readonly (readonly [record: TelemetryRecord, line: string])[] = [
    [{ ts: TS, level: "TRACE", msg: "m" }, `<dim>${TS}</dim> <dim>TRACE</dim> m`],
    [{ ts: TS, level: "debug", msg: "m" }, `<dim>${TS}</dim> <dim>debug</dim> m`],
    [{ ts: TS, level: "INFO", msg: "m", n: 1 }, `<dim>${TS}</dim> <green>INFO</color>  m <dim>n=</dim>1`],
    [{ ts: TS, level: "INFO+3" }, `<dim>${TS}</dim> <green>INFO+3</color>`],
    [{ ts: TS, level: "warning" }, `<dim>${TS}</dim> <yellow>warning</color>`],
    [{ ts: TS, level: "ERROR" }, `<dim>${TS}</dim> <red>ERROR</color>`],
    [{ ts: TS, level: "FATAL" }, `<dim>${TS}</dim> <bold red>FATAL</dim></color>`],
    [{ ts: TS, level: "loud" }, `<dim>${TS}</dim> loud `],
    [
      forged,
      '<dim>\\u001b[1m</dim> ERROR\\u001b[0m \\u001b]0;title\\u0007\\r\\n <dim>k\\u001b[31m=</dim>["\\u009b2J"]',
    ],
  ];
  for (const [record, line] of cases) {
    assert.equal(shown(recordLines(record, { signal: "logs", paint: colorPaint })), `${line}\n`);
  }
  const origin = recordLines({ ts: TS }, { signal: "logs", paint: colorPaint, origin: "a" });
  assert.equal(shown(origin), `<cyan>a</color> <dim>${TS}</dim>\n`);
});

test("recordLines: a span that failed is red", () => {
  const span = { traceId: "a".repeat(32), spanId: "b".repeat(16), name: "GET /" };
  const times = { startTimeUnixNano: "1777982461000000000", endTimeUnixNano: "1777982461002500000" };
  const failed = { ...span, ...times, status: { code: 2, message: "no\u001b" } };
  const record = { resourceSpans: [{ scopeSpans: [{ spans: [failed] }] }] };
  assert.equal(
    shown(recordLines(record, { signal: "traces", paint: colorPaint })),
    `<dim>2026-05-05T12:01:01Z</dim> <red>GET /</color> 2.5 ms <red>ERROR no\\u001b</color> ` +
      `<dim>trace_id=</dim>${"a".repeat(32)} <dim>span_id=</dim>${"b".repeat(16)}\n`,
  );
});

test("jsonLine: with a key, where the record comes from", () => {
  const key = { stack: "shop", server: "a\u009b", signal: "logs" };
  assert.equal(jsonLine({ n: 1 }, key), '{"stack":"shop","server":"a\\u009b","record":{"n":1}}\n');
});

test("jsonLine: one line of JSON with exact integers and no control characters", () => {
  assert.equal(jsonLine({ msg: "a\u009b\nb", id: 2n ** 60n }), '{"msg":"a\\u009b\\nb","id":1152921504606846976}\n');
});

/** The sequences that a line may have, by name; any other one stays as it is. */
function shown(line: string): string {
  const names = {
    2: "dim",
    22: "/dim",
    31: "red",
    32: "green",
    33: "yellow",
    36: "cyan",
    39: "/color",
    "1;31": "bold red",
  };
  return Object.entries(names).reduce((text, [code, name]) => text.replaceAll(`\x1b[${code}m`, `<${name}>`), line);
}
