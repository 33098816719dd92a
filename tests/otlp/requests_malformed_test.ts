import { test } from "node:test";
import assert from "node:assert/strict";
import { decodeRecord, encodeRecord } from "../../src/model/record.ts";
import { logsFromRecords, logsToRecords } from "../../src/otlp/logs.ts";
import { metricsFromRecords, metricsToRecords } from "../../src/otlp/metrics.ts";
import {
  decodeLogsRequest,
  decodeMetricsRequest,
  decodeTracesRequest,
  encodeLogsRequest,
} from "../../src/otlp/requests.ts";
import { tracesFromRecords, tracesToRecords } from "../../src/otlp/traces.ts";
import { RECEIVED, sampleBody, throughText } from "./samples.ts";

const MUTANT_COUNT = 1500;

/** What a receiver does with a body, up to the bytes that a forwarder would send on. */
const RECEIVERS = {
  logs: (body, encoding) => throughText(logsToRecords(decodeLogsRequest(body, encoding), RECEIVED)),
  traces: (body, encoding) =>
    throughText(tracesToRecords(decodeTracesRequest(body, encoding), { ...RECEIVED, recordMaxBytes: 500 })),
  metrics: (body, encoding) => throughText(metricsToRecords(decodeMetricsRequest(body, encoding), RECEIVED)),
} satisfies Record<string, (body: Uint8Array, encoding: "protobuf" | "json") => unknown>;

test("malformed bodies raise nothing but SyntaxError, whatever was changed in them", () => {
  const seed = Date.now() >>> 0;
  const random = seeded(seed);
  for (const signal of ["logs", "traces", "metrics"] as const) {
    for (const encoding of ["protobuf", "json"] as const) {
      const body = sampleBody(signal, encoding);
      let refusedCount = 0;
      for (let count = 0; count < MUTANT_COUNT; count++) {
        if (!accepts(() => RECEIVERS[signal](mutate(body, random), encoding), `seed ${seed}, ${signal} ${encoding}`)) {
          refusedCount++;
        }
      }
      assert.ok(refusedCount > 0 && refusedCount < MUTANT_COUNT, `seed ${seed}: ${refusedCount} refused`);
    }
  }
});

test("records with anything in their fields become OTLP or raise nothing but SyntaxError", () => {
  const seed = Date.now() >>> 0;
  const random = seeded(seed);
  const lines = {
    logs: throughText(logsToRecords(decodeLogsRequest(sampleBody("logs", "json"), "json"), RECEIVED)),
    traces: throughText(
      tracesToRecords(decodeTracesRequest(sampleBody("traces", "json"), "json"), { ...RECEIVED, recordMaxBytes: 1e6 }),
    ),
    metrics: throughText(metricsToRecords(decodeMetricsRequest(sampleBody("metrics", "json"), "json"), RECEIVED)),
  };
  for (let count = 0; count < MUTANT_COUNT; count++) {
    const mutant = (signal: keyof typeof lines) =>
      decodeRecord(encodeRecord(replaceOne(pick(lines[signal], random), random)));
    const log = mutant("logs");
    // Of logs every record can be written: what does not fit becomes an attribute.
    assert.doesNotThrow(
      () => encodeLogsRequest(logsFromRecords([log]), "protobuf"),
      `seed ${seed}: ${encodeRecord(log)}`,
    );
    accepts(() => tracesFromRecords([mutant("traces")]), `seed ${seed}`);
    accepts(() => metricsFromRecords([mutant("metrics")]), `seed ${seed}`);
  }
});

function accepts(action: () => unknown, context: string): boolean {
  try {
    action();
    return true;
  } catch (error) {
    assert.ok(error instanceof SyntaxError, `${context}: ${error instanceof Error ? error.stack : error}`);
    return false;
  }
}

type Random = (below: number) => number;

/** A linear congruential generator (Numerical Recipes): quick, and the same on every runtime. */
function seeded(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

function pick<T>(values: readonly T[], random: Random): T {
  // The lists here are never empty.
  return values[random(values.length)] as T;
}

function mutate(body: Uint8Array, random: Random): Uint8Array {
  const mutant = Uint8Array.from(body);
  for (let count = random(4); count >= 0; count--) {
    const at = random(mutant.length);
    switch (random(4)) {
      case 0:
        mutant[at] = random(256);
        break;
      case 1:
        mutant[at] = (mutant[at] ?? 0) ^ 1 << random(8);
        break;
      case 2:
        mutant.copyWithin(at, random(mutant.length), random(mutant.length));
        break;
      case 3:
        return mutant.subarray(0, at);
    }
  }
  return mutant;
}

// deno-fmt-ignore
const STRANGE_VALUES: readonly unknown[] = [
  null, true, -1, 1.5, 1e300, 2n ** 63n, "", "x", "2026-01-01T00:00:00Z", "1960-01-01T00:00:00Z", "abcd", [], [1],
  [[null]], {}, { values: 1 }, { key: 1 }, [{ key: "a" }], { attributes: null, typed: 5 }, { a: { b: [] } },
];

/** Replaces one value somewhere below the top of a record. */
function replaceOne<T extends object>(parent: T, random: Random): T {
  const keys = Object.keys(parent);
  if (keys.length === 0) return parent;
  const key = pick(keys, random);
  const value: unknown = Reflect.get(parent, key);
  const canDescend = typeof value === "object" && value !== null && random(4) > 0;
  const copy = (Array.isArray(parent) ? [...parent] : { ...parent }) as T;
  Reflect.set(copy, key, canDescend ? replaceOne(value, random) : pick(STRANGE_VALUES, random));
  return copy;
}
