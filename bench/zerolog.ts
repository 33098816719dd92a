/**
 * Builds the Go peer, where Go and its two packages are installed.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Where Debian's packages put Go sources. */
const DEBIAN_GOPATH = "/usr/share/gocode";
const PACKAGES = "golang-go golang-github-rs-zerolog-dev golang-gopkg-natefinch-lumberjack.v2-dev";

/** Builds `zerolog/main.go` into a directory. Gives the program's path, or why there is none. */
export function buildZerolog(
  directory: string,
): { readonly path: string } | { readonly skipped: string } {
  const path = join(directory, "zerolog");
  const source = fileURLToPath(new URL("./zerolog/main.go", import.meta.url));
  const env = {
    ...process.env,
    GO111MODULE: "off",
    GOFLAGS: "-mod=mod",
    GOPATH: DEBIAN_GOPATH,
  };
  const result = spawnSync("go", ["build", "-o", path, source], {
    env,
    encoding: "utf8",
  });
  if (result.status === 0) return { path };
  const reason = result.error === undefined ? result.stderr.trim().split("\n")[0] : "Go is not installed";
  return { skipped: `${reason}; the Debian packages are ${PACKAGES}` };
}
