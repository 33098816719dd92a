/**
 * An HTTP server, each runtime's own: both hand over a `Request`, stream bodies, and stop without cutting answers off.
 *
 * @module
 */

/** Answers one request. Must not reject. */
export type HttpHandler = (request: Request) => Promise<Response>;

/** Where a server listens. */
export interface ListenOptions {
  /** An address or a name of this machine. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

/** A server that listens. */
export interface HttpServer {
  /** The port it listens on. */
  readonly port: number;
  /** Resolves once every request under way is answered and the port is given back. */
  stop(): Promise<void>;
  /** Cuts every connection. */
  abort(): void;
}

/**
 * Starts a server.
 *
 * @throws {Error} If the address cannot be listened on. Its `code` is the system's, `EADDRINUSE` for a port that is taken.
 */
export function listen(handler: HttpHandler, options: ListenOptions): HttpServer {
  const { Deno: deno, Bun: bun } = globalThis as Runtimes;
  if (deno !== undefined) return listenOnDeno(deno, { handler, options });
  if (bun !== undefined) return listenOnBun(bun, { handler, options });
  throw new Error("Cannot start a server: neither Deno nor Bun runs this program");
}

interface ListenWork {
  readonly handler: HttpHandler;
  readonly options: ListenOptions;
}

/** What is used of either runtime, as neither's types are known to the other one. */
interface Runtimes {
  readonly Deno?: DenoServe;
  readonly Bun?: BunServe;
}

interface DenoServe {
  serve(options: object, handler: HttpHandler): { readonly addr: { readonly port: number }; shutdown(): Promise<void> };
}

interface BunServe {
  serve(options: object): { readonly port: number; stop(isForced: boolean): Promise<void> };
}

function listenOnDeno(deno: DenoServe, { handler, options: { host, port } }: ListenWork): HttpServer {
  const abortion = new AbortController();
  const { signal } = abortion;
  const underWay = new Set<Promise<Response>>();
  const answer: HttpHandler = (request) => {
    const response = handler(request);
    underWay.add(response);
    void response.finally(() => underWay.delete(response));
    return response;
  };
  // Deno says where it listens by itself, which is the caller's to say.
  const server = deno.serve({ hostname: host, port, signal, onListen: () => {} }, answer);
  const stop = async () => {
    // Deno 2.9 stops reading the bodies of requests under way, so that these have to be answered first.
    await Promise.allSettled([...underWay]);
    await server.shutdown();
  };
  return { port: server.addr.port, stop, abort: () => abortion.abort() };
}

function listenOnBun(bun: BunServe, { handler, options: { host, port } }: ListenWork): HttpServer {
  const server = bun.serve({
    hostname: host,
    port,
    fetch: handler,
    // The handler has its own limit, and answers in the form that the sender reads.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    // An exporter keeps its connection for minutes between two exports.
    idleTimeout: 255,
  });
  return { port: server.port, stop: () => server.stop(false), abort: () => void server.stop(true) };
}
