import assert from "node:assert/strict";
import { test } from "node:test";
import { startService } from "../../src/http/mod.ts";
import { encodeLogsRequest } from "../../src/otlp/requests.ts";
import { logsOf, post, text, withService } from "./test_service.ts";

const BODY = encodeLogsRequest(logsOf("shop", [{ body: text("hello") }]), "protobuf");

test("startService: answers on a free port until it is closed, and leaves the store open", async () => {
  await withService(async ({ store }) => {
    const service = startService(store, { port: 0 });
    assert.match(service.url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    assert.equal((await fetch(`${service.url}/v1/logs`, post(BODY))).status, 200);
    await service.close();
    await service.close();
    await assert.rejects(fetch(`${service.url}/healthz`));
    assert.equal((await store.tail({ signal: "logs" }, { count: 10 })).length, 1);
  });
});

test("startService: listens on IPv6 too", async () => {
  await withService(async ({ store }) => {
    await using service = startService(store, { host: "::1", port: 0 });
    assert.match(service.url, /^http:\/\/\[::1\]:/);
    assert.equal((await fetch(`${service.url}/readyz`)).status, 200);
  });
});

test("startService: a taken port, and an exposed host without a token, are refused", async () => {
  await withService(async ({ store }) => {
    await using service = startService(store, { port: 0 });
    const port = Number(new URL(service.url).port);
    assert.throws(
      () => startService(store, { port }),
      (error: Error & { code?: string }) => error.code === "EADDRINUSE",
    );
    assert.throws(() => startService(store, { host: "0.0.0.0", port: 0 }), RangeError);
    await using exposed = startService(store, { host: "0.0.0.0", port: 0, token: "s3cret" });
    const local = exposed.url.replace("0.0.0.0", "127.0.0.1");
    assert.equal((await fetch(`${local}/readyz`)).status, 401);
  });
});

test("startService: bodies in chunks, of many megabytes, and cut off are dealt with", async () => {
  await withService(async ({ store }) => {
    await using service = startService(store, { port: 0, bodyMaxBytes: 2_000_000 });
    const url = `${service.url}/v1/logs`;
    const logs = Array.from({ length: 10_000 }, (_, index) => ({ body: text(`${index}`.padStart(100)) }));
    const body = encodeLogsRequest(logsOf("shop", logs), "protobuf");
    assert.equal((await fetch(url, post(body))).status, 200);
    const stream = { ...post(""), body: new Response(body).body, duplex: "half" } as RequestInit;
    assert.equal((await fetch(url, stream)).status, 200);
    const tooMuch = { ...post(""), body: new Response(new Uint8Array(4_000_000)).body, duplex: "half" } as RequestInit;
    assert.equal((await fetch(url, tooMuch)).status, 413);
    const cut = new AbortController();
    const endless = new ReadableStream({
      pull: () => new Promise((resolve) => setTimeout(resolve, 20)),
      start: (to) => to.enqueue(BODY),
    });
    const hanging = fetch(url, { ...post(""), body: endless, duplex: "half", signal: cut.signal } as RequestInit);
    setTimeout(() => cut.abort(), 100);
    await assert.rejects(hanging);
    assert.equal((await fetch(url, post(BODY))).status, 200);
    assert.equal((await store.tail({ signal: "logs" }, { count: 100_000 })).length, 20_001);
  });
});

test("startService: many senders at once lose nothing", async () => {
  await withService(async ({ store }) => {
    await using service = startService(store, { port: 0, acknowledgement: "synced" });
    const send = async (sender: number) => {
      for (let index = 0; index < 10; index++) {
        const body = encodeLogsRequest(logsOf(`server-${sender % 4}`, [{ body: text(`${sender}/${index}`) }]), "json");
        const response = await fetch(`${service.url}/v1/logs`, post(body, { "content-type": "application/json" }));
        assert.equal(await response.text(), "{}");
      }
    };
    await Promise.all(Array.from({ length: 20 }, (_, sender) => send(sender)));
    const messages = (await store.tail({ signal: "logs" }, { count: 1000 })).map(({ record }) => record.msg);
    assert.equal(messages.length, 200);
    assert.equal(new Set(messages).size, 200);
  });
});
