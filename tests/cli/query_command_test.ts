import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openStore, type Store, type TelemetryRecord } from "../../mod.ts";
import { requireTool } from "../tools.ts";
import { runVarve, startVarve, varveCommand, withDirectory } from "./varve_process.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const GRIDCTL = join(PROJECT, "tests/testdata/gridctl");

/** What github and billing of shop, and another stack, have. */
const RECORDS: Readonly<Record<string, readonly TelemetryRecord[]>> = {
  "shop/github": [
    { ts: "2026-04-30T12:00:00Z", level: "INFO", msg: "tool call finished", tool: "search", ms: 182 },
    { ts: "2026-04-30T12:00:02Z", level: "WARN", msg: "tool call timed out", tool: "search", ms: 5000 },
    {
      ts: "2026-04-30T12:00:04Z",
      level: "ERROR",
      msg: "forged \u001b[2J\u001b]0;owned\u0007\r\nINFO \u009b1m",
      tool: "a b",
    },
  ],
  "shop/my billing": [
    { ts: "2026-04-30T12:00:01Z", level: "INFO+2", msg: "invoice sent", id: 2n ** 60n },
    { msg: "no time", ms: 8 },
  ],
  "other/github": [{ ts: "2026-04-30T12:00:03Z", level: "DEBUG", msg: "elsewhere" }],
};

/** Runs `use` with a root that has those records. */
function withRecords(use: (root: string, store: Store) => Promise<void>): Promise<void> {
  return withDirectory(async (root) => {
    await using store = await openStore(root);
    for (const [place, records] of Object.entries(RECORDS)) {
      const [stack = "", server = ""] = place.split("/");
      store.journal({ stack, server, signal: "logs" }).appendAll(records);
    }
    await store.flush();
    await use(root, store);
  });
}

/** The output of a query that succeeds. */
async function query(root: string, ...args: readonly string[]): Promise<string> {
  const { status, output, errorOutput } = await runVarve(["query", ...args, "--root", root]);
  assert.deepEqual([status, errorOutput], [0, ""], args.join(" "));
  return output;
}

test("varve query: records of one server, oldest first, by filter, range and limit", async () => {
  await withRecords(async (root) => {
    const first = "2026-04-30T12:00:00Z INFO  tool call finished tool=search ms=182\n";
    const second = "2026-04-30T12:00:02Z WARN  tool call timed out tool=search ms=5000\n";
    const third = '2026-04-30T12:00:04Z ERROR forged \\u001b[2J\\u001b]0;owned\\u0007\\r\\nINFO \\u009b1m tool="a b"\n';
    const cases: readonly (readonly [args: readonly string[], output: string])[] = [
      [[], first + second + third],
      [["--newest"], third + second + first],
      [["-n", "1"], first],
      [["-n", "2", "--newest", "--filter", "tool=search"], second + first],
      [["-q", 'level>=warn "timed out"'], second],
      [["-q", "ms>=5000"], second],
      [["--from", "2026-04-30T12:00:02Z", "--to", "1777550404"], second],
      [["--from", "-1h", "--to", "-1m"], ""],
      [["--from=-20000d", "--to", "-0d", "-n", "0"], ""],
      [["-q", "msg=never"], ""],
    ];
    for (const [args, output] of cases) {
      assert.equal(await query(root, "shop", "github", ...args), output, String(args));
    }
  });
});

test("varve query: several servers are merged by time, each behind its name", async () => {
  await withRecords(async (root) => {
    const origins = (output: string) => output.split("\n").slice(0, -1).map((line) => line.split(/ (?=2026|-)/)[0]);
    assert.deepEqual(origins(await query(root, "shop")), [
      "github",
      '"my billing"',
      '"my billing"',
      "github",
      "github",
    ]);
    assert.deepEqual(
      origins(await query(root, "shop", "my billing", "github", "-q", "tool!=*")),
      ['"my billing"', '"my billing"'],
    );
    assert.deepEqual(
      origins(await query(root, "-q", "level=*")),
      ["shop/github", '"shop/my billing"', "shop/github", "other/github", "shop/github"],
    );
  });
});

