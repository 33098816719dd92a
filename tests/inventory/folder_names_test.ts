import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeName, encodeName, resolveFolder } from "../../src/inventory/folder_names.ts";
import { ManualClock } from "../../src/platform/manual_clock.ts";
import { MemoryDisk } from "../../src/platform/memory_disk.ts";
import { MemoryFileSystem } from "../../src/platform/memory_file_system.ts";

const NAMES: readonly [name: string, folder: string][] = [
  ["github", "github"],
  ["Web-1_a.b", "Web-1_a.b"],
  ["con", "con"],
  ["a..b", "a..b"],
  [".", "%2E"],
  ["..", "%2E."],
  [".hidden", "%2Ehidden"],
  ["../../etc", "%2E.%2F..%2Fetc"],
  ["a/b", "a%2Fb"],
  ["a\\b", "a%5Cb"],
  ["a%2Fb", "a%252Fb"],
  ["my server", "my%20server"],
  ["it's (1)!*~", "it%27s%20%281%29%21%2A%7E"],
  ["nul\0", "nul%00"],
  ["😀", "%F0%9F%98%80"],
];

for (const [name, folder] of NAMES) {
  test(`encodeName: ${JSON.stringify(name)} is folder ${folder}, and comes back`, () => {
    assert.equal(encodeName(name, "server"), folder);
    assert.equal(decodeName(folder), name);
    assert.match(folder, /^[A-Za-z0-9_%-][A-Za-z0-9._%-]*$/);
  });
}

for (const name of ["", "\ud800", "x".repeat(201), "é".repeat(34)]) {
  test(`encodeName: ${JSON.stringify(name.slice(0, 8))}, ${name.length} characters, is refused`, () => {
    assert.throws(() => encodeName(name, "stack"), { name: "RangeError", message: /^Cannot use (a )?stack/ });
  });
}

for (const folder of ["my server", "100%", "%2e", "a%2fb", "%41", "%"]) {
  test(`decodeName: a folder ${JSON.stringify(folder)} that Varve would not make stands for itself`, () => {
    assert.equal(decodeName(folder), folder);
  });
}

test("resolveFolder: takes a folder of the literal name where there is one", () => {
  const fileSystem = new MemoryFileSystem(new MemoryDisk(new ManualClock(0)));
  fileSystem.makeDirectory("/telemetry/demo/my server");
  const path = (name: string) => resolveFolder(fileSystem, { parent: "/telemetry/demo", name, part: "server" });
  assert.equal(path("my server"), "/telemetry/demo/my server");
  assert.equal(path("your server"), "/telemetry/demo/your%20server");
  // No literal path leaves the folder, whatever stands on disk.
  assert.equal(path(".."), "/telemetry/demo/%2E.");
  assert.equal(path("../demo"), "/telemetry/demo/%2E.%2Fdemo");
});
