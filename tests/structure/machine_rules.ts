/**
 * Runtimes, timers and the clock are named in one room only; everything else takes them as parameters.
 *
 * @module
 */
import type { LocalFinding } from "./findings.ts";
import { roomOf } from "./import_rules.ts";
import { MACHINE_GLOBALS, MACHINE_MEMBERS, PLATFORM_ROOM } from "./rooms.ts";
import { nameOf, nodesIn, type Place, type SourceTree, type SyntaxNode } from "./syntax.ts";

/** Fields that hold a name rather than a use of it, unless the node is computed (`object[name]`). */
const NAME_FIELDS: ReadonlySet<string> = new Set([
  "exported",
  "imported",
  "key",
  "label",
  "meta",
  "property",
  "right",
]);

/** Findings about globals that read the clock, start a timer or name a runtime. */
export function machineFindings(path: string, tree: SourceTree): readonly LocalFinding[] {
  if (roomOf(path) === PLATFORM_ROOM) return [];
  const findings: LocalFinding[] = [];
  for (const place of tree.places) {
    const used = machineUse(place);
    if (used === undefined) continue;
    const message = `${used} outside src/${PLATFORM_ROOM}; take a Clock, a FileSystem or the value as a parameter`;
    findings.push({ line: place.node.loc.start.line, rule: "machine", message });
  }
  return findings;
}

function machineUse(place: Place): string | undefined {
  const { node } = place;
  switch (node.type) {
    case "Identifier":
      return isUse(place) && MACHINE_GLOBALS.has(nameOf(node) ?? "") ? nameOf(node) : undefined;
    case "MemberExpression":
    case "OptionalMemberExpression":
      return memberUse(node);
    case "NewExpression":
    case "CallExpression":
      return readsClockAsDate(node) ? "the current Date" : undefined;
    default:
      return undefined;
  }
}

function isUse({ field, ancestors: [parent] }: Place): boolean {
  if (parent === undefined || !NAME_FIELDS.has(field)) return true;
  return field === "right" ? parent.type !== "TSQualifiedName" : parent["computed"] === true;
}

function memberUse(node: SyntaxNode): string | undefined {
  const object = nameOf(node["object"]);
  const property = nameOf(node["property"]);
  if (object === undefined || property === undefined) return undefined;
  const member = `${object}.${property}`;
  if (MACHINE_MEMBERS.has(member)) return member;
  return (object === "globalThis" || object === "self") && MACHINE_GLOBALS.has(property) ? member : undefined;
}

/** `new Date()` and `Date()` read the clock; `new Date(value)` converts. */
function readsClockAsDate(node: SyntaxNode): boolean {
  if (nameOf(node["callee"]) !== "Date") return false;
  return node.type === "CallExpression" || nodesIn(node["arguments"]).length === 0;
}
