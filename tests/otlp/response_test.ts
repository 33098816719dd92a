import { test } from "node:test";
import assert from "node:assert/strict";
import { encodeExportResponse, encodeStatus } from "../../src/otlp/response.ts";

const text = (body: Uint8Array) => new TextDecoder().decode(body);

test("encodeExportResponse is empty when everything was accepted", () => {
  for (const signal of ["logs", "traces", "metrics"] as const) {
    assert.equal(text(encodeExportResponse(signal, { encoding: "json" })), "{}");
    assert.equal(encodeExportResponse(signal, { encoding: "protobuf" }).length, 0);
  }
});

test("encodeExportResponse tells what was rejected in the signal's own field", () => {
  const fields = { logs: "rejectedLogRecords", traces: "rejectedSpans", metrics: "rejectedDataPoints" } as const;
  const partialSuccess = { rejected: 300, errorMessage: "disk" };
  for (const signal of ["logs", "traces", "metrics"] as const) {
    assert.equal(
      text(encodeExportResponse(signal, { encoding: "json", partialSuccess })),
      `{"partialSuccess":{"${fields[signal]}":"300","errorMessage":"disk"}}`,
    );
    // Field 1: a message of 9 bytes; in it field 1: varint 300; field 2: four bytes of text.
    assert.deepEqual(
      [...encodeExportResponse(signal, { encoding: "protobuf", partialSuccess })],
      [0x0a, 9, 0x08, 0xac, 0x02, 0x12, 4, 0x64, 0x69, 0x73, 0x6b],
    );
  }
});

test("encodeExportResponse writes a warning without a count", () => {
  const warning = { encoding: "json", partialSuccess: { rejected: 0, errorMessage: "old schema" } } as const;
  assert.equal(text(encodeExportResponse("logs", warning)), '{"partialSuccess":{"errorMessage":"old schema"}}');
});

test("encodeStatus writes Google's Status", () => {
  const status = { code: 3, message: "no" };
  assert.equal(text(encodeStatus(status, "json")), '{"code":3,"message":"no"}');
  assert.deepEqual([...encodeStatus(status, "protobuf")], [0x08, 3, 0x12, 2, 0x6e, 0x6f]);
});
