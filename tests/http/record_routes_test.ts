import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store, TelemetryRecord } from "../../mod.ts";
import { withService } from "./test_service.ts";

interface Answer {
  readonly records: readonly { readonly stack: string; readonly server: string; readonly record: TelemetryRecord }[];
  readonly next: string | null;
  readonly previous: string | null;
}

const LEVELS = ["DEBUG", "INFO", "INFO+2", "WARN", "ERROR"];
const START_MS = Date.parse("2026-04-30T12:00:00Z");

/** Appends `count` log records to each server, one a second, with levels in turn. */
function appendLogs(store: Store, servers: readonly string[], count: number): void {
  for (let index = 0; index < count; index++) {
    for (const [offset, server] of servers.entries()) {
      const ts = new Date(START_MS + index * 1000 + offset).toISOString();
      const record = { ts, level: LEVELS[index % LEVELS.length], msg: `${server} ${index}` };
      store.journal({ stack: "shop", server, signal: "logs" }).append(record);
    }
  }
}

function messages({ records }: Answer): unknown[] {
  return records.map(({ record }) => record.msg);
}

test("GET /api/logs: the newest records, newest last, 100 unless asked otherwise", async () => {
  await withService(async ({ store, json }) => {
    assert.deepEqual(await json("/api/logs"), { records: [], next: null, previous: null });
    appendLogs(store, ["a"], 250);
    const newest = (count: number) => Array.from({ length: count }, (_, index) => `a ${250 - count + index}`);
    assert.deepEqual(messages(await json("/api/logs")), newest(100));
    assert.deepEqual(messages(await json("/api/logs?limit=2")), newest(2));
    assert.deepEqual(messages(await json("/api/logs?lines=3")), newest(3));
    assert.deepEqual(messages(await json("/api/logs?limit=10000")), newest(250));
  });
});

test("GET /api/logs: stack and server choose, several journals are merged by time, unknown ones are empty", async () => {
  await withService(async ({ store, json }) => {
    appendLogs(store, ["a", "b"], 2);
    store.journal({ stack: "other", server: "a", signal: "logs" }).append({ ts: "2026-04-30T11:00:00Z", msg: "other" });
    assert.deepEqual(messages(await json("/api/logs")), ["other", "a 0", "b 0", "a 1", "b 1"]);
    assert.deepEqual(messages(await json("/api/logs?stack=shop&server=b")), ["b 0", "b 1"]);
    assert.deepEqual(messages(await json("/api/logs?server=a")), ["other", "a 0", "a 1"]);
    assert.deepEqual(messages(await json("/api/logs?stack=shop&server=&level=")), ["a 0", "b 0", "a 1", "b 1"]);
    assert.deepEqual(messages(await json("/api/logs?stack=nothing")), []);
    store.journal({ stack: "shop", server: "c, d", signal: "logs" }).append({
      ts: "2026-05-01T00:00:00Z",
      msg: "comma",
    });
    assert.deepEqual(messages(await json("/api/logs?server=b&server=c,+d")), ["b 0", "b 1", "comma"]);
    assert.deepEqual(messages(await json("/api/logs?stack=shop&server=a&server=a&server=x")), ["a 0", "a 1"]);
  });
});

test("GET /api/logs: level names levels as a whole, in any case, however far back they are", async () => {
  await withService(async ({ store, json, request }) => {
    appendLogs(store, ["a"], 10);
    const levels = async (query: string) =>
      (await json<Answer>(`/api/logs?${query}`)).records.map(({ record }) => record.level);
    assert.deepEqual(await levels("level=INFO"), ["INFO", "INFO"]);
    assert.deepEqual(await levels("level=warn,Error"), ["WARN", "ERROR", "WARN", "ERROR"]);
    assert.deepEqual(await levels("level=INFO%2B2&limit=1"), ["INFO+2"]);
    assert.deepEqual(await levels("level=FATAL"), []);
    const tooMany = await request(`/api/logs?level=${Array.from({ length: 25 }, () => "INFO")}`);
    assert.deepEqual([tooMany.status, (await tooMany.json()).parameter], [400, "level"]);
    assert.deepEqual(await levels("level=info,warning&limit=3"), ["WARN", "INFO", "WARN"]);
    const ts = "2026-05-01T00:00:00Z";
    const journal = store.journal({ stack: "shop", server: "a", signal: "logs" });
    journal.appendAll(Array.from({ length: 3000 }, () => ({ ts, level: "TRACE", msg: "noise" })));
    assert.deepEqual(await levels("level=ERROR&limit=10"), ["ERROR", "ERROR"]);
  });
});

test("GET /api/logs: from is inclusive, to exclusive; RFC 3339, seconds and times ago", async () => {
  await withService(async ({ store, json }) => {
    appendLogs(store, ["a"], 5);
    const second = START_MS / 1000;
    for (
      const [query, expected] of [
        ["from=2026-04-30T12:00:03Z", ["a 3", "a 4"]],
        ["from=2026-04-30T14:00:03%2B02:00", ["a 3", "a 4"]],
        ["from=2026-04-30T14:00:03+02:00", ["a 3", "a 4"]],
        ["to=2026-04-30T12:00:01Z", ["a 0"]],
        [`from=${second + 1}&to=${second + 3}`, ["a 1", "a 2"]],
        [`from=${second + 1}.5&limit=1`, ["a 4"]],
        ["from=-1d", []],
        ["to=-1d&level=DEBUG", ["a 0"]],
        ["from=-100000d&limit=2", ["a 3", "a 4"]],
      ] as const
    ) assert.deepEqual(messages(await json(`/api/logs?${query}`)), expected, query);
  });
});

