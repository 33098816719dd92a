import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp } from "../../src/http/mod.ts";
import { withService } from "./test_service.ts";

test("createApp: GET / says what this is and lists every route", async () => {
  await withService(async ({ request }) => {
    const response = await request("/");
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type") ?? "", /^text\/plain/);
    const text = await response.text();
    for (
      const route of ["POST   /v1/logs", "GET    /api/traces/{traceId}", "DELETE /api/telemetry", "GET    /metrics"]
    ) {
      assert.ok(text.includes(route), route);
    }
  });
});

test("createApp: an unknown path gets 404, a wrong method 405 with Allow, as problem details", async () => {
  const cases: readonly (readonly [method: string, path: string, status: number, allow: string | null])[] = [
    ["GET", "/nothing", 404, null],
    ["GET", "/api/logs/", 404, null],
    ["GET", "//api/logs", 404, null],
    ["PUT", "/api/logs", 405, "GET, HEAD"],
    ["OPTIONS", "/api/telemetry", 405, "DELETE"],
    ["POST", "/", 405, "GET, HEAD"],
    ["DELETE", "/api/traces/abc", 405, "GET, HEAD"],
  ];
  await withService(async ({ request }) => {
    for (const [method, path, status, allow] of cases) {
      const response = await request(path, { method });
      assert.equal(response.status, status, `${method} ${path}`);
      assert.equal(response.headers.get("allow"), allow, path);
      assert.equal(response.headers.get("content-type"), "application/problem+json");
      const problem = await response.json();
      assert.equal(problem.status, status);
      assert.equal(problem.type, "about:blank");
      assert.ok(problem.title !== "" && problem.detail !== "");
    }
  });
});

test("createApp: below /v1/ errors are a Status, in the encoding of the request", async () => {
  await withService(async ({ request }) => {
    const json = await request("/v1/logs", { method: "PUT", headers: { "content-type": "application/json" } });
    assert.equal(json.status, 405);
    assert.equal(json.headers.get("allow"), "POST");
    assert.deepEqual(Object.keys(await json.json()), ["code", "message"]);
    const protobuf = await request("/v1/unknown", { headers: { "content-type": "application/x-protobuf" } });
    assert.equal(protobuf.status, 404);
    assert.equal(protobuf.headers.get("content-type"), "application/x-protobuf");
    // Field 1, varint: gRPC's code for "not found".
    assert.deepEqual(new Uint8Array(await protobuf.arrayBuffer()).slice(0, 2), new Uint8Array([0x08, 5]));
  });
});

test("createApp: HEAD is answered as GET without a body", async () => {
  await withService(async ({ request }) => {
    const response = await request("/api/logs", { method: "HEAD" });
    assert.equal(response.status, 200);
    assert.equal(await response.text(), "");
  });
});

test("createApp: answers are neither cached nor taken for a page", async () => {
  await withService(async ({ request }) => {
    for (const path of ["/", "/api/logs", "/nothing", "/metrics"]) {
      const { headers } = await request(path);
      assert.equal(headers.get("cache-control"), "no-store", path);
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    }
  });
});

test("createApp: a stack that no folder can have is refused at once", async () => {
  await withService(({ store }) => {
    assert.throws(() => createApp(store, { stack: "" }), RangeError);
    assert.throws(() => createApp(store, { stack: "x".repeat(300) }), RangeError);
    return Promise.resolve();
  });
});
