import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import type { TelemetryRecord } from "../../mod.ts";
import { createApp } from "../../src/http/mod.ts";
import { encodeLogsRequest, encodeMetricsRequest, encodeTracesRequest } from "../../src/otlp/requests.ts";
import { gauge, logsOf, metricsOf, post, type TestService, text, tracesOf, withService } from "./test_service.ts";

const PROTOBUF = "application/x-protobuf";
const JSON_TYPE = "application/json";
const ID = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };

const EXPORTS = {
  logs: { encode: encodeLogsRequest, data: logsOf("shop", [{ timeUnixNano: 1n, body: text("hello") }]) },
  traces: { encode: encodeTracesRequest, data: tracesOf("shop", [{ ...ID, name: "GET", startTimeUnixNano: 1n }]) },
  metrics: { encode: encodeMetricsRequest, data: metricsOf("shop", [gauge("load", 2n ** 60n + 1n)]) },
} as const;

function bodyOf(signal: keyof typeof EXPORTS, encoding: "protobuf" | "json"): Uint8Array {
  const { encode, data } = EXPORTS[signal];
  return (encode as (data: unknown, encoding: string) => Uint8Array)(data, encoding);
}

test("POST /v1/…: both encodings, plain and gzipped, are taken and flushed before the answer", async () => {
  for (const signal of ["logs", "traces", "metrics"] as const) {
    for (const [encoding, contentType] of [["protobuf", PROTOBUF], ["json", `${JSON_TYPE}; charset=utf-8`]] as const) {
      await withService(async ({ request, root }) => {
        const body = bodyOf(signal, encoding);
        const plain = await request(`/v1/${signal}`, post(body, { "content-type": contentType }));
        const headers = { "content-type": contentType, "content-encoding": "gzip" };
        const gzipped = await request(`/v1/${signal}`, post(gzipSync(body), headers));
        for (const response of [plain, gzipped]) {
          assert.equal(response.status, 200, `${signal} ${encoding}`);
          assert.equal(response.headers.get("content-type"), encoding === "json" ? JSON_TYPE : PROTOBUF);
          assert.equal(await response.text(), encoding === "json" ? "{}" : "");
        }
        const file = signal === "metrics" ? "timeseries.jsonl" : `${signal}.jsonl`;
        const lines = readFileSync(join(root, "default", "shop", file), "utf8").trimEnd().split("\n");
        assert.equal(lines.length, 2);
        if (signal === "metrics") assert.match(String(lines[0]), /"value":1152921504606846977[,}]/);
      });
    }
  }
});

test("POST /v1/…: an empty request is a success", async () => {
  await withService(async ({ request, root }) => {
    assert.equal((await request("/v1/logs", post(""))).status, 200);
    const response = await request("/v1/metrics", post("{}", { "content-type": JSON_TYPE }));
    assert.deepEqual([response.status, await response.text()], [200, "{}"]);
    assert.deepEqual(readdirSync(root), []);
  });
});

test("POST /v1/…: service.namespace is the stack, service.name the server; misc and the default stand in", async () => {
  await withService(async ({ request, json }) => {
    const { resourceLogs: [named] } = logsOf("shop", [{ body: text("a") }]);
    const { resourceLogs: [unnamed] } = logsOf(undefined, [{ body: text("b") }]);
    assert.ok(named?.resource && unnamed);
    const attributes = [...named.resource.attributes, { key: "service.namespace", value: text("prod") }];
    const data = { resourceLogs: [{ ...named, resource: { ...named.resource, attributes } }, unnamed] };
    assert.equal((await request("/v1/logs", post(encodeLogsRequest(data, "protobuf")))).status, 200);
    const inventory = await json<{ stack: string; server: string }[]>("/api/telemetry/inventory");
    assert.deepEqual(inventory.map(({ stack, server }) => `${stack}/${server}`), ["edge/misc", "prod/shop"]);
  }, { app: { stack: "edge" } });
});

test("POST /v1/…: bodies that are not OTLP get 400 with a Status", async () => {
  const logs = bodyOf("logs", "protobuf");
  const cases: readonly (readonly [body: Uint8Array | string, headers: Record<string, string>])[] = [
    [logs.slice(0, -1), {}],
    [new Uint8Array([0xff, 0xff, 0xff]), {}],
    ["not json", { "content-type": JSON_TYPE }],
    ["", { "content-type": JSON_TYPE }],
    ["[]", { "content-type": JSON_TYPE }],
    ['{"resourceLogs":1}', { "content-type": JSON_TYPE }],
    ["[".repeat(100_000), { "content-type": JSON_TYPE }],
    [logs, { "content-encoding": "gzip" }],
    [gzipSync(logs).subarray(0, 20), { "content-encoding": "gzip" }],
    ["", { "content-encoding": "gzip" }],
  ];
  await withService(async ({ request, root }) => {
    for (const [index, [body, headers]] of cases.entries()) {
      const response = await request("/v1/logs", post(body, headers));
      assert.equal(response.status, 400, `case ${index}`);
      assert.equal(response.headers.get("content-type"), headers["content-type"] ?? PROTOBUF);
      if (headers["content-type"] === undefined) continue;
      const status = await response.json();
      assert.equal(status.code, 3);
      assert.ok(status.message.length > 10);
    }
    assert.deepEqual(readdirSync(root), []);
  });
});

