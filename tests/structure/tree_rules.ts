/**
 * Rules about the tree as a whole: where tests stand, what the manifests say, which exemptions are still needed.
 *
 * @module
 */
import type { Finding } from "./findings.ts";
import { type Exemption, PROJECT_TESTS, TEST_DIRECTORIES } from "./rooms.ts";

/** The fields of deno.json that package.json repeats for Bun. */
export interface DenoManifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
  readonly tasks: Readonly<Record<string, { readonly description?: string; readonly command: string }>>;
}

/** The fields of package.json that repeat deno.json. */
export interface PackageManifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Checks that every test has its source file: `tests/journal/journal_rotation_test.ts` ↔ `src/journal/journal.ts`. */
export function checkTestPlaces(paths: readonly string[]): readonly Finding[] {
  const sources = paths.filter((path) => path.startsWith("src/") || path === "mod.ts");
  const findings: Finding[] = [];
  for (const path of paths) {
    const inTests = /^tests\/(.+)_test\.ts$/.exec(path)?.[1];
    if (inTests === undefined || PROJECT_TESTS.has(path.slice("tests/".length))) continue;
    if (TEST_DIRECTORIES.has(inTests.split("/")[0] ?? "")) continue;
    if (sources.some((source) => isTestOf(inTests, source))) continue;
    findings.push({ path, line: 1, rule: "test place", message: `tests no file of src; expected src/${inTests}.ts` });
  }
  return findings;
}

/** Checks that deno.json and package.json describe one package, with exact versions and described tasks. */
export function checkManifests(deno: DenoManifest, bun: PackageManifest): readonly Finding[] {
  const findings: Finding[] = [];
  const report = (message: string): void => {
    findings.push({ path: "package.json", line: 1, rule: "manifests", message });
  };
  for (const field of ["name", "version", "license"] as const) {
    if (deno[field] !== bun[field]) report(`${field} is "${bun[field]}", but "${deno[field]}" in deno.json`);
  }
  const expected = Object.fromEntries(Object.entries(bun.dependencies).map(([name, v]) => [name, `npm:${name}@${v}`]));
  for (const message of differences("dependencies", deno.imports, expected)) report(message);
  for (const message of differences("exports", deno.exports, bun.exports)) report(message);
  for (const [name, version] of Object.entries({ ...bun.dependencies, ...bun.devDependencies })) {
    if (!/^\d+\.\d+\.\d+$/.test(version)) report(`${name}: "${version}" is not one exact version`);
  }
  for (const [name, task] of Object.entries(deno.tasks)) {
    if (task.description === undefined) report(`deno.json: task "${name}" has no description`);
  }
  const { serve, varve } = deno.tasks;
  if (serve?.command !== `${varve?.command} serve`) report(`deno.json: task "serve" is not task "varve" with "serve"`);
  return findings;
}

/** Leaves out what is exempt, and reports each exemption that excuses nothing. */
export function applyExemptions(findings: readonly Finding[], exemptions: readonly Exemption[]): readonly Finding[] {
  const isExcused = (finding: Finding, { path, rule }: Exemption): boolean =>
    finding.path === path && finding.rule === rule;
  const stale = exemptions.filter((exemption) => !findings.some((finding) => isExcused(finding, exemption)));
  return [
    ...findings.filter((finding) => !exemptions.some((exemption) => isExcused(finding, exemption))),
    ...stale.map(({ path, rule }): Finding => ({
      path,
      line: 1,
      rule: "stale exemption",
      message: `nothing breaks "${rule}" here any more; remove the exemption from tests/structure/rooms.ts`,
    })),
  ];
}

function isTestOf(test: string, source: string): boolean {
  const subject = source.replace(/^src\//, "").replace(/\.ts$/, "");
  return test === subject || test.startsWith(`${subject}_`);
}

function differences(
  field: string,
  deno: Readonly<Record<string, string>>,
  bun: Readonly<Record<string, string>>,
): readonly string[] {
  const names = [...new Set([...Object.keys(deno), ...Object.keys(bun)])].sort();
  return names.filter((name) => deno[name] !== bun[name]).map((name) =>
    `${field}: "${name}" is ${bun[name] ?? "missing"}, but ${deno[name] ?? "missing"} in deno.json`
  );
}
