import { test } from "node:test";
import assert from "node:assert/strict";
import type { TelemetryRecord } from "../../src/model/record.ts";
import { flatSpans, spanGroups, type StoredSpan } from "../../src/signals/spans.ts";
import { jsonSpan, keyOf, spanIdOf, START_NS, traceIdOf } from "./memory_journals.ts";

function groupsOf(record: TelemetryRecord) {
  return spanGroups({ key: keyOf("web"), record, cursor: "" });
}

function spanOf(fields: object): StoredSpan | undefined {
  const span = { traceId: traceIdOf(1), spanId: spanIdOf(1), ...fields };
  return groupsOf({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })[0]?.spans[0];
}

test("spanGroups gives the spans by resource and scope, and passes over what is none", () => {
  const [one, two, three] = [1, 2, 3].map((id) => jsonSpan({ trace: 1, id, at: 0 }));
  const groups = groupsOf({
    resourceSpans: [
      {
        resource: { attributes: [] },
        scopeSpans: [{ scope: { name: "a" }, spans: [one, null, 5, { name: "x" }, two] }],
      },
      7,
      { scopeSpans: [{ spans: [three, { ...three, traceId: "AQ==" }, { ...three, traceId: 8 }] }, { spans: "no" }] },
    ],
  });
  const found = groups.map(({ resource, scope, spans }) => [resource, scope, spans.map(({ spanId }) => spanId)]);
  assert.deepEqual(found, [
    [{ attributes: [] }, { name: "a" }, [spanIdOf(1), spanIdOf(2)]],
    [undefined, undefined, [spanIdOf(3)]],
    [undefined, undefined, []],
  ]);
  for (const record of [{}, { resourceSpans: 5 }, { resourceSpans: [null] }, { resourceSpans: [{ scopeSpans: {} }] }]) {
    assert.deepEqual(groupsOf(record), []);
  }
});

test("spanGroups reads times exactly and never gives an end before the start", () => {
  const start = START_NS + 1n;
  const cases: [start: unknown, end: unknown, times: readonly [bigint, bigint]][] = [
    [String(start), String(start + 5n), [start, start + 5n]],
    [start, start + 5n, [start, start + 5n]],
    [1000, 2000, [1000n, 2000n]],
    [String(start), undefined, [start, start]],
    [String(start), "0", [start, start]],
    [String(start), 0, [start, start]],
    [String(start), String(start - 5n), [start, start]],
    [undefined, String(start), [start, start]],
    ["0", String(start), [start, start]],
    [undefined, undefined, [0n, 0n]],
    ["soon", -5, [0n, 0n]],
    [null, 1.5, [0n, 0n]],
  ];
  for (const [startTimeUnixNano, endTimeUnixNano, times] of cases) {
    const span = spanOf({ startTimeUnixNano, endTimeUnixNano });
    assert.deepEqual([span?.start, span?.end], times, `${startTimeUnixNano} to ${endTimeUnixNano}`);
  }
});

test("spanGroups reads ids in any case, zeros as no parent, and errors as number or name", () => {
  const upper = spanOf({ traceId: "AB".repeat(16), spanId: "CD".repeat(8), parentSpanId: "EF".repeat(8) });
  assert.deepEqual(
    [upper?.traceId, upper?.spanId, upper?.parentSpanId],
    ["ab".repeat(16), "cd".repeat(8), "ef".repeat(8)],
  );
  assert.equal(spanOf({ parentSpanId: "0".repeat(16) })?.parentSpanId, "");
  const codes: [status: unknown, isError: boolean][] = [
    [{ code: 2 }, true],
    [{ code: "STATUS_CODE_ERROR" }, true],
    [{ code: 1 }, false],
    [{ code: "STATUS_CODE_OK" }, false],
    [{}, false],
    [undefined, false],
    [null, false],
    ["STATUS_CODE_ERROR", false],
  ];
  for (const [status, isError] of codes) assert.equal(spanOf({ status })?.isError, isError, JSON.stringify(status));
});

test("flatSpans gives the span, its place, its attributes and those of its resource in one flat record", () => {
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const full = jsonSpan({
    trace: 1,
    id: 2,
    parent: 1,
    name: "query",
    at: 0,
    forMs: 1.5,
    more: {
      kind: 3,
      status: { code: 2, message: "no rows" },
      attributes: [attribute("db.system", "sqlite"), attribute("name", "hidden"), {
        key: "rows",
        value: { intValue: "7" },
      }],
    },
  });
  const resource = { attributes: [attribute("service.name", "shop-web"), attribute("name", "kept")] };
  const bare = { traceId: traceIdOf(1), attributes: "broken" };
  const scope = { name: "pg" };
  const [group] = groupsOf({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [full, bare] }] }] });
  assert.ok(group !== undefined);
  const [first, second] = group.spans.map(flatSpans(group));
  const shared = {
    stack: "shop",
    server: "web",
    service: "shop-web",
    scope: "pg",
    resource: { "service.name": "shop-web", name: "kept" },
  };
  assert.deepEqual(first, {
    ts: "2026-05-05T12:01:01Z",
    name: "query",
    kind: "client",
    status: "error",
    status_message: "no rows",
    trace_id: traceIdOf(1),
    span_id: spanIdOf(2),
    parent_span_id: spanIdOf(1),
    duration_ms: 1.5,
    ...shared,
    "db.system": "sqlite",
    rows: 7,
  });
  assert.deepEqual(second, {
    name: "",
    kind: "unspecified",
    status: "unset",
    trace_id: traceIdOf(1),
    span_id: "",
    duration_ms: 0,
    ...shared,
  });
});

test("flatSpans names kinds and states that a writer gave by name, and leaves unknown numbers", () => {
  const cases: [fields: object, kind: unknown, status: unknown][] = [
    [{ kind: "SPAN_KIND_SERVER", status: { code: "STATUS_CODE_OK" } }, "server", "ok"],
    [{ kind: 99, status: { code: 99 } }, 99, 99],
    [{ kind: 1, status: {} }, "internal", "unset"],
  ];
  for (const [fields, kind, status] of cases) {
    const json = { traceId: traceIdOf(1), ...fields };
    const [group] = groupsOf({ resourceSpans: [{ scopeSpans: [{ spans: [json] }] }] });
    const flat = group?.spans.map(flatSpans(group))[0];
    assert.deepEqual([flat?.kind, flat?.status], [kind, status]);
  }
});
