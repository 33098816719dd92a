import assert from "node:assert/strict";
import { existsSync, mkdtempSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { encodeLogsRequest } from "../../src/otlp/requests.ts";
import { logsOf, post, text } from "../http/test_service.ts";
import { runVarve, startServing, startVarve, withDirectory } from "./varve_process.ts";

const BODY = encodeLogsRequest(logsOf("shop", [{ body: text("hello") }]), "protobuf");

test("varve serve: says where it listens, what it keeps, and what to try", async () => {
  await withDirectory(async (directory) => {
    const root = join(directory, "new", "root");
    const service = await startServing(root, ["--stack", "edge"]);
    try {
      const greeting = await service.outputMatching(/Read/);
      assert.match(greeting, /listens on http:\/\/127\.0\.0\.1:\d+/);
      assert.ok(greeting.includes(root) && greeting.includes(`OTEL_EXPORTER_OTLP_ENDPOINT=${service.url}`));
      assert.equal(statSync(root).mode & 0o777, 0o700);
      assert.equal((await fetch(`${service.url}/v1/logs`, post(BODY))).status, 200);
      assert.ok(existsSync(join(root, "edge", "shop", "logs.jsonl")));
    } finally {
      service.kill("SIGTERM");
      assert.equal((await service.ended).status, 0);
    }
  });
});

test("varve serve: SIGTERM and SIGINT let requests under way end, close the store, and end with status 0", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    await withDirectory(async (root) => {
      const service = await startServing(root);
      const { port } = new URL(service.url);
      const socket = connect({ port: Number(port), host: "127.0.0.1" });
      let answer = "";
      socket.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
      const closed = new Promise((resolve) => socket.once("close", resolve));
      const head =
        `POST /v1/logs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${BODY.length}\r\n\r\n`;
      socket.write(head);
      socket.write(BODY.subarray(0, 5));
      await new Promise((resolve) => setTimeout(resolve, 300));
      service.kill(signal);
      await new Promise((resolve) => setTimeout(resolve, 300));
      socket.write(BODY.subarray(5));
      const { status, errorOutput } = await service.ended;
      await closed;
      assert.equal(status, 0, errorOutput);
      assert.match(answer, /^HTTP\/1\.1 200/, signal);
      const { output } = await runVarve(["tail", "default", "shop", "--root", root]);
      assert.match(output, /hello/);
    });
  }
});

test("varve serve: a client that keeps its connection does not keep the service", async () => {
  await withDirectory(async (root) => {
    const service = await startServing(root);
    const socket = connect({ port: Number(new URL(service.url).port), host: "127.0.0.1" });
    socket.on("error", () => {});
    socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await new Promise((resolve) => socket.once("data", resolve));
    const start = performance.now();
    service.kill("SIGTERM");
    assert.equal((await service.ended).status, 0);
    assert.ok(performance.now() - start < 5000);
    socket.destroy();
  });
});

test("varve serve: a port that is taken, a root that cannot be, and a host without a token are explained", async () => {
  await withDirectory(async (root) => {
    const service = await startServing(root);
    try {
      const { port } = new URL(service.url);
      const taken = await runVarve(["serve", "--root", root], { VARVE_PORT: port });
      assert.equal(taken.status, 1);
      assert.match(taken.errorOutput, new RegExp(`Cannot listen on 127\\.0\\.0\\.1:${port}: another program does`));
    } finally {
      service.kill("SIGTERM");
      await service.ended;
    }
    const exposed = await runVarve(["serve", "--root", root, "--port", "0", "--host", "0.0.0.0"]);
    assert.equal(exposed.status, 1);
    assert.match(exposed.errorOutput, /Cannot listen on "0\.0\.0\.0" without a token/);
    const file = join(mkdtempSync(join(root, "x-")), "file");
    writeFileSync(file, "");
    const noRoot = await runVarve(["serve", "--root", join(file, "root"), "--port", "0"]);
    assert.equal(noRoot.status, 1);
    assert.ok(noRoot.errorOutput.includes(file), noRoot.errorOutput);
  });
});

test("varve serve: with VARVE_TOKEN every request needs it, and no output repeats it", async () => {
  await withDirectory(async (root) => {
    const service = startVarve(["serve", "--root", root, "--port", "0", "--host", "0.0.0.0"], {
      VARVE_TOKEN: "s3cret",
    });
    const greeting = await service.outputMatching(/Read:.*\n/);
    const url = `http://127.0.0.1:${/:(\d+) /.exec(greeting)?.[1]}`;
    try {
      assert.equal((await fetch(`${url}/api/logs`)).status, 401);
      assert.equal((await fetch(`${url}/healthz`)).status, 200);
      assert.equal((await fetch(`${url}/api/logs`, { headers: { authorization: "Bearer s3cret" } })).status, 200);
    } finally {
      service.kill("SIGTERM");
      const { output, errorOutput } = await service.ended;
      assert.ok(!(output + errorOutput).includes("s3cret"));
    }
  });
});

test("varve serve: a body over the limit gets 413 and the service goes on", async () => {
  await withDirectory(async (root) => {
    const service = await startServing(root);
    try {
      const big = new Uint8Array(65 * 1024 * 1024);
      assert.equal((await fetch(`${service.url}/v1/logs`, post(big))).status, 413);
      assert.equal((await fetch(`${service.url}/v1/logs`, post(BODY))).status, 200);
    } finally {
      service.kill("SIGTERM");
      await service.ended;
    }
  });
});
