import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openStore } from "../../mod.ts";
import { putFiles } from "../recovery/stores.ts";
import { compress, flipped } from "../segment/segments.ts";
import { requireTool } from "../tools.ts";
import { runVarve, varveCommand, withDirectory } from "./varve_process.ts";

const GRIDCTL = fileURLToPath(new URL("../testdata/gridctl", import.meta.url));
const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const GZIP = "shop/api/logs-2026-05-01T00-00-00.000.jsonl.gz";
const LINES = `{"n":1}\n{"n":2}\n`;

test("varve verify: a root without damage ends with a summary and status 0, and leftovers are notes", async () => {
  const { status, output, errorOutput } = await runVarve(["verify", GRIDCTL]);
  assert.equal(status, 0, errorOutput);
  assert.equal(errorOutput, "", "no progress on a pipe");
  const lines = output.trimEnd().split("\n");
  assert.match(lines.at(-1) ?? "", /^Checked \d+ segments, \d+ records, \S+ KiB: nothing is damaged$/);
  assert.equal(lines.filter((line) => /^Note: ".*\.jsonl\.gz": the raw file beside it counts/.test(line)).length, 2);
});

test("varve verify: each damaged place is named by file, offset and count, with status 1", async () => {
  await withDirectory(async (root) => {
    const gzip = compress(LINES);
    putFiles(root, {
      "shop/api/logs.jsonl": `${LINES}x\ny\n\0\0\0{"n":3}\n{"n":`,
      [GZIP]: flipped(gzip, { offset: gzip.length - 14, mask: 0x40 }),
      "other/api/logs.jsonl": "z\n",
    });
    const active = join(root, "shop/api/logs.jsonl");
    const { status, output } = await runVarve(["verify", "--root", root, "--stack", "shop"]);
    assert.equal(status, 1);
    const [block, bad, hole, note, summary, ...more] = output.trimEnd().split("\n");
    assert.match(block ?? "", /^"\S+\.gz" at offset 64: a block of 2 lines is damaged \(2 lines, \d+ bytes\)$/);
    assert.equal(bad, `"${active}" at offset 16: the line is no JSON object (2 lines, 4 bytes)`);
    assert.match(
      hole ?? "",
      /^"\S+logs\.jsonl" at offset 20: there is a hole of zero bytes.*\(lines unknown, 3 bytes\)$/,
    );
    assert.match(note ?? "", /^Note: "\S+logs\.jsonl" ends in 5 bytes that are no whole line/);
    assert.match(summary ?? "", /^Checked 2 segments, 3 records, \d+ B: 3 damaged places in 2 files$/);
    assert.deepEqual(more, []);
    const other = await runVarve(["verify", root, "--stack", "other", "--signal", "metrics"]);
    assert.deepEqual([other.status, other.output], [0, "Checked 0 segments, 0 records, 0 B: nothing is damaged\n"]);
  });
});

test("varve verify --json: a line for each damaged place and leftover file, and one for the summary", async () => {
  await withDirectory(async (root) => {
    putFiles(root, { "shop/api/logs.jsonl": `${LINES}x\n`, [`${GZIP}.tmp`]: "", [GZIP]: "" });
    const { status, output } = await runVarve(["verify", "--json", root]);
    assert.equal(status, 1);
    const key = { stack: "shop", server: "api", signal: "logs" };
    const gzip = join(root, GZIP);
    const [leftover, empty, bad, summary] = output.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.match(leftover.reason, /the next open removes it/);
    assert.deepEqual({ ...leftover, reason: "" }, { kind: "leftover", ...key, path: `${gzip}.tmp`, reason: "" });
    const damage = { kind: "damage", ...key };
    const nothing = { offset: 0, within: "file", bytes: 0, lines: null, reason: "the file holds nothing" };
    assert.deepEqual(empty, { ...damage, path: gzip, ...nothing });
    const line = { offset: 16, within: "file", bytes: 2, lines: 1, reason: "the line is no JSON object" };
    assert.deepEqual(bad, { ...damage, path: join(root, "shop/api/logs.jsonl"), ...line });
    const counts = { segments: 2, records: 2, bytes: 18, damagedPlaces: 2, damagedFiles: 2 };
    assert.deepEqual(summary, { kind: "summary", ...counts });
  });
});

test("varve verify: runs beside a process that writes, takes no lock and changes nothing", async () => {
  await withDirectory(async (root) => {
    await using store = await openStore(root);
    const journal = store.journal({ stack: "shop", server: "api", signal: "logs" });
    journal.append({ n: 1 });
    await journal.sync();
    const path = join(root, "shop/api/logs.jsonl");
    const before = readFileSync(path, "utf8");
    const { status, output, errorOutput } = await runVarve(["verify", root]);
    assert.equal(status, 0, errorOutput);
    assert.match(output, /^Checked 1 segment, 1 record, /);
    assert.equal(readFileSync(path, "utf8"), before);
    journal.append({ n: 2 });
    await journal.sync();
  });
});

test("varve verify: what cannot be verified is explained, with status 2 or 1", async () => {
  const cases: readonly (readonly [args: readonly string[], status: number, message: RegExp])[] = [
    [["verify", GRIDCTL, "--root", GRIDCTL], 2, /Cannot verify ".*" and --root ".*": name one/],
    [["verify", ""], 2, /Cannot verify "": expected a directory/],
    [["verify", GRIDCTL, GRIDCTL], 2, /Unexpected argument/],
    [["verify", GRIDCTL, "--signal", "log"], 2, /Cannot use signal "log"/],
    [["verify", join(GRIDCTL, "nowhere")], 1, /there is no such directory/],
  ];
  for (const [args, status, message] of cases) {
    const result = await runVarve(args);
    assert.equal(result.status, status, args.join(" "));
    assert.match(result.errorOutput, message);
  }
});

const script = requireTool("script");

test("varve verify: shows a bar on a terminal, and takes it away", { skip: script.skip }, () => {
  const command = [...varveCommand(), "verify", GRIDCTL].map((part) => `'${part}'`).join(" ");
  // Only standard error is the terminal.
  const { stdout, status } = spawnSync(script.path, ["-qec", `${command} >/dev/null`, "/dev/null"], {
    cwd: PROJECT,
    encoding: "utf8",
  });
  assert.equal(status, 0, stdout);
  assert.match(stdout, /\r\[[# ]{24}\] +\d+ % {2}\S+ K?i?B of \S+ KiB/);
  assert.ok(stdout.endsWith("\r\x1b[K"), JSON.stringify(stdout.slice(-80)));
});