test("POST /v1/…: other media types and encodings get 415", async () => {
  await withService(async ({ request }) => {
    const cases: readonly Record<string, string>[] = [
      { "content-type": "text/plain" },
      { "content-type": "" },
      { "content-type": "application/x-protobuf-text" },
      { "content-encoding": "br" },
      { "content-encoding": "gzip, gzip" },
    ];
    for (const headers of cases) {
      assert.equal((await request("/v1/logs", post(new Uint8Array(1), headers))).status, 415, JSON.stringify(headers));
    }
    assert.equal((await request("/v1/logs", post("", { "content-encoding": "identity" }))).status, 200);
  });
});

test("POST /v1/…: the limit of a body holds as sent, declared and inflated", async () => {
  await withService(async ({ request, root }) => {
    const zeros = new Uint8Array(100_001);
    const chunks = () => new Response(zeros).body;
    const chunked = { method: "POST", body: chunks(), duplex: "half", headers: { "content-type": PROTOBUF } };
    const cases: readonly (readonly [name: string, init: RequestInit])[] = [
      ["as sent", post(zeros)],
      ["in chunks", chunked as RequestInit],
      ["declared", post("", { "content-length": "100001" })],
      ["inflated", post(gzipSync(zeros), { "content-encoding": "gzip" })],
      ["compressed", post(zeros, { "content-encoding": "gzip" })],
    ];
    for (const [name, init] of cases) {
      const response = await request("/v1/logs", init);
      // Zeros are no gzip; where both are wrong, either answer is right.
      assert.ok(
        response.status === 413 || (name === "compressed" && response.status === 400),
        `${name}: ${response.status}`,
      );
    }
    assert.equal((await request("/v1/logs", post(zeros.subarray(1)))).status, 400);
    assert.deepEqual(readdirSync(root), []);
  }, { app: { bodyMaxBytes: 100_000 } });
});

test("POST /v1/…: by default 64 MiB are taken, and a small body that inflates to more is not", async () => {
  await withService(async ({ request }) => {
    const bomb = gzipSync(new Uint8Array(65 * 1024 * 1024));
    assert.ok(bomb.length < 100_000);
    assert.equal((await request("/v1/logs", post(bomb, { "content-encoding": "gzip" }))).status, 413);
  });
});

const NAMES = ["../../etc", "a/b", ".", "..", "con", "🦊", "%2e%2e", "a\\b", "nul\0byte", " ", "-rf"];

test("POST /v1/…: whatever a service is called, its folder is below its stack and its name comes back", async () => {
  await withService(async ({ request, root, json }) => {
    const exported = NAMES.map((name) => logsOf(name, [{ body: text(name) }]).resourceLogs);
    const body = encodeLogsRequest({ resourceLogs: exported.flat() }, "protobuf");
    assert.equal((await request("/v1/logs", post(body))).status, 200);
    assert.deepEqual(readdirSync(root), ["default"]);
    assert.equal(readdirSync(join(root, "default")).length, NAMES.length);
    for (const name of NAMES) {
      const { records } = await json<Answer>(`/api/logs?server=${encodeURIComponent(name)}`);
      assert.deepEqual(records.map(({ server, record }) => [server, record.msg]), [[name, name]]);
    }
  });
});

test("POST /v1/…: names that no folder can have are rejected with the reason, and the rest is taken", async () => {
  await withService(async ({ request, json }) => {
    const long = logsOf("x".repeat(300), [{ body: text("a") }, { body: text("b") }]).resourceLogs;
    const empty = logsOf("", [{ body: text("c") }]).resourceLogs;
    const body = encodeLogsRequest({ resourceLogs: [...long, ...empty] }, "json");
    const response = await request("/v1/logs", post(body, { "content-type": JSON_TYPE }));
    assert.equal(response.status, 200);
    const { partialSuccess } = await response.json();
    assert.equal(String(partialSuccess.rejectedLogRecords), "2");
    assert.match(partialSuccess.errorMessage, /Rejected 2 of 3.*300 bytes/);
    const { records } = await json<Answer>("/api/logs");
    assert.deepEqual(records.map(({ server }) => server), ["misc"]);
    assert.match(await metrics(request), /varve_otlp_rejected_items_total\{signal="logs"\} 2/);
  });
});

test("POST /v1/…: metadata of a metric is written once, also by another service, until it changes or is wiped", async () => {
  await withService(async ({ app, store }) => {
    const count = async () => (await store.tail({ signal: "metadata" }, { count: 100 })).length;
    const send = async (description: string, to = app) => {
      const body = encodeMetricsRequest(metricsOf("shop", [gauge("load", 1n, description)]), "protobuf");
      const response = await to.fetch(new Request("http://localhost/v1/metrics", post(body)));
      assert.equal(response.status, 200);
    };
    await send("Load.");
    await send("Load.");
    await send("Load.", createApp(store));
    assert.equal(await count(), 1);
    await send("Load, averaged.");
    assert.equal(await count(), 2);
    await store.wipe({ stack: "default" });
    await send("Load, averaged.");
    assert.equal(await count(), 1);
  });
});

interface Answer {
  readonly records: readonly { readonly stack: string; readonly server: string; readonly record: TelemetryRecord }[];
}

async function metrics(request: TestService["request"]): Promise<string> {
  return await (await request("/metrics")).text();
}