test("varve query --json: the records, and with --keyed where they come from", async () => {
  await withRecords(async (root) => {
    const plain = await query(root, "shop", "my billing", "--json");
    assert.equal(
      plain,
      '{"ts":"2026-04-30T12:00:01Z","level":"INFO+2","msg":"invoice sent","id":1152921504606846976}\n' +
        '{"msg":"no time","ms":8}\n',
    );
    const keyed = await query(root, "--json", "--keyed", "-q", "msg=elsewhere");
    assert.deepEqual(JSON.parse(keyed), { stack: "other", server: "github", record: RECORDS["other/github"]?.[0] });
    const forged = await query(root, "shop", "github", "--json", "-q", "level=error");
    assert.deepEqual(JSON.parse(forged), RECORDS["shop/github"]?.[2]);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(forged, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});

test("varve query: other signals, and gridctl's files", async () => {
  assert.match(
    await query(GRIDCTL, "demo", "--signal", "traces", "-n", "1"),
    /^github \S+ .* ms .*trace_id=[0-9a-f]{32}/,
  );
  assert.ok((await query(GRIDCTL, "demo", "github", "--signal", "metrics")).split("\n").length > 4);
});

test("varve query: what is not there is an error, and what does not match is none", async () => {
  await withRecords(async (root) => {
    const cases: readonly (readonly [args: readonly string[], reason: string])[] = [
      [["nothing"], 'Cannot find logs of "nothing"'],
      [["shop", "github", "typo"], 'Cannot find logs of "shop/typo"'],
      [["shop", "github", "--signal", "audit"], 'Cannot find audit of "shop/github"'],
      [["--signal", "traces"], "Cannot find traces in"],
      [["x".repeat(300)], "Cannot use stack"],
    ];
    for (const [args, reason] of cases) {
      const { status, output, errorOutput } = await runVarve(["query", ...args, "--root", root]);
      assert.deepEqual([status, output], [1, ""], String(args));
      assert.ok(errorOutput.startsWith(`varve: ${reason}`), errorOutput);
    }
  });
});

test("varve query: an error in a filter shows the place, with status 2", async () => {
  await withRecords(async (root) => {
    const cases: readonly (readonly [filter: string, shown: string, caret: string])[] = [
      ["level>=loud", "  level>=loud", "         ^"],
      ["tool=search msg~/(/", "  tool=search msg~/(/", "                  ^"],
      ["\u001b[2J (", "  \\u001b[2J (", "             ^"],
    ];
    for (const [filter, shown, caret] of cases) {
      const { status, output, errorOutput } = await runVarve(["query", "shop", "-q", filter, "--root", root]);
      assert.deepEqual([status, output], [2, ""]);
      const [reason = "", ...lines] = errorOutput.split("\n");
      assert.match(reason, /^varve: Cannot read the filter at column \d+: [^"]/);
      assert.deepEqual(lines, [shown, caret, "Try: varve query --help", ""]);
    }
  });
});

test("varve query --color: as golden output, whatever the environment says", async () => {
  await withRecords(async (root) => {
    const line =
      "\x1b[36mgithub\x1b[39m \x1b[2m2026-04-30T12:00:02Z\x1b[22m \x1b[33mWARN\x1b[39m  tool call timed out " +
      "\x1b[2mtool=\x1b[22msearch \x1b[2mms=\x1b[22m5000\n";
    const forged = "\x1b[36mgithub\x1b[39m \x1b[2m2026-04-30T12:00:04Z\x1b[22m \x1b[31mERROR\x1b[39m " +
      'forged \\u001b[2J\\u001b]0;owned\\u0007\\r\\nINFO \\u009b1m \x1b[2mtool=\x1b[22m"a b"\n';
    const args = ["query", "shop", "-q", "level>=warn", "--root", root];
    const always = await runVarve([...args, "--color", "always"]);
    assert.equal(always.output, line + forged);
    assert.equal((await runVarve(args, { NO_COLOR: undefined, FORCE_COLOR: "1" })).output, line + forged);
    const plain = (line + forged).replaceAll("\x1b[", "<").replaceAll(/<\d+m/g, "");
    assert.equal((await runVarve(args, { NO_COLOR: undefined })).output, plain);
    assert.equal((await runVarve([...args, "--color=never"], { FORCE_COLOR: "1" })).output, plain);
  });
});

const script = requireTool("script");
const skipTerminal = script.skip || (process.platform === "linux" ? false : "script takes other flags here");

test("varve query: in colors on a terminal, unless NO_COLOR is set", { skip: skipTerminal }, async () => {
  await withRecords((root) => {
    const words = [...varveCommand(), "query", "shop", "-q", "level=warn", "--root", root];
    const command = words.map((word) => `'${word}'`).join(" ");
    const onTerminal = (variables: Record<string, string>) => {
      // Empty rather than left out: Deno's child processes inherit what is left out.
      const env = { ...process.env, NO_COLOR: "", FORCE_COLOR: "", TERM: "xterm", ...variables };
      return spawnSync(script.path, ["-qec", command, "/dev/null"], { cwd: PROJECT, env, encoding: "utf8" }).stdout;
    };
    assert.ok(onTerminal({}).includes(" \x1b[33mWARN\x1b[39m  tool"));
    assert.ok(onTerminal({ NO_COLOR: "1" }).includes("Z WARN  tool"));
    return Promise.resolve();
  });
});

test("varve query: who reads no more ends it quietly, as head does", async () => {
  await withDirectory(async (root) => {
    await using store = await openStore(root);
    const journal = store.journal({ stack: "shop", server: "a", signal: "logs" });
    // Far more than a pipe holds.
    journal.appendAll(
      Array.from({ length: 30_000 }, (_, n) => ({ ts: "2026-04-30T12:00:00Z", n, pad: "x".repeat(90) })),
    );
    await store.flush();
    for (const args of [["query", "shop"], ["query", "shop", "--json"], ["tail", "shop", "-f", "-n", "30000"]]) {
      const varve = startVarve([...args, "--root", root]);
      await varve.outputMatching(/\n/);
      varve.closeOutput();
      const { status, errorOutput } = await varve.ended;
      assert.deepEqual([status, errorOutput], [0, ""], String(args));
    }
  });
});

test("varve query: all of a long result; SIGINT ends who follows it without a word", async () => {
  await withDirectory(async (root) => {
    await using store = await openStore(root);
    const journal = store.journal({ stack: "shop", server: "a", signal: "logs" });
    const count = 100_000;
    for (let n = 0; n < count; n++) {
      journal.append({ ts: "2026-04-30T12:00:00Z", n });
      if (n % 10_000 === 0) await store.flush();
    }
    await store.flush();
    const { status, output } = await runVarve(["query", "shop", "--json", "--root", root]);
    assert.equal(status, 0);
    const numbers = output.split("\n").slice(0, -1).map((line) => JSON.parse(line).n);
    assert.ok(numbers.length === count && numbers.every((n, index) => n === index));
    const varve = startVarve(["tail", "shop", "-f", "--root", root]);
    await varve.outputMatching(/n=99999\n/);
    varve.kill("SIGINT");
    assert.equal((await varve.ended).errorOutput, "");
  });
});

test("varve query --aggregate: a table, or JSON", async () => {
  await withRecords(async (root) => {
    const { status, output, errorOutput } = await runVarve([
      ...["query", "shop", "--aggregate", "count,avg,p100", "--field", "ms", "--by", "tool,level", "--root", root],
    ]);
    assert.equal(status, 0, errorOutput);
    assert.equal(
      output,
      [
        "tool    level  count   avg  p100",
        "search  INFO       1   182   182",
        "search  WARN       1  5000  5000",
        "—       —          1     8     8",
        "",
      ].join("\n"),
    );
    assert.equal(errorOutput, 'Left out: 2 records without a number in "ms"\n');
    assert.equal(
      await query(root, "shop", "github", "--aggregate", "count", "--step", "2s", "--to", "2026-04-30T12:00:04Z"),
      "TIME (UTC)            count\n2026-04-30T12:00:00Z      1\n2026-04-30T12:00:02Z      1\n",
    );
    const json = await query(root, "--aggregate", "count", "--by", "id", "-q", "id=*", "--json");
    assert.match(json, /"labels":\{"id":1152921504606846976\}.*"records":1,/);
  });
});
