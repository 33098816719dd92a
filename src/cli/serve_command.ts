/**
 * `varve serve`: the service, until a signal ends it.
 *
 * @module
 */

import { OTLP_PORT, type Service, startService } from "../http/mod.ts";
import { PRUNE_INTERVAL_MS } from "../limits.ts";
import type { StopTimer } from "../platform/clock.ts";
import { errorCode } from "../platform/file_system.ts";
import { nodeFileSystem } from "../platform/node_file_system.ts";
import { systemClock } from "../platform/system_clock.ts";
import { openStore, type Store } from "../store.ts";
import { type Command, type Invocation, textFlag, wholeNumber } from "./command.ts";

/** See the module. */
export const serveCommand: Command = {
  name: "serve",
  usage: "serve [--host H] [--port P] [--stack S] [--token T]",
  summary: "receives and answers over HTTP",
  help: `varve serve [--host H] [--port P] [--stack S] [--token T] [--sync]

Receives OpenTelemetry over HTTP, keeps it under the root, and answers queries, until SIGINT or SIGTERM.

  --host H            address to listen on (VARVE_HOST; default 127.0.0.1); any but this machine's own needs a token
  --port P            port (VARVE_PORT; default 4318, 0 for any free one)
  --stack S           stack of telemetry without service.namespace (VARVE_STACK; default "default")
  --token T           what requests need as "Authorization: Bearer T" (VARVE_TOKEN; default none)
  --sync              acknowledge telemetry once the disk has it, not only the operating system`,
  flags: {
    host: { type: "string" },
    port: { type: "string" },
    stack: { type: "string" },
    token: { type: "string" },
    sync: { type: "boolean" },
  },
  operandCount: [0, 0],
  run: serve,
};

async function serve(invocation: Invocation): Promise<number> {
  const { terminal, flags, root } = invocation;
  const setting = (name: string) => textFlag(invocation, name) ?? terminal.variable(`VARVE_${name.toUpperCase()}`);
  const host = setting("host") ?? "127.0.0.1";
  const port = wholeNumber(setting("port") ?? String(OTLP_PORT), { name: "--port", max: 65_535 });
  const token = setting("token");
  const stopped = terminal.untilStopped();
  await using store = await openStore(root);
  // A root that cannot be made shows now, and not when the first telemetry comes.
  nodeFileSystem.makeDirectory(store.root);
  await using service = startOrExplain(store, {
    host,
    port,
    token,
    stack: setting("stack") ?? "default",
    acknowledgement: flags.sync === true ? "synced" : "flushed",
  });
  await terminal.write(greeting({ store, service, hasToken: token !== undefined }));
  const stopPruning = pruneHourly(store, (reason) => terminal.report(reason));
  await stopped;
  stopPruning();
  terminal.report("Stopping: requests under way are answered first");
  return 0;
}

/** Looks after journals that nobody writes to any more, now and from then on. What fails is reported, and tried again. */
function pruneHourly(store: Store, report: (reason: string) => void): StopTimer {
  let stopTimer: StopTimer = () => {};
  const prune = async () => {
    try {
      await store.prune();
    } catch (error) {
      report(error instanceof Error ? error.message : String(error));
    }
    stopTimer = systemClock.setTimer(() => void prune(), PRUNE_INTERVAL_MS);
  };
  void prune();
  return () => stopTimer();
}

function startOrExplain(
  store: Store,
  options: Parameters<typeof startService>[1] & { host: string; port: number },
): Service {
  try {
    return startService(store, options);
  } catch (error) {
    if (errorCode(error) !== "EADDRINUSE") throw error;
    const { host, port } = options;
    throw new Error(`Cannot listen on ${host}:${port}: another program does; stop it, or choose another with --port`, {
      cause: error,
    });
  }
}

function greeting(
  { store, service, hasToken }: { readonly store: Store; readonly service: Service; readonly hasToken: boolean },
): string {
  const { url } = service;
  const endpoint = url === `http://127.0.0.1:${OTLP_PORT}` ? "" : `OTEL_EXPORTER_OTLP_ENDPOINT=${url} `;
  const headers = hasToken ? 'OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer $VARVE_TOKEN" ' : "";
  const authorization = hasToken ? ' -H "Authorization: Bearer $VARVE_TOKEN"' : "";
  return `Varve listens on ${url} and keeps telemetry in ${store.root}

  Send:  OTEL_DENO=true OTEL_SERVICE_NAME=shop ${endpoint}${headers}deno run -A app.ts
  Read:  curl${authorization} '${url}/api/logs?server=shop'
`;
}
