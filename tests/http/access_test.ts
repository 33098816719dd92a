import assert from "node:assert/strict";
import { test } from "node:test";
import { accessRule, checkListenHost } from "../../src/http/access.ts";
import { withService } from "./test_service.ts";

const LOOPBACK = ["localhost", "LOCALHOST:4318", "127.0.0.1", "127.9.8.7:80", "[::1]", "[::1]:4318", "localhost:"];
const ELSEWHERE = [
  "example.com",
  "localhost.example.com",
  "127.0.0.1.example.com",
  "10.0.0.1:4318",
  "[::2]",
  "0.0.0.0",
  "localhost@example.com",
  "localhost/..",
  "localhost:99999",
];

test("accessRule: without a token, a Host that is not loopback gets 403", async () => {
  await withService(async ({ request }) => {
    for (const host of LOOPBACK) assert.equal((await request("/readyz", { headers: { host } })).status, 200, host);
    for (const host of ELSEWHERE) {
      const response = await request("/readyz", { headers: { host } });
      assert.equal(response.status, 403, host);
      assert.match((await response.json()).detail, /Host/);
    }
  });
});

test("accessRule: without a token, a URL that is not loopback gets 403", async () => {
  await withService(async ({ app }) => {
    assert.equal((await app.fetch(new Request("http://127.0.0.1:4318/healthz"))).status, 200);
    assert.equal((await app.fetch(new Request("http://example.com/healthz"))).status, 403);
  });
});

test("accessRule: without a token, an Origin that is not loopback gets 403", async () => {
  await withService(async ({ request }) => {
    for (const origin of ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:8080"]) {
      assert.equal((await request("/readyz", { headers: { origin } })).status, 200, origin);
    }
    for (
      const origin of ["https://example.com", "null", "", "file://", "chrome-extension://abc", "http://localhost.evil"]
    ) {
      assert.equal((await request("/readyz", { headers: { origin } })).status, 403, origin);
    }
  });
});

test("accessRule: with a token, every route but /healthz asks for it, from wherever", async () => {
  await withService(async ({ app }) => {
    const status = async (path: string, authorization?: string) => {
      const headers: Record<string, string> = { host: "varve.example", origin: "https://example.com" };
      if (authorization !== undefined) headers.authorization = authorization;
      return await app.fetch(new Request(`http://varve.example${path}`, { headers }));
    };
    assert.equal((await status("/healthz")).status, 200);
    for (const path of ["/", "/readyz", "/metrics", "/api/logs", "/v1/logs", "/nothing"]) {
      const refused = await status(path);
      assert.equal(refused.status, 401, path);
      assert.match(refused.headers.get("www-authenticate") ?? "", /^Bearer /);
    }
    for (const wrong of ["Bearer", "Bearer s3cre", "Bearer s3crett", "Basic s3cret", "s3cret", "Bearer s3cret x"]) {
      assert.equal((await status("/readyz", wrong)).status, 401, wrong);
    }
    assert.equal((await status("/readyz", "Bearer s3cret")).status, 200);
    assert.equal((await status("/readyz", "bearer  s3cret")).status, 200);
  }, { app: { token: "s3cret" } });
});

test("accessRule: a token that no header can carry is refused, and not repeated", () => {
  for (const token of ["", "a b", "ü", "a\n"]) {
    assert.throws(() => accessRule(token), (error: Error) => {
      return error instanceof RangeError && (token === "" || !error.message.includes(token));
    });
  }
});

test("checkListenHost: any address but loopback needs a token", () => {
  for (const host of ["127.0.0.1", "127.0.0.2", "localhost", "::1"]) checkListenHost(host, undefined);
  for (const host of ["0.0.0.0", "::", "", "192.168.0.1", "example.com", "::ffff:10.0.0.1"]) {
    assert.throws(() => checkListenHost(host, undefined), /without a token/, host);
    checkListenHost(host, "s3cret");
  }
});
