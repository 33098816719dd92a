import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { openStore } from "../../mod.ts";
import { createApp } from "../../src/http/mod.ts";
import { encodeLogsRequest, encodeMetricsRequest, encodeTracesRequest } from "../../src/otlp/requests.ts";
import { gauge, logsOf, metricsOf, text, tracesOf } from "./test_service.ts";

const SEED = Number(process.env["VARVE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const REQUESTS = 1000;

/** Mulberry32: small, and good enough to choose. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Random = (below: number) => number;

const NAMES = [
  "../../../outside",
  "/etc/passwd",
  "..",
  ".",
  "a/b",
  "con",
  "🦊",
  "x".repeat(300),
  "\0",
  "a\\..\\b",
  "%2e%2e%2f",
];
const PATHS = [
  "/api/logs",
  "/api/traces",
  "/api/timeseries",
  "/api/events",
  "/api/telemetry",
  "/api/telemetry/inventory",
];
const PARAMETERS = [
  "stack",
  "server",
  "signal",
  "level",
  "limit",
  "lines",
  "from",
  "to",
  "after",
  "name",
  "q",
  "",
  "__proto__",
];
const VALUES = [
  ...NAMES,
  ..."-1h|-99999999999d|1e999|NaN|-1|0|10001|2026-02-30T00:00:00Z|9999-12-31T23:59:59Z|-8640000000001|%|%00|WzEsMl0|null"
    .split("|"),
];

function bodies(): Uint8Array[] {
  const id = { traceId: "a".repeat(32), spanId: "b".repeat(16) };
  const name = NAMES[0] ?? "";
  return (["protobuf", "json"] as const).flatMap((encoding) => [
    encodeLogsRequest(logsOf(name, [{ body: text("hello"), attributes: [{ key: "k", value: text("v") }] }]), encoding),
    encodeTracesRequest(tracesOf(name, [{ ...id, name: "GET", startTimeUnixNano: 2n ** 63n }]), encoding),
    encodeMetricsRequest(metricsOf(name, [gauge("load", 1n)]), encoding),
  ]);
}

/** Flips, cuts, repeats and inserts bytes; now and then puts in another name. */
function damage(body: Uint8Array, random: Random): Uint8Array {
  let bytes = new Uint8Array(body);
  for (let changes = random(6); changes > 0; changes--) {
    const at = random(bytes.length + 1);
    const kind = random(4);
    if (kind === 0 && at < bytes.length) bytes[at] = random(256);
    if (kind === 1) bytes = bytes.slice(0, at);
    if (kind === 2) bytes = new Uint8Array([...bytes, ...bytes.slice(at)]);
    if (kind === 3) bytes = new Uint8Array([...bytes.slice(0, at), random(256), random(256), ...bytes.slice(at)]);
  }
  return bytes;
}

function randomPost(random: Random, samples: readonly Uint8Array[]): Request {
  const sample = damage(samples[random(samples.length)] ?? new Uint8Array(0), random);
  const isGzip = random(4) === 0;
  const body = isGzip ? damage(gzipSync(sample), random) : sample;
  const headers: Record<string, string> = {
    "content-type": ["application/x-protobuf", "application/json", "application/json", "text/plain"][random(4)] ?? "",
    ...(isGzip && { "content-encoding": "gzip" }),
  };
  const signal = ["logs", "traces", "metrics"][random(3)];
  return new Request(`http://localhost/v1/${signal}`, { method: "POST", body: body as BodyInit, headers });
}

function randomQuery(random: Random): Request {
  const query = Array.from({ length: random(4) }, () => {
    const value = VALUES[random(VALUES.length)] ?? "";
    return `${PARAMETERS[random(PARAMETERS.length)]}=${random(3) === 0 ? value : encodeURIComponent(value)}`;
  });
  const isTrace = random(6) === 0;
  const path = isTrace
    ? `/api/traces/${encodeURIComponent(VALUES[random(VALUES.length)] ?? "")}`
    : PATHS[random(PATHS.length)];
  const method = random(5) === 0 ? "DELETE" : "GET";
  return new Request(`http://localhost${path}?${query.join("&")}`, { method });
}

test(`createApp: ${REQUESTS} malformed bodies and queries get no 5xx and leave nothing outside the root (VARVE_SEED=${SEED})`, async () => {
  const directory = mkdtempSync(join(tmpdir(), "varve-malformed-"));
  const root = join(directory, "a", "b", "root");
  mkdirSync(root, { recursive: true });
  const random = randomFrom(SEED);
  const samples = bodies();
  const statuses = new Map<number, number>();
  try {
    await using store = await openStore(root);
    const app = createApp(store);
    for (let index = 0; index < REQUESTS; index++) {
      const request = random(2) === 0 ? randomPost(random, samples) : randomQuery(random);
      const response = await app.fetch(request);
      const answer = await response.text();
      assert.ok(
        response.status < 500,
        `request ${index}, ${request.method} ${request.url}: ${response.status} ${answer}`,
      );
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    }
    assert.ok((statuses.get(200) ?? 0) > 50 && (statuses.get(400) ?? 0) > 50, JSON.stringify([...statuses]));
    const places = [directory, join(directory, "a"), join(directory, "a", "b")].map((path) => readdirSync(path));
    assert.deepEqual(places, [["a"], ["b"], ["root"]]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
