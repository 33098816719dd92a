import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import type { Span } from "../../src/otlp/model.ts";
import { encodeLogsRequest, encodeTracesRequest } from "../../src/otlp/requests.ts";
import { logsOf, post, type TestService, text, tracesOf, withService } from "./test_service.ts";

const GRIDCTL = fileURLToPath(new URL("../testdata/gridctl", import.meta.url));
const START_NS = 1_777_982_461_000_000_000n;

interface Summary {
  readonly traceId: string;
  readonly name: string;
  readonly servers: readonly string[];
  readonly start: string;
  readonly durationMs: number;
  readonly spanCount: number;
  readonly error: boolean;
}

interface SummaryList {
  readonly traces: readonly Summary[];
  readonly next: string | null;
  readonly isComplete: boolean;
}

async function send({ request }: TestService, service: string, spans: readonly Partial<Span>[]): Promise<void> {
  const response = await request("/v1/traces", post(encodeTracesRequest(tracesOf(service, spans), "protobuf")));
  assert.equal(response.status, 200);
}

/** A span of trace number `trace`, `atMs` after the start, 10 ms long. */
function span(trace: number, atMs: number, more: Partial<Span> = {}): Partial<Span> {
  const startTimeUnixNano = START_NS + BigInt(atMs) * 1_000_000n;
  return {
    traceId: trace.toString(16).padStart(32, "0"),
    spanId: `${trace}${atMs}`.padStart(16, "0"),
    startTimeUnixNano,
    endTimeUnixNano: startTimeUnixNano + 10_500_000n,
    ...more,
  };
}

test("GET /api/traces: one entry a trace, newest first, put together from every server", async () => {
  await withService(async (service) => {
    await send(service, "front", [span(1, 0, { name: "GET /" }), span(2, 1000, { name: "GET /b" })]);
    const failed = { name: "query", parentSpanId: "10".padStart(16, "0"), status: { code: 2, message: "no" } };
    await send(service, "back", [span(1, 5, failed)]);
    const { traces } = await service.json<{ traces: Summary[] }>("/api/traces");
    const first = {
      stack: "default",
      traceId: "2".padStart(32, "0"),
      name: "GET /b",
      servers: ["front"],
      start: "2026-05-05T12:01:02Z",
      durationMs: 10.5,
      spanCount: 1,
      errorCount: 0,
      error: false,
      rootError: false,
      rootSpanId: "21000".padStart(16, "0"),
      hasRoot: true,
    };
    const second = {
      ...first,
      traceId: "1".padStart(32, "0"),
      name: "GET /",
      servers: ["front", "back"],
      start: "2026-05-05T12:01:01Z",
      durationMs: 15.5,
      spanCount: 2,
      errorCount: 1,
      error: true,
      rootSpanId: "10".padStart(16, "0"),
    };
    assert.deepEqual(traces, [first, second]);
    const newest = await service.json<SummaryList>("/api/traces?limit=1");
    assert.deepEqual(newest.traces, [first]);
    const older = await service.json<SummaryList>(`/api/traces?limit=1&after=${newest.next}`);
    assert.deepEqual([older.traces, older.next], [[second], null]);
    const ofBack = await service.json<{ traces: Summary[] }>("/api/traces?server=back&from=2026-05-05T12:00:00Z");
    assert.deepEqual(ofBack.traces.map(({ name, spanCount }) => [name, spanCount]), [["query", 1]]);
    assert.deepEqual(await service.json("/api/traces?stack=nothing"), {
      traces: [],
      next: null,
      isComplete: true,
    });
  });
});

test("GET /api/traces: looks further back until there are enough traces", async () => {
  await withService(async (service) => {
    await send(service, "a", [span(1, 0), span(2, 1)]);
    // One record each, all of one trace.
    for (let index = 0; index < 300; index++) await send(service, "a", [span(3, 100 + index)]);
    const { traces } = await service.json<{ traces: Summary[] }>("/api/traces?limit=2");
    assert.deepEqual(traces.map(({ traceId, spanCount }) => [Number(traceId), spanCount]), [[3, 300], [2, 1]]);
  });
});

