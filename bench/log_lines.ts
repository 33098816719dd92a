/**
 * Varied log records, as a gateway with several components writes them: seeded, times included, so that every run
 * compresses the same bytes.
 *
 * @module
 */

import { Random } from "./random.ts";

type LogRecord = Readonly<Record<string, unknown>>;

const SEED = 20_260_430;
const START_MS = Date.UTC(2026, 3, 30, 12);

const WORDS = (
  "connection upstream handshake retry session cache token request response stream buffer timeout worker schedule " +
  "snapshot replica index shard cursor partition batch queue metric journal segment lease lock route header payload"
).split(" ");
const PATHS = [
  "/api/tools",
  "/api/sessions",
  "/healthz",
  "/v1/messages",
  "/api/catalog/search",
  "/assets/app.js",
];
const METHODS = ["GET", "GET", "GET", "POST", "PUT", "DELETE"];
const AGENTS = [
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
  "curl/8.5.0",
  "okhttp/4.12.0",
];
const TABLES = ["orders", "customers", "line_items", "invoices", "audit_trail"];

/** Draws one record after another, each later than the one before. */
export class LogLineSource {
  readonly #random = new Random(SEED);
  #timeMs = START_MS;

  /** The next record. */
  record(): LogRecord {
    this.#timeMs += this.#random.below(40);
    const kinds = [
      this.#access,
      this.#access,
      this.#query,
      this.#tool,
      this.#tool,
      this.#free,
      this.#worker,
    ];
    if (this.#random.below(60) === 0) return this.#failure();
    return this.#random.pick(kinds).call(this);
  }

  #access(): LogRecord {
    const status = this.#random.pick([200, 200, 200, 201, 204, 304, 404, 500]);
    return {
      ...this.#head(status >= 500 ? "ERROR" : "INFO", "request handled"),
      method: this.#random.pick(METHODS),
      path: `${this.#random.pick(PATHS)}/${this.#random.below(9000)}`,
      status,
      duration_ms: this.#random.below(90_000) / 100,
      ip: `10.${this.#random.below(4)}.${this.#random.below(256)}.${this.#random.below(256)}`,
      user_agent: this.#random.pick(AGENTS),
      request_id: this.#random.hex(4),
    };
  }

  #query(): LogRecord {
    const table = this.#random.pick(TABLES);
    return {
      ...this.#head("DEBUG", "query finished"),
      statement: `select * from ${table} where ${table}_id = $1 and updated_at > $2 limit ${this.#random.below(500)}`,
      rows: this.#random.below(500),
      duration_us: this.#random.below(250_000),
    };
  }

  #tool(): LogRecord {
    return {
      ...this.#head("INFO", "tool call finished"),
      tool: `${this.#random.pick(WORDS)}_${this.#random.pick(WORDS)}`,
      session: this.#random.hex(2),
      trace_id: this.#random.hex(4),
      span_id: this.#random.hex(2),
      tokens: {
        input: this.#random.below(8000),
        output: this.#random.below(2000),
      },
    };
  }

  #free(): LogRecord {
    const words = Array.from(
      { length: 4 + this.#random.below(12) },
      () => this.#random.pick(WORDS),
    );
    return this.#head(
      this.#random.pick(["INFO", "WARN", "DEBUG"]),
      words.join(" "),
    );
  }

  #worker(): LogRecord {
    return {
      ...this.#head("INFO", "heartbeat"),
      worker: `worker-${this.#random.below(24)}`,
      memory_rss_mb: this.#random.below(200_000) / 100,
      event_loop_delay_ms: this.#random.below(5000) / 1000,
      queue: this.#random.below(50),
    };
  }

  #failure(): LogRecord {
    const frames = Array.from(
      { length: 6 + this.#random.below(6) },
      () =>
        `    at ${this.#random.pick(WORDS)}.${this.#random.pick(WORDS)} (file:///srv/app/src/${
          this.#random.pick(WORDS)
        }.ts:${this.#random.below(400)}:11)`,
    );
    return {
      ...this.#head(
        "ERROR",
        `${this.#random.pick(WORDS)} ${this.#random.pick(WORDS)} failed`,
      ),
      stack: `Error: ${this.#random.pick(WORDS)} is gone\n${frames.join("\n")}`,
    };
  }

  #head(level: string, msg: string): LogRecord {
    return {
      ts: new Date(this.#timeMs).toISOString(),
      level,
      msg,
      component: this.#random.pick(WORDS),
    };
  }
}
