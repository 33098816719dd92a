/**
 * Which room imports which: one way only, along the table in ./rooms.ts.
 *
 * @module
 */
import type { LocalFinding } from "./findings.ts";
import { posix } from "node:path";
import { MACHINE_MODULES, PACKAGE_ROOMS, PLATFORM_ROOM, ROOM_IMPORTS } from "./rooms.ts";
import { nameOf, type SourceTree, type SyntaxNode } from "./syntax.ts";

const RULE = "imports";

/** The room of a file of `src`, or of a module at the root that the package exports; undefined for any other path. */
export function roomOf(path: string): string | undefined {
  if (path === "mod.ts" || path === "testing.ts") return path.slice(0, -".ts".length);
  return /^src\/([^/]+?)(?:\.ts)?(?:\/.*)?$/.exec(path)?.[1];
}

/** Findings about every import, re-export, dynamic import and type import of one file. */
export function importFindings(path: string, tree: SourceTree): readonly LocalFinding[] {
  const room = roomOf(path);
  if (room === undefined) return [];
  const allowed = ROOM_IMPORTS[room];
  if (allowed === undefined) {
    return [{ line: 1, rule: RULE, message: `room "${room}" is not in the table of tests/structure/rooms.ts` }];
  }
  const findings: LocalFinding[] = [];
  for (const { node } of tree.places) {
    const specifier = specifierOf(node);
    if (specifier === undefined) continue;
    const message = specifier.startsWith(".") ? roomMessage(path, room, specifier) : packageMessage(room, specifier);
    if (message !== undefined) findings.push({ line: node.loc.start.line, rule: RULE, message });
  }
  return findings;
}

function specifierOf(node: SyntaxNode): string | undefined {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
    case "TSImportType":
      return nameOf(node["source"] ?? node["argument"]);
    default:
      return undefined;
  }
}

function roomMessage(path: string, room: string, specifier: string): string | undefined {
  const target = posix.join(posix.dirname(path), specifier);
  const targetRoom = roomOf(target);
  if (targetRoom === undefined) return `"${specifier}" leaves src`;
  if (targetRoom === room || ROOM_IMPORTS[room]?.includes(targetRoom) === true) return undefined;
  return `room "${room}" may not import room "${targetRoom}" ("${specifier}")`;
}

function packageMessage(room: string, specifier: string): string | undefined {
  if (/^[a-z]+:/.test(specifier) && !specifier.startsWith("node:")) {
    return `"${specifier}" is not a bare name; list the package in deno.json and package.json`;
  }
  const nodeModule = /^node:([^/]+)/.exec(specifier)?.[1];
  if (nodeModule !== undefined) {
    if (room === PLATFORM_ROOM || !MACHINE_MODULES.has(nodeModule)) return undefined;
    return `only src/${PLATFORM_ROOM} may import "${specifier}"; take what you need as a parameter`;
  }
  const packageName = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  const rooms = PACKAGE_ROOMS[packageName];
  if (rooms === undefined || rooms.includes(room)) return undefined;
  return `only ${rooms.map((name) => `src/${name}`).join(", ")} may import package "${packageName}"`;
}