test("GET /api/traces/{traceId}: every span with ids in hex, exact times, scope, resource and place", async () => {
  await withService(async (service) => {
    const links = [{
      traceId: "c".repeat(32),
      spanId: "d".repeat(16),
      traceState: "",
      attributes: [],
      droppedAttributesCount: 0,
      flags: 0,
    }];
    await send(service, "front", [span(0xab, 0, { name: "root", kind: 2, links }), span(7, 0)]);
    await send(service, "back", [span(0xab, 5, { name: "child", parentSpanId: "1710".padStart(16, "0") })]);
    const id = "AB".padStart(32, "0");
    const trace = await service.json<Summary & { spans: Record<string, unknown>[] }>(`/api/traces/${id}`);
    assert.deepEqual([trace.traceId, trace.name, trace.spanCount], [id.toLowerCase(), "root", 2]);
    assert.deepEqual(trace.spans.map(({ server, name }) => [server, name]), [["front", "root"], ["back", "child"]]);
    const [root] = trace.spans;
    assert.equal(root?.startTimeUnixNano, String(START_NS));
    assert.equal(root?.kind, 2);
    assert.deepEqual((root?.links as { traceId: string }[])[0]?.traceId, "c".repeat(32));
    assert.deepEqual((root?.resource as { attributes: { key: string }[] }).attributes[0]?.key, "service.name");
  });
});

test("GET /api/traces/{traceId}: the logs of the trace beside its spans, of one stack where that is asked for", async () => {
  await withService(async (service) => {
    const traceId = "1".padStart(32, "0");
    const sent = { attributes: [{ key: "big", value: { intValue: 2n ** 60n } }], traceId, timeUnixNano: START_NS };
    const bodies = [{ ...sent, body: text("cart loaded") }, { ...sent, body: text("other"), traceId: "2".repeat(32) }];
    const logs = encodeLogsRequest(logsOf("front", bodies), "protobuf");
    assert.equal((await service.request("/v1/logs", post(logs))).status, 200);
    await send(service, "front", [span(1, 0)]);
    for (const query of ["", "?stack=default"]) {
      const body = await (await service.request(`/api/traces/${traceId}${query}`)).text();
      assert.match(body, /"big":1152921504606846976\b/);
      const trace = JSON.parse(body);
      assert.deepEqual([trace.leftOutSpanCount, trace.leftOutLogCount, trace.logs.length], [0, 0, 1]);
      const [{ stack, server, record }] = trace.logs;
      assert.deepEqual([stack, server, record.msg], ["default", "front", "cart loaded"]);
    }
    assert.equal((await service.request(`/api/traces/${traceId}?stack=other`)).status, 404);
  });
});

test("GET /api/traces: by name, duration, error and condition, newest or slowest", async () => {
  await withService(async (service) => {
    const lasting = (trace: number, ms: number, more: Partial<Span>): Partial<Span> => {
      const startTimeUnixNano = START_NS + BigInt(trace) * 1_000_000n;
      return span(trace, trace, { endTimeUnixNano: startTimeUnixNano + BigInt(ms * 1e6), ...more });
    };
    const attributes = [{ key: "tool.name", value: text("search") }, { key: "rows", value: { intValue: 7n } }];
    await send(service, "a", [
      lasting(1, 50, { name: "GET /" }),
      lasting(2, 1500, { name: "GET /cart", kind: 2 }),
      lasting(3, 0.5, { name: "GET /", status: { code: 2, message: "no" } }),
      lasting(4, 200, { name: "tools/call", attributes }),
    ]);
    const rows: [query: string, traces: readonly number[]][] = [
      ["", [4, 3, 2, 1]],
      ["errors=true", [3]],
      ["errors=1", [3]],
      ["errors=false&limit=2", [4, 3]],
      ["errors=0", [4, 3, 2, 1]],
      ["minDuration=150ms", [4, 2]],
      ["minDuration=1.5s", [2]],
      ["minDuration=1s500ms", [2]],
      ["minDuration=1500.000001", []],
      ["minDuration=200", [4, 2]],
      ["minDuration=2m", []],
      ["maxDuration=500us", [3]],
      ["maxDuration=500%C2%B5s", [3]],
      ["maxDuration=499999ns", []],
      ["maxDuration=0.5", [3]],
      ["minDuration=0&maxDuration=1h", [4, 3, 2, 1]],
      ["name=GET+/", [3, 1]],
      ["name=GET", []],
      ["order=slowest", [2, 4, 1, 3]],
      ["order=slowest&name=GET+/", [1, 3]],
      ["order=newest&limit=1", [4]],
      ["q=tool.name%3Dsearch", [4]],
      ["q=kind%3Dserver", [2]],
      ["q=rows>%3D7+status%3Dunset", [4]],
      ["q=status%3Derror+or+duration_ms>1000", [3, 2]],
      ["q=cart", [2]],
      ["q=server%3Db", []],
      ["server=a&server=b&limit=1", [4]],
      ["server=a&from=2026-05-05T12:01:01.002Z&to=2026-05-05T12:01:01.004Z", [3, 2]],
      ["q=&name=&order=", [4, 3, 2, 1]],
    ];
    for (const [query, traces] of rows) {
      const found = await service.json<SummaryList>(`/api/traces?${query}`);
      assert.deepEqual(found.traces.map(({ traceId }) => Number(`0x${traceId}`)), traces, query);
    }
  });
});

