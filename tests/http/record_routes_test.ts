import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store, TelemetryRecord } from "../../mod.ts";
import { withService } from "./test_service.ts";

interface Answer {
  readonly records: readonly { readonly stack: string; readonly server: string; readonly record: TelemetryRecord }[];
  readonly next: string | null;
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
    assert.deepEqual(await json("/api/logs"), { records: [], next: null });
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
  });
});

test("GET /api/logs: level names levels as a whole, in any case, however far back they are", async () => {
  await withService(async ({ store, json }) => {
    appendLogs(store, ["a"], 10);
    const levels = async (query: string) =>
      (await json<Answer>(`/api/logs?${query}`)).records.map(({ record }) => record.level);
    assert.deepEqual(await levels("level=INFO"), ["INFO", "INFO"]);
    assert.deepEqual(await levels("level=warn,Error"), ["WARN", "ERROR", "WARN", "ERROR"]);
    assert.deepEqual(await levels("level=INFO%2B2&limit=1"), ["INFO+2"]);
    assert.deepEqual(await levels("level=FATAL"), []);
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

test("GET /api/logs: next goes on behind the newest record, also past those that a filter leaves out", async () => {
  await withService(async ({ store, json, request }) => {
    appendLogs(store, ["a"], 3);
    const journal = store.journal({ stack: "shop", server: "a", signal: "logs" });
    const first = await json<Answer>("/api/logs?stack=shop&server=a&level=DEBUG");
    assert.deepEqual(messages(first), ["a 0"]);
    assert.deepEqual(messages(await json(`/api/logs?after=${first.next}`)), []);
    for (let index = 0; index < 5; index++) {
      journal.append({ ts: "2026-05-01T00:00:00Z", level: "INFO", msg: `new ${index}` });
    }
    const second = await json<Answer>(`/api/logs?after=${first.next}&limit=3`);
    assert.deepEqual(messages(second), ["new 0", "new 1", "new 2"]);
    const third = await json<Answer>(`/api/logs?after=${second.next}&limit=3`);
    assert.deepEqual(messages(third), ["new 3", "new 4"]);
    assert.equal((await json<Answer>(`/api/logs?after=${third.next}`)).next, third.next);
    assert.equal((await request(`/api/events?after=${third.next}`)).status, 400);
    assert.equal((await request(`/api/logs?server=b&after=${third.next}`)).status, 400);
    appendLogs(store, ["b"], 1);
    assert.equal((await json<Answer>("/api/logs")).next, null);
  });
});

test("GET /api/…: parameters that make no sense get 400 and are named", async () => {
  const cases: readonly (readonly [path: string, parameter: string])[] = [
    ["/api/logs?q=x", "q"],
    ["/api/logs?Level=INFO", "Level"],
    ["/api/logs?limit=0", "limit"],
    ["/api/logs?limit=10001", "limit"],
    ["/api/logs?limit=1e3", "limit"],
    ["/api/logs?limit=-1", "limit"],
    ["/api/logs?lines=x", "lines"],
    ["/api/logs?limit=1&lines=1", "lines"],
    ["/api/logs?limit=1&limit=1", "limit"],
    [`/api/logs?server=${"x".repeat(300)}`, "server"],
    ["/api/logs?level=INFO,", "level"],
    ["/api/logs?from=yesterday", "from"],
    ["/api/logs?to=2026-02-30T00:00:00Z", "to"],
    ["/api/logs?from=-1y", "from"],
    ["/api/logs?from=-999999999d", "from"],
    ["/api/logs?after=abc", "after"],
    [`/api/logs?after=${btoa('["s","v","logs",null,1,null,-1]')}`, "after"],
    [`/api/logs?after=${btoa('["","v","logs",null,1,null,0]')}`, "after"],
    ["/api/timeseries?level=INFO", "level"],
    ["/api/traces?errors=true", "errors"],
    ["/api/traces?minDuration=1s", "minDuration"],
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
