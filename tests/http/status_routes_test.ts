import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeLogsRequest } from "../../src/otlp/requests.ts";
import { logsOf, post, text, withService } from "./test_service.ts";

test("GET /healthz, /readyz: ok", async () => {
  await withService(async ({ json }) => {
    assert.deepEqual(await json("/healthz"), { status: "ok" });
    assert.deepEqual(await json("/readyz"), { status: "ok" });
  });
});

test("GET /metrics: what was accepted, written, dropped and answered", async () => {
  await withService(async ({ request, store }) => {
    const logs = [{ body: text("a") }, { body: text("b") }];
    await request("/v1/logs", post(encodeLogsRequest(logsOf("shop", logs), "protobuf")));
    await request("/v1/logs", post("x"));
    store.journal({ stack: "default", server: "shop", signal: "logs" }).append({ msg: "x".repeat(2 ** 20) });
    const response = await request("/metrics");
    assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    const lines = (await response.text()).split("\n");
    for (
      const line of [
        'varve_records_accepted_total{signal="logs"} 3',
        'varve_records_written_total{signal="logs"} 2',
        'varve_records_dropped_total{signal="logs",reason="too_large"} 1',
        'varve_records_queued{signal="logs"} 0',
        "varve_open_journals 1",
        "varve_held_folders 1",
        "varve_queued_bytes 0",
        "varve_rotations_total 0",
        "varve_pruned_segments_total 0",
        "varve_torn_lines_total 0",
        "varve_damaged_places_total 0",
        'varve_compressions_total{outcome="finished"} 0',
        "varve_compression_backlog 0",
        'varve_http_requests_total{route="/v1/logs",status_class="2xx"} 1',
        'varve_http_requests_total{route="/v1/logs",status_class="4xx"} 1',
      ]
    ) assert.ok(lines.includes(line), line);
  });
});

test("GET /metrics: every family is told once, before its samples, in both formats", async () => {
  await withService(async ({ request }) => {
    await request("/nothing");
    const openMetrics = await request("/metrics", {
      headers: { accept: "application/openmetrics-text;version=1.0.0" },
    });
    const contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert.equal(openMetrics.headers.get("content-type"), contentType);
    const text = await openMetrics.text();
    assert.ok(text.endsWith("\n# EOF\n"));
    assert.match(text, /varve_http_requests_total\{route="other",status_class="4xx"\} 1/);
    for (const body of [text, await (await request("/metrics")).text()]) {
      const told = [...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => String(name));
      assert.equal(new Set(told).size, told.length);
      for (const [, name] of body.matchAll(/^(varve_\w+)/gm)) {
        assert.ok(told.includes(String(name)) || told.includes(String(name).replace(/_total$/, "")), name);
      }
    }
  });
});
