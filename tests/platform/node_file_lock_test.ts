/**
 * Locks between real processes, of this runtime and of the other one.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { nodeFileSystem } from "../../src/platform/node_file_system.ts";
import { requireTool } from "../tools.ts";
import { assertCode } from "./file_system_case.ts";
import { type Program, startProgram } from "./program.ts";

for (const runtime of ["deno", "bun"] as const) {
  const { skip } = requireTool(runtime);

  test(`lock() is refused while a ${runtime} process holds it, and free after release()`, { skip }, async () => {
    await withHolder({ runtime }, async (holder, path) => {
      assert.equal(nodeFileSystem.lock(path), undefined);
      assert.equal(await ask(holder, "release"), "released");
      const lock = nodeFileSystem.lock(path);
      assert.ok(lock);
      assert.equal(await ask(holder, "take"), "refused");
      lock.release();
      assert.equal(await ask(holder, "take"), "held");
      assert.equal(nodeFileSystem.lock(path), undefined);
    });
  });

  test(`lock() is free at once, on the same file, after kill -9 of a ${runtime} holder`, { skip }, async () => {
    await withHolder({ runtime }, async (holder, path) => {
      const before = nodeFileSystem.stat(path);
      holder.kill("SIGKILL");
      await holder.ended;
      const lock = nodeFileSystem.lock(path);
      assert.equal(lock?.identity, before?.identity);
      lock?.release();
      assert.deepEqual(fs.readdirSync(join(path, "..")), [".lock"]);
    });
  });

  test(
    `lock() is refused while a ${runtime} holder is stopped, and after it collected its garbage`,
    { skip },
    async () => {
      await withHolder({ runtime, args: ["forget"] }, async (holder, path) => {
        for (let round = 0; round < 3; round++) assert.equal(await ask(holder, "collect"), "collected");
        assert.equal(nodeFileSystem.lock(path), undefined);
        holder.kill("SIGSTOP");
        assert.equal(nodeFileSystem.lock(path), undefined);
      });
    },
  );
}

test("lock() lets no two processes in at once, and each in sometimes", {
  skip: requireTool("deno").skip || requireTool("bun").skip,
}, async () => {
  await inDirectory(async (directory) => {
    const programs = (["deno", "bun", "deno", "bun"] as const).map((runtime) =>
      startProgram("contend_lock.ts", [directory, "1500"], { runtime })
    );
    const results = await Promise.all(programs.map(({ ended }) => ended));
    for (const { output, errorOutput } of results) {
      const { taken, overlaps } = JSON.parse(output || `"${errorOutput}"`);
      assert.equal(overlaps, 0);
      assert.ok(taken > 0, errorOutput);
    }
  });
});

test("lock() says what to do about a file that is not a lock file, and leaves it alone", async () => {
  await inDirectory((directory) => {
    const path = `${directory}/.lock`;
    fs.writeFileSync(path, "telemetry ".repeat(100));
    assertCode(() => nodeFileSystem.lock(path), "EINVAL");
    assert.throws(() => nodeFileSystem.lock(path), /Cannot lock ".*\.lock": not a lock file; remove it/);
    assert.equal(fs.readFileSync(path, "utf8"), "telemetry ".repeat(100));
  });
});

test("lock() takes an empty file, as a crash while it was made leaves it", async () => {
  await inDirectory((directory) => {
    fs.writeFileSync(`${directory}/.lock`, "");
    const lock = nodeFileSystem.lock(`${directory}/.lock`);
    assert.ok(lock);
    assert.deepEqual(fs.readdirSync(directory), [".lock"]);
    lock.release();
  });
});

test("lock() of one file by two paths lets only the first in", async () => {
  await inDirectory((directory) => {
    fs.mkdirSync(`${directory}/real`);
    fs.symlinkSync(`${directory}/real`, `${directory}/alias`);
    const lock = nodeFileSystem.lock(`${directory}/real/.lock`);
    assert.equal(nodeFileSystem.lock(`${directory}/alias/.lock`), undefined);
    lock?.release();
    nodeFileSystem.lock(`${directory}/alias/.lock`)?.release();
  });
});

interface HolderOptions {
  readonly runtime: "bun" | "deno";
  readonly args?: readonly string[];
}

/** Runs `run` while a process of its own holds the lock on the path it is given. */
async function withHolder(
  { runtime, args = [] }: HolderOptions,
  run: (holder: Program, path: string) => Promise<void>,
): Promise<void> {
  await inDirectory(async (directory) => {
    const path = `${directory}/.lock`;
    const holder = startProgram("hold_lock.ts", [path, ...args], { runtime });
    try {
      assert.equal(await holder.nextLine(), "held");
      await run(holder, path);
    } finally {
      holder.kill("SIGKILL");
      await holder.ended;
    }
  });
}

async function ask(holder: Program, request: string): Promise<string> {
  holder.input.write(`${request}\n`);
  return await holder.nextLine();
}

async function inDirectory(run: (directory: string) => void | Promise<void>): Promise<void> {
  const directory = fs.mkdtempSync(join(tmpdir(), "varve-lock-"));
  try {
    await run(directory);
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}
