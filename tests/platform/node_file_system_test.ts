/**
 * The suite of file systems on real files, and what only real files can show.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { nodeFileSystem } from "../../src/platform/node_file_system.ts";
import { requireTool } from "../tools.ts";
import { assertCode, assertRejection, bytes, withHandle } from "./file_system_case.ts";
import { type FileSystemSubject, testFileSystem } from "./file_system_conformance.ts";

const isRoot = process.getuid?.() === 0;

testFileSystem("nodeFileSystem", { create });

test("nodeFileSystem: files are created with mode 0600 and directories with 0700, whatever the umask lets through", () => {
  return inDirectory((directory) => {
    const umask = process.umask(0);
    try {
      nodeFileSystem.makeDirectory(`${directory}/a/b`);
      nodeFileSystem.open(`${directory}/a/update`, "update").close();
      nodeFileSystem.open(`${directory}/a/replace`, "replace").close();
      nodeFileSystem.lock(`${directory}/a/lock`)?.release();
    } finally {
      process.umask(umask);
    }
    const modeOf = (name: string): string => (fs.statSync(`${directory}/${name}`).mode & 0o777).toString(8);
    assert.deepEqual(["a", "a/b"].map(modeOf), ["700", "700"]);
    assert.deepEqual(["a/update", "a/replace", "a/lock"].map(modeOf), ["600", "600", "600"]);
  });
});

test("nodeFileSystem: open() for updating leaves the mode of an existing file alone", () => {
  return inDirectory((directory) => {
    fs.writeFileSync(`${directory}/a`, "", { mode: 0o640 });
    nodeFileSystem.open(`${directory}/a`, "update").close();
    assert.equal(fs.statSync(`${directory}/a`).mode & 0o777, 0o640);
  });
});

test("nodeFileSystem: symbolic links are named other, looked at themselves, and removed without their target", () => {
  return inDirectory((directory) => {
    fs.writeFileSync(`${directory}/target`, "x");
    fs.symlinkSync(`${directory}/target`, `${directory}/link`);
    assert.equal(nodeFileSystem.list(directory).find(({ name }) => name === "link")?.kind, "other");
    assert.notEqual(
      nodeFileSystem.stat(`${directory}/link`)?.identity,
      nodeFileSystem.stat(`${directory}/target`)?.identity,
    );
    nodeFileSystem.remove(`${directory}/link`);
    assert.equal(fs.readFileSync(`${directory}/target`, "utf8"), "x");
  });
});

test("nodeFileSystem: offsets past 4 GiB are exact, in both forms", async () => {
  await inDirectory((directory) =>
    withHandle(nodeFileSystem.open(`${directory}/sparse`, "update"), async (handle) => {
      const offset = 5 * 2 ** 30;
      handle.writeSync(bytes("a"), offset);
      await handle.write(bytes("b"), offset + 1);
      const buffer = new Uint8Array(3);
      assert.deepEqual([handle.readSync(buffer, offset), await handle.read(buffer, offset)], [2, 2]);
      assert.deepEqual([...buffer], [...bytes("ab"), 0]);
      assert.equal(handle.stat().sizeBytes, offset + 2);
    })
  );
});

test("nodeFileSystem: a full disk is ENOSPC, in both forms", { skip: skipWithout("/dev/full") }, async () => {
  await withHandle(nodeFileSystem.open("/dev/full", "update"), async (handle) => {
    assertCode(() => handle.writeSync(bytes("x"), 0), "ENOSPC");
    await assertRejection(handle.write(bytes("x"), 0), "ENOSPC");
    // The failure of one write does not stay with the handle.
    await assertRejection(handle.write(bytes("x"), 0), "ENOSPC");
  });
});

test("nodeFileSystem: a folder without permission is EACCES", { skip: isRoot && "root may write everywhere" }, () => {
  return inDirectory((directory) => {
    fs.chmodSync(directory, 0o500);
    assertCode(() => nodeFileSystem.open(`${directory}/a`, "update"), "EACCES");
    assertCode(() => nodeFileSystem.lock(`${directory}/.lock`), "EACCES");
    fs.chmodSync(directory, 0o700);
  });
});

test("nodeFileSystem: write() and read() of 64 MiB let the event loop run meanwhile", async () => {
  await inDirectory((directory) =>
    withHandle(nodeFileSystem.open(`${directory}/a`, "update"), async (handle) => {
      const content = new Uint8Array(2 ** 26).fill(65);
      for (const call of [() => handle.write(content, 0), () => handle.read(content, 0)]) {
        let turns = 0;
        // On a busy machine a call can be over before the timer had its turns; one that blocks never leaves it any.
        for (let attempt = 0; attempt < 50 && turns < 2; attempt++) turns = await turnsDuring(call);
        assert.ok(turns >= 2, `${turns} turns of the event loop during ${call}`);
      }
    })
  );
});

/** How many turns the event loop took while the call was under way: one at most when the call blocks it. */
async function turnsDuring(call: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await call();
  clearInterval(timer);
  return turns;
}

test("nodeFileSystem.freeBytes() is what df says is available", { skip: skipWithout("/proc/self") }, () => {
  return inDirectory((directory) => {
    const output = execFileSync("df", ["--output=avail", "-B1", directory], { encoding: "utf8" });
    const availableBytes = Number(output.split("\n")[1]);
    const freeBytes = nodeFileSystem.freeBytes(directory) ?? NaN;
    // Others write to the same file system in between.
    assert.ok(Math.abs(freeBytes - availableBytes) < 2 ** 29, `${freeBytes} bytes, df: ${availableBytes}`);
  });
});

test(
  "nodeFileSystem.freeBytes() does not tell on a file system without a limit",
  { skip: skipWithout("/proc/self") },
  () => {
    assert.equal(nodeFileSystem.freeBytes("/proc/self"), undefined);
  },
);

const deno = requireTool("deno");
test("nodeFileSystem.freeBytes() does not tell where Deno has no permission", { skip: deno.skip }, () => {
  const script = fileURLToPath(new URL("./programs/free_bytes.ts", import.meta.url));
  const free = (...permissions: readonly string[]): string =>
    execFileSync(deno.path, ["run", "--no-config", "--no-lock", "--allow-read", ...permissions, script], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  assert.equal(free(), "undefined");
  assert.match(free("--allow-sys=statfs"), /^\d+$/);
});

function skipWithout(path: string): string | false {
  return fs.existsSync(path) ? false : `needs ${path}, which is missing`;
}

function create(): FileSystemSubject {
  const directory = fs.mkdtempSync(join(tmpdir(), "varve-files-"));
  return { fileSystem: nodeFileSystem, directory, dispose: () => fs.rmSync(directory, { recursive: true }) };
}

async function inDirectory(run: (directory: string) => void | Promise<void>): Promise<void> {
  const { directory, dispose } = create();
  try {
    await run(directory);
  } finally {
    dispose();
  }
}
