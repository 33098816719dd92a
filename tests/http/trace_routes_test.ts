import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import type { Span } from "../../src/otlp/model.ts";
import { encodeTracesRequest } from "../../src/otlp/requests.ts";
import { post, type TestService, tracesOf, withService } from "./test_service.ts";

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
      error: false,
    };
    const second = {
      ...first,
      traceId: "1".padStart(32, "0"),
      name: "GET /",
      servers: ["front", "back"],
      start: "2026-05-05T12:01:01Z",
      durationMs: 15.5,
      spanCount: 2,
      error: true,
    };
    assert.deepEqual(traces, [first, second]);
    const newest = await service.json<{ traces: Summary[] }>("/api/traces?limit=1");
    assert.deepEqual(newest.traces, [first]);
    const ofBack = await service.json<{ traces: Summary[] }>("/api/traces?server=back&from=2026-05-05T12:00:00Z");
    assert.deepEqual(ofBack.traces.map(({ name, spanCount }) => [name, spanCount]), [["query", 1]]);
    assert.deepEqual(await service.json("/api/traces?stack=nothing"), { traces: [] });
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
    const { traces } = await service.json<{ traces: Summary[] }>("/api/traces?stack=demo&server=github");
    assert.ok(traces.length > 0);
    for (const { traceId } of traces) assert.match(traceId, /^[0-9a-f]{32}$/);
    const failed = traces.find(({ error }) => error);
    assert.equal(failed?.name, "tools/call");
    const { spans } = await service.json<{ spans: Record<string, unknown>[] }>(`/api/traces/${failed?.traceId}`);
    assert.match(String(spans[0]?.spanId), /^[0-9a-f]{16}$/);
    assert.equal(typeof spans[0]?.kind, "number");
  });
});