test("GET /api/traces: a client goes on behind the last trace, also where several start together", async () => {
  await withService(async (service) => {
    await send(service, "a", Array.from({ length: 10 }, (_, index) => span(index + 1, index < 6 ? 0 : 1000)));
    for (const order of ["newest", "slowest"]) {
      const found: string[] = [];
      let path = `/api/traces?order=${order}&limit=3`;
      for (;;) {
        const { traces, next } = await service.json<SummaryList>(path);
        found.push(...traces.map(({ traceId }) => traceId));
        if (next === null) break;
        path = `/api/traces?order=${order}&limit=3&after=${next}`;
      }
      assert.deepEqual([found.length, new Set(found).size], [10, 10], order);
    }
  });
});

test("GET /api/traces: names the parameter that cannot be used", async () => {
  await withService(async ({ request }) => {
    const rows: [query: string, parameter: string, detail: RegExp][] = [
      ["errors=yes", "errors", /expected "true" or "false", received "yes"/],
      ["minDuration=fast", "minDuration", /expected a duration such as 150ms, 1.5s, 1h30m or 7d, received "fast"/],
      ["minDuration=-5ms", "minDuration", /received "-5ms"/],
      ["minDuration=5+ms", "minDuration", /received "5 ms"/],
      ["maxDuration=1y", "maxDuration", /received "1y"/],
      ["maxDuration=1s5", "maxDuration", /received "1s5"/],
      ["maxDuration=.", "maxDuration", /received "\."/],
      ["order=oldest", "order", /expected "newest" or "slowest", received "oldest"/],
      ["after=x", "after", /expected "after" to be "next" of an earlier list in order "newest", received "x"/],
      [`after=newest.1.${"a".repeat(32)}&order=slowest`, "after", /in order "slowest"/],
      ["limit=0", "limit", /received "0"/],
      ["from=soon", "from", /received "soon"/],
      ["name=a&name=b", "name", /given twice/],
      ["q=tool%3D(", "q", /column \d+/],
      ["q=msg~%2F(%2F", "q", /column \d+/],
      ["lines=5", "lines", /expected "stack"/],
    ];
    for (const [query, parameter, detail] of rows) {
      const response = await request(`/api/traces?${query}`);
      const problem = await response.json();
      assert.deepEqual([response.status, problem.parameter], [400, parameter], query);
      assert.match(problem.detail, detail, query);
    }
  });
});

test("GET /api/traces/{traceId}: 404 for a trace that is not there, 400 for what is no id", async () => {
  await withService(async ({ request }) => {
    assert.equal((await request(`/api/traces/${"a".repeat(32)}`)).status, 404);
    for (const id of ["abc", "g".repeat(32), "a".repeat(33), "%zz", "..%2f..%2fetc"]) {
      const response = await request(`/api/traces/${id}`);
      assert.equal(response.status, 400, id);
      assert.equal((await response.json()).parameter, "traceId");
    }
  });
});

test("GET /api/traces: gridctl's base64 ids and names of enumerations come back as hex and numbers", async () => {
  await withService(async (service) => {
    cpSync(GRIDCTL, service.root, { recursive: true });
    const all = await service.json<SummaryList>("/api/traces?stack=demo&server=github");
    assert.deepEqual(all.traces.map(({ traceId, name, durationMs, error }) => [traceId, name, durationMs, error]), [
      ["02000000000000000000000000000002", "tools/call", 1500, true],
      ["01000000000000000000000000000001", "tools/call", 120, false],
    ]);
    const failed = await service.json<SummaryList>("/api/traces?server=github&errors=true&minDuration=1s&limit=100");
    assert.deepEqual(failed.traces, all.traces.slice(0, 1));
    const path = `/api/traces/${failed.traces[0]?.traceId}`;
    const trace = await service.json<{ spans: Record<string, unknown>[]; logs: { record: { msg: string } }[] }>(path);
    assert.match(String(trace.spans[0]?.spanId), /^[0-9a-f]{16}$/);
    assert.equal(trace.spans[0]?.kind, 1);
    assert.deepEqual(trace.spans[0]?.status, { message: 'boom <x> & "q"', code: 2 });
    assert.deepEqual(trace.logs.map(({ record }) => record.msg), ["tool call failed"]);
  });
});
