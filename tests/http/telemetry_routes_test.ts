import assert from "node:assert/strict";
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { InventoryRecord } from "../../mod.ts";
import { withService } from "./test_service.ts";

const GRIDCTL = fileURLToPath(new URL("../testdata/gridctl", import.meta.url));

test("GET /api/telemetry/inventory: an array, also of nothing, by stack and server", async () => {
  await withService(async ({ root, json }) => {
    assert.deepEqual(await json("/api/telemetry/inventory"), []);
    cpSync(GRIDCTL, root, { recursive: true });
    const of = async (query: string) =>
      (await json<InventoryRecord[]>(`/api/telemetry/inventory${query}`))
        .map(({ stack, server, signal, fileCount }) => `${stack}/${server} ${signal} ${fileCount}`);
    const demo = ["demo/github logs 1", "demo/github metrics 3", "demo/github traces 1"];
    assert.deepEqual(await of(""), ["crash/weather metrics 3", ...demo]);
    assert.deepEqual(await of("?stack=demo"), demo);
    assert.deepEqual(await of("?stack=demo&server=weather"), []);
    assert.deepEqual(await of("?stack=..%2F.."), []);
    const [first] = await json<InventoryRecord[]>("/api/telemetry/inventory?stack=demo");
    assert.equal(first?.path, join(root, "demo", "github", "logs.jsonl"));
    assert.ok(Number(first?.sizeBytes) > 0 && first?.oldestTime?.endsWith("Z"));
  });
});

test("DELETE /api/telemetry: deletes what was chosen and answers with what is left of the stack", async () => {
  await withService(async ({ root, request }) => {
    cpSync(GRIDCTL, root, { recursive: true });
    const wipe = async (query: string) => {
      const response = await request(`/api/telemetry?${query}`, { method: "DELETE" });
      assert.equal(response.status, 200);
      const { success, inventory } = await response.json();
      return [success, ...inventory.map(({ server, signal }: InventoryRecord) => `${server} ${signal}`)];
    };
    assert.deepEqual(await wipe("stack=demo&server=github&signal=metrics"), [true, "github logs", "github traces"]);
    assert.deepEqual(await wipe("stack=demo&server=nothing"), [true, "github logs", "github traces"]);
    assert.deepEqual(await wipe("stack=demo"), [true]);
    assert.deepEqual(await wipe("stack=crash"), [true]);
    assert.ok(existsSync(join(root, "crash", "weather", "logs-backup.jsonl")));
  });
});

test("DELETE /api/telemetry: without a stack, or of an unknown signal, nothing is deleted", async () => {
  await withService(async ({ root, request, json }) => {
    cpSync(GRIDCTL, root, { recursive: true });
    for (
      const [query, parameter] of [
        ["", "stack"],
        ["stack=", "stack"],
        ["server=github", "stack"],
        ["stack=demo&server=", "server"],
        ["stack=demo&signal=log", "signal"],
        ["stack=demo&signal=", "signal"],
        ["stack=demo&all=true", "all"],
      ] as const
    ) {
      const response = await request(`/api/telemetry?${query}`, { method: "DELETE" });
      assert.equal(response.status, 400, query);
      assert.equal((await response.json()).parameter, parameter, query);
    }
    assert.equal((await json<InventoryRecord[]>("/api/telemetry/inventory")).length, 4);
  });
});
