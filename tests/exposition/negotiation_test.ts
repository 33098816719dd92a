import assert from "node:assert/strict";
import { test } from "node:test";
import { negotiateFormat } from "../../src/exposition/negotiation.ts";

const TEXT = "text/plain; version=0.0.4; charset=utf-8";
const OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const CASES: readonly (readonly [accept: string | null, contentType: string])[] = [
  [null, TEXT],
  ["", TEXT],
  ["*/*", TEXT],
  ["text/html", TEXT],
  ["application/openmetrics-text", OPENMETRICS],
  ['application/openmetrics-text; version="1.0.0"', OPENMETRICS],
  ["application/openmetrics-text;version=2.0.0,text/plain;q=0.1", TEXT],
  ["application/openmetrics-text;version=1.0.0;q=0.2,text/plain;version=0.0.4;q=0.8", TEXT],
  ["application/openmetrics-text;version=1.0.0;q=0", TEXT],
  ["application/openmetrics-text;version=1.0.0;q=abc", TEXT],
  ["application/openmetrics-text;version=1.0.0;escaping=dots", `${OPENMETRICS}; escaping=underscores`],
  // What Prometheus 3 sends.
  [
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4," +
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
    `${OPENMETRICS}; escaping=allow-utf-8`,
  ],
];

test("negotiateFormat: the best of what is accepted, with its exact Content-Type", () => {
  for (const [accept, contentType] of CASES) {
    assert.equal(negotiateFormat(accept).contentType, contentType, String(accept));
  }
});
