/**
 * A program that keeps its own logs: append, read back, take stock.
 *
 * Run it with `deno run -A examples/embed.ts` or `bun examples/embed.ts`.
 *
 * @module
 */
import { openStore } from "../mod.ts";

await using store = await openStore("./telemetry");
const journal = store.journal({ stack: "demo", server: "web-1", signal: "logs" });

function log(level: string, msg: string, attributes: Record<string, unknown> = {}): void {
  journal.append({ ts: new Date().toISOString(), level, msg, ...attributes });
}

log("INFO", "started", { port: 8080 });
for (let id = 1; id <= 3; id++) log("DEBUG", "request served", { id, duration_ms: id * 7 });
log("WARN", "cache is cold", { hit_rate: 0.04 });

// From here on the records outlive this process; after sync() they would outlive a loss of power.
await journal.flush();

for (const { record } of await store.tail(journal.key, { count: 2 })) console.log(record.level, record.msg);
for (const { server, signal, sizeBytes, newestTime } of await store.inventory()) {
  console.log(`${server}/${signal}: ${sizeBytes} bytes, up to ${newestTime}`);
}