test("GET /api/logs: q is a filter, beside the other parameters", async () => {
  await withService(async ({ store, json }) => {
    appendLogs(store, ["a", "b"], 10);
    const cases: readonly (readonly [query: string, expected: readonly string[]])[] = [
      ["level>=warn", ["a 3", "b 3", "a 4", "b 4", "a 8", "b 8", "a 9", "b 9"]],
      ['msg~"^b [0-2]"', ["b 0", "b 1", "b 2"]],
      ["not (level=debug or level>info) msg*=6", ["a 6", "b 6"]],
      ["msg=nothing", []],
      [" ", ["a 9", "b 9"]],
    ];
    for (const [q, expected] of cases) {
      const limit = q === " " ? "2" : "100";
      assert.deepEqual(messages(await json(`/api/logs?${new URLSearchParams({ q, limit })}`)), expected, q);
    }
    const query = new URLSearchParams({ q: "level>=warn", level: "ERROR", server: "b", from: "2026-04-30T12:00:05Z" });
    assert.deepEqual(messages(await json(`/api/logs?${query}`)), ["b 9"]);
  });
});

test("GET /api/logs: a filter that is not understood is refused with its column", async () => {
  await withService(async ({ store, request }) => {
    appendLogs(store, ["a"], 1);
    for (
      const [q, column] of [["level>=loud", 8], ["msg~/(/", 5], ["(", 2], [`msg~${"x{100}".repeat(9)}`, 5]] as const
    ) {
      const response = await request(`/api/logs?${new URLSearchParams({ q })}`);
      assert.equal(response.status, 400, q);
      assert.equal(response.headers.get("content-type"), "application/problem+json");
      const { parameter, detail } = await response.json();
      assert.equal(parameter, "q");
      assert.ok(detail.startsWith(`Cannot read the filter at column ${column}: `), detail);
    }
  });
});

/** A place in logs of stack s and server v. */
const PLACE = btoa('["s","v","logs",null,1,null,0]');

test("GET /api/…: parameters that make no sense get 400 and are named", async () => {
  const cases: readonly (readonly [path: string, parameter: string])[] = [
    ["/api/logs?name=x", "name"],
    ["/api/logs?Level=INFO", "Level"],
    ["/api/logs?limit=0", "limit"],
    ["/api/logs?limit=10001", "limit"],
    ["/api/logs?limit=1e3", "limit"],
    ["/api/logs?limit=-1", "limit"],
    ["/api/logs?lines=x", "lines"],
    ["/api/logs?limit=1&lines=1", "lines"],
    ["/api/logs?limit=1&limit=1", "limit"],
    ["/api/logs?stack=a&stack=b", "stack"],
    ["/api/logs?q=a&q=b", "q"],
    [`/api/logs?server=${"x".repeat(300)}`, "server"],
    [`/api/logs?server=a&server=${"x".repeat(300)}`, "server"],
    ["/api/logs?level=INFO,", "level"],
    ["/api/logs?from=yesterday", "from"],
    ["/api/logs?to=2026-02-30T00:00:00Z", "to"],
    ["/api/logs?from=-1y", "from"],
    ["/api/logs?from=-999999999d", "from"],
    ["/api/logs?after=abc", "after"],
    ["/api/logs?before=.", "before"],
    [`/api/logs?before=${PLACE}.`, "before"],
    [`/api/logs?after=${PLACE}&before=${PLACE}`, "before"],
    [`/api/logs?stack=s&server=a&after=${PLACE}`, "after"],
    [`/api/logs?stack=t&before=${PLACE}`, "before"],
    [`/api/events?after=${PLACE}`, "after"],
    [`/api/logs?after=${btoa('["s","v","logs",null,1,null,-1]')}`, "after"],
    [`/api/logs?after=${btoa('["","v","logs",null,1,null,0]')}`, "after"],
    ["/api/timeseries?level=INFO", "level"],
    ["/api/telemetry/inventory?signal=logs", "signal"],
    ["/readyz?verbose", "verbose"],
  ];
  await withService(async ({ request }) => {
    for (const [path, parameter] of cases) {
      const response = await request(path);
      assert.equal(response.status, 400, path);
      const problem = await response.json();
      assert.equal(problem.parameter, parameter, path);
      assert.ok(problem.detail.includes(parameter), problem.detail);
    }
  });
});

test("GET /api/…: integers beyond 2^53 are exact, and text is as it was", async () => {
  await withService(async ({ store, request }) => {
    const record = { ts: "2026-04-30T12:00:00Z", msg: '\u001b[31m\u2028"', id: 2n ** 63n - 1n, list: [-(2n ** 60n)] };
    store.journal({ stack: "shop", server: "a", signal: "logs" }).append(record);
    const text = await (await request("/api/logs")).text();
    assert.match(text, /"id":9223372036854775807,"list":\[-1152921504606846976\]/);
    assert.equal(JSON.parse(text).records[0].record.msg, record.msg);
  });
});

test("GET /api/timeseries, /audit, /events, /requests: records of each signal; points by name", async () => {
  await withService(async ({ store, json }) => {
    const ts = "2026-04-30T12:00:00Z";
    for (const signal of ["timeseries", "audit", "events", "requests"]) {
      for (const name of ["a", "b"]) {
        store.journal({ stack: "shop", server: "x", signal }).append({ ts, name, value: 1 });
      }
      const { records } = await json<Answer>(`/api/${signal}`);
      assert.deepEqual(records.map(({ record }) => record.name), ["a", "b"], signal);
    }
    const { records } = await json<Answer>("/api/timeseries?name=b");
    assert.deepEqual(records, [{ stack: "shop", server: "x", record: { ts, name: "b", value: 1 } }]);
  });
});
