import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "../../mod.ts";
import { createApp } from "../../src/http/mod.ts";
import { encodeLogsRequest, encodeTracesRequest } from "../../src/otlp/requests.ts";
import { ManualClock } from "../../src/platform/manual_clock.ts";
import { MemoryDisk } from "../../src/platform/memory_disk.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";
import { logsOf, post, text, tracesOf, withService } from "./test_service.ts";

const JSON_BODY = { "content-type": "application/json" };
const HELLO = encodeLogsRequest(logsOf("shop", [{ body: text("hello") }]), "json");

test("OtlpIntake: records of a server that another store holds are rejected with its holder, others are taken", async () => {
  await withService(async ({ request, root, json }) => {
    await using other = await openStore(root);
    other.journal({ stack: "default", server: "held", signal: "logs" });
    const { resourceLogs } = logsOf("held", [{ body: text("a") }, { body: text("b") }]);
    const body = encodeLogsRequest({ resourceLogs: [...resourceLogs, ...logsOf("free", [{}]).resourceLogs] }, "json");
    const response = await request("/v1/logs", post(body, JSON_BODY));
    assert.equal(response.status, 200);
    const { partialSuccess } = await response.json();
    assert.equal(String(partialSuccess.rejectedLogRecords), "2");
    assert.match(partialSuccess.errorMessage, /Rejected 2 of 3.*locked by process \d+/);
    const { records } = await json<{ records: { server: string }[] }>("/api/logs");
    assert.deepEqual(records.map(({ server }) => server), ["free"]);
  });
});

test("OtlpIntake: log records that are too long are rejected, the others of the request are taken", async () => {
  await withService(async ({ request, json }) => {
    const logs = [{ body: text("a") }, { body: text("x".repeat(2 ** 20)) }, { body: text("c") }];
    const response = await request("/v1/logs", post(encodeLogsRequest(logsOf("shop", logs), "json"), JSON_BODY));
    const { partialSuccess } = await response.json();
    assert.equal(String(partialSuccess.rejectedLogRecords), "1");
    assert.match(partialSuccess.errorMessage, /longer than a record may be/);
    const { records } = await json<{ records: { record: { msg: string } }[] }>("/api/logs");
    assert.deepEqual(records.map(({ record }) => record.msg), ["a", "c"]);
  });
});

test("OtlpIntake: of traces, the spans are counted that do not fit in a record alone", async () => {
  await withService(async ({ request, json }) => {
    const span = (name: string) => ({ traceId: "a".repeat(32), spanId: "b".repeat(16), name, startTimeUnixNano: 1n });
    const data = tracesOf("shop", [span("a"), span("x".repeat(2 ** 20)), span("c")]);
    const response = await request("/v1/traces", post(encodeTracesRequest(data, "json"), JSON_BODY));
    const { partialSuccess } = await response.json();
    assert.equal(String(partialSuccess.rejectedSpans), "1");
    const { traces } = await json<{ traces: { spanCount: number }[] }>("/api/traces");
    assert.deepEqual(traces.map(({ spanCount }) => spanCount), [2]);
  });
});

test("OtlpIntake: a request of more records than one append takes comes in whole and in order", async () => {
  await withService(async ({ request, store }) => {
    const logs = Array.from({ length: 2500 }, (_, index) => ({ body: text(String(index)) }));
    assert.equal((await request("/v1/logs", post(encodeLogsRequest(logsOf("shop", logs), "protobuf")))).status, 200);
    const tail = await store.tail({ signal: "logs" }, { count: 10_000 });
    assert.deepEqual(tail.map(({ record }) => record.msg), logs.map((_, index) => String(index)));
  });
});

test("OtlpIntake: a full disk gets 503 with Retry-After, nothing comes twice, and it goes on once there is room", async () => {
  const clock = new ManualClock(Date.parse("2026-04-30T12:00:00Z"));
  const fileSystem = new MemoryFileSystem(new MemoryDisk(clock));
  const store = await openStore("/telemetry", { fileSystem, clock });
  const app = createApp(store, { clock });
  const send = () => app.fetch(new Request("http://localhost/v1/logs", post(HELLO, JSON_BODY)));
  const ready = async () => (await app.fetch(new Request("http://localhost/readyz"))).status;
  assert.deepEqual([(await send()).status, await ready()], [200, 200]);

  // The append's write, and the queue's second try.
  for (let writes = 0; writes < 2; writes++) fileSystem.failNext("write", { code: "ENOSPC" });
  const refused = await send();
  assert.equal(refused.status, 503);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  assert.match((await refused.json()).message, /ENOSPC/);
  assert.equal(await ready(), 503);
  // The sender tries again: its records wait already, so that they are not taken a second time.
  assert.equal((await send()).status, 503);
  await clock.advanceAsync(5000);
  assert.deepEqual([await ready(), (await send()).status], [200, 200]);
  assert.equal((await store.tail({ signal: "logs" }, { count: 10 })).length, 3);
  await store.close();
});

test("OtlpIntake: a service that stops takes nothing more and says so", async () => {
  await withService(async ({ request, app }) => {
    app.stop();
    const response = await request("/v1/logs", post(HELLO, JSON_BODY));
    assert.equal(response.status, 503);
    assert.match((await response.json()).message, /stopping/);
    assert.equal((await request("/readyz")).status, 503);
    assert.equal((await request("/healthz")).status, 200);
  });
});

test("OtlpIntake: a closed store gets 503", async () => {
  await withService(async ({ request, store }) => {
    await store.close();
    assert.equal((await request("/v1/logs", post(HELLO, JSON_BODY))).status, 503);
  });
});
