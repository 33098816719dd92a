/**
 * Programs that know nothing of Varve, with the exporters that their users have, send to a service in a process of its own.
 * What they sent is looked for through the API, on the command line, and on disk with the tools that everybody has.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openStore, type TelemetryRecord } from "../../mod.ts";
import { startService } from "../../src/http/mod.ts";
import { runVarve, startServing, withDirectory } from "../cli/varve_process.ts";
import { requireBunPackages, requireTool } from "../tools.ts";

const CLIENTS = fileURLToPath(new URL("../clients", import.meta.url));

const deno = requireTool("deno");
const bun = requireTool("bun");
const bunPackages = requireBunPackages(CLIENTS);
const jq = requireTool("jq");
const zcat = requireTool("zcat");

const DENO_PROGRAM = [
  deno.path,
  "run",
  // Deno exports what it says itself as well, such as which packages it fetches at a first run.
  "--quiet",
  "-A",
  "--config",
  join(CLIENTS, "deno.json"),
  join(CLIENTS, "deno_exporter.ts"),
];
const SDK_PROGRAM = [bun.path, join(CLIENTS, "sdk_exporter.ts")];

interface ExporterCase {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly stack: string;
  readonly server: string;
  readonly skip: string | false;
  readonly messages: readonly string[];
  readonly span: string;
}

const DENO_CASE = {
  stack: "default",
  skip: deno.skip,
  messages: ["order taken\n", "card declined\n"],
  span: "POST /orders",
};
const SDK_CASE = {
  stack: "berlin",
  skip: bun.skip || bunPackages.skip,
  messages: ["card declined"],
  span: "POST /pay",
};

const CASES: readonly ExporterCase[] = [
  {
    ...DENO_CASE,
    name: "Deno's exporter as it is (protobuf)",
    command: DENO_PROGRAM,
    environment: { OTEL_DENO: "true", OTEL_SERVICE_NAME: "shop" },
    server: "shop",
  },
  {
    ...DENO_CASE,
    name: "Deno's exporter with http/json",
    command: DENO_PROGRAM,
    environment: { OTEL_DENO: "true", OTEL_SERVICE_NAME: "shop", OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" },
    server: "shop",
  },
  {
    ...DENO_CASE,
    name: "Deno's exporter without a service name",
    command: DENO_PROGRAM,
    environment: { OTEL_DENO: "true" },
    server: "unknown_service:deno",
  },
  {
    ...SDK_CASE,
    name: "the JavaScript SDK on Bun, protobuf with gzip",
    command: [...SDK_PROGRAM, "proto"],
    environment: { OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" },
    server: "till",
  },
  {
    ...SDK_CASE,
    name: "the JavaScript SDK on Bun, JSON",
    command: [...SDK_PROGRAM, "http"],
    environment: {},
    server: "till-json",
  },
];

for (const exporter of CASES) {
  test(
    `varve serve: logs, traces and metrics of ${exporter.name} show up under their server`,
    { skip: exporter.skip },
    async () => {
      await withDirectory(async (root) => {
        const service = await startServing(root);
        try {
          await runExporter(exporter.command, { ...exporter.environment, OTEL_EXPORTER_OTLP_ENDPOINT: service.url });
          await checkAnswers(service.url, exporter);
        } finally {
          service.kill("SIGTERM");
          assert.equal((await service.ended).status, 0);
        }
        const { output } = await runVarve(["tail", exporter.stack, exporter.server, "--root", root]);
        assert.match(output, /card declined/);
        if (jq.skip === false) checkFiles(root, exporter);
      });
    },
  );
}

test("varve serve: a token, given to exporters by their own variable, lets them in", { skip: deno.skip }, async () => {
  await withDirectory(async (root) => {
    const service = await startServing(root, ["--token", "s3cret"]);
    try {
      const environment = { OTEL_DENO: "true", OTEL_SERVICE_NAME: "shop", OTEL_EXPORTER_OTLP_ENDPOINT: service.url };
      await runExporter(DENO_PROGRAM, { ...environment, OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Bearer%20s3cret" });
      const headers = { authorization: "Bearer s3cret" };
      const { records } = await (await fetch(`${service.url}/api/logs?server=shop`, { headers })).json();
      assert.equal(records.length, 2);
    } finally {
      service.kill("SIGTERM");
      await service.ended;
    }
  });
});

test(
  "startService: what an exporter sent is in the sealed files, whole and in order, as zcat and jq print them",
  { skip: deno.skip || jq.skip || zcat.skip },
  async () => {
    await withDirectory(async (root) => {
      const store = await openStore(root, { segment: { maxBytes: 70_000 }, retention: { maxSegments: false } });
      await using service = startService(store, { port: 0 });
      const environment = { OTEL_DENO: "true", OTEL_SERVICE_NAME: "shop", OTEL_EXPORTER_OTLP_ENDPOINT: service.url };
      await runExporter([...DENO_PROGRAM, "1000"], environment);
      while (store.stats().compression.backlog > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      assert.ok(store.stats().compression.finished > 2);
      await store.close();
      const folder = join(root, "default", "shop");
      const sealed = readdirSync(folder).filter((name) => /^logs-.*\.jsonl\.gz$/.test(name)).sort();
      const messages = sealed.flatMap((name) => jsonOf([jq.path, "-c", ".msg"], run([zcat.path, join(folder, name)])));
      messages.push(...jsonOf([jq.path, "-c", ".msg", join(folder, "logs.jsonl")]));
      const lines = messages.filter((message) => String(message).startsWith("line "));
      assert.deepEqual(lines, Array.from({ length: 1000 }, (_, line) => `line ${line}\n`));
    });
  },
);

/** Runs a program to its end. Asynchronously, because the service may be in this process. */
async function runExporter(command: readonly string[], environment: Readonly<Record<string, string>>): Promise<void> {
  const [path = "", ...args] = command;
  const exporterVariables = Object.keys(process.env).filter((name) => name.startsWith("OTEL_"));
  const clean = Object.fromEntries(exporterVariables.map((name) => [name, undefined]));
  const child = spawn(path, args, {
    env: { ...process.env, ...clean, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const [status] = await once(child, "close");
  assert.equal(status, 0, output);
}

async function checkAnswers(url: string, { stack, server, messages, span }: ExporterCase): Promise<void> {
  const ask = async (path: string) => {
    const query = new URLSearchParams({ stack, server });
    const response = await fetch(`${url}${path}?${query}`);
    assert.equal(response.status, 200);
    return await response.json();
  };
  const logs: { record: TelemetryRecord }[] = (await ask("/api/logs")).records;
  assert.deepEqual(logs.map(({ record }) => record.msg).sort(), [...messages].sort());
  const { traces: [trace] } = await ask("/api/traces");
  assert.deepEqual([trace.name, trace.servers, trace.error], [span, [server], true]);
  const { spans } = await (await fetch(`${url}/api/traces/${trace.traceId}`)).json();
  assert.equal(spans.length, trace.spanCount);
  const points: { record: TelemetryRecord }[] = (await ask("/api/timeseries")).records;
  const counter = points.find(({ record }) => record.name === "orders.taken")?.record;
  assert.deepEqual([counter?.value, counter?.labels, counter?.unit], [3, { shop: "berlin" }, "{order}"]);
  assert.equal(points.find(({ record }) => record.name === "order.value")?.record.sum, 12.5);
  const inventory: { signal: string }[] = await ask("/api/telemetry/inventory");
  assert.deepEqual(inventory.map(({ signal }) => signal), ["logs", "traces", "timeseries", "metadata"]);
}

/** The files by themselves: valid NDJSON, and traces in the form that an OpenTelemetry collector reads. */
function checkFiles(root: string, { stack, server, messages, span }: ExporterCase): void {
  const folder = join(root, stack, encodeURIComponent(server));
  const read = (signal: string, filter: string) => jsonOf([jq.path, "-c", filter, join(folder, `${signal}.jsonl`)]);
  assert.deepEqual(read("logs", ".msg").sort(), [...messages].sort());
  const spans = read("traces", ".resourceSpans[].scopeSpans[].spans[] | [.name, .traceId, .kind]") as [
    string,
    string,
    number,
  ][];
  assert.ok(spans.some(([name]) => name === span));
  for (const [, traceId, kind] of spans) assert.ok(/^[0-9a-f]{32}$/.test(traceId) && typeof kind === "number");
  assert.ok(read("timeseries", '[.name, .value] | select(.[0] == "orders.taken")').length === 1);
  assert.deepEqual(read("metadata", 'select(.name == "orders.taken") | .help'), ["Orders taken."]);
}

/** What a command prints, as JSON lines. */
function jsonOf(command: readonly string[], input?: string): unknown[] {
  return run(command, input).trimEnd().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

function run([path = "", ...args]: readonly string[], input = ""): string {
  const result = spawnSync(path, args, { input, encoding: "utf8" });
  assert.equal(result.status, 0, `${path} ${args.join(" ")}: ${result.error?.message ?? result.stderr}`);
  return result.stdout;
}
