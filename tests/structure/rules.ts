/**
 * The rules of the tree as pure functions from source text to findings. What they compare with stands in ./rooms.ts.
 *
 * @module
 */
import type { Finding, LocalFinding } from "./findings.ts";
import { importFindings } from "./import_rules.ts";
import { machineFindings } from "./machine_rules.ts";
import { CONSOLE_ROOM, EMPTY_WORDS } from "./rooms.ts";
import { nameOf, nodesIn, parseSource, type Place, type SourceTree, type SyntaxNode } from "./syntax.ts";

const FILE_MAX_LINES = 400;
const EXAMPLE_MAX_LINES = 60;
const FUNCTION_MAX_LINES = 70;
const FUNCTION_MAX_PARAMETERS = 3;

const FUNCTION_TYPES: ReadonlySet<string> = new Set([
  "ArrowFunctionExpression",
  "ClassMethod",
  "ClassPrivateMethod",
  "FunctionDeclaration",
  "FunctionExpression",
  "ObjectMethod",
]);

/** Syntax that needs more than type stripping, and what to write instead. */
const UNSTRIPPABLE: Readonly<Record<string, string>> = {
  Decorator: "decorator; call the function",
  TSEnumDeclaration: "enum; write a union of literals",
  TSExportAssignment: "export assignment; use a named export",
  TSImportEqualsDeclaration: "import assignment; use an import declaration",
  TSModuleDeclaration: "namespace or module declaration; use a module",
  TSParameterProperty: "parameter property; assign in the constructor",
};

// Spelled so that this file does not match itself.
const MACHINE_PATHS = /(?<![\w.:/-])\/(?:work|root|Users|home)\/[\w.-]+|(?<![\w.:/-])\/tmp\/brief\b/;
const REGISTRY_HOSTS = /\b(?:registry\.(?:npmjs\.org|yarnpkg\.com)|npm\.jsr\.io|proxy\.golang\.org|pypi\.org)\b/;

/** Checks one TypeScript file by itself: size, names, syntax, imports and globals. */
export function checkSource(path: string, text: string): readonly Finding[] {
  let tree: SourceTree;
  try {
    tree = parseSource(text);
  } catch (error) {
    const line = Number(/\((\d+):\d+\)$/.exec(String(error))?.[1] ?? 1);
    return [{ path, line, rule: "syntax", message: String(error) }];
  }
  const isProduct = path.startsWith("src/") || path === "mod.ts";
  const findings: LocalFinding[] = [...sizeFindings(path, text, tree), ...syntaxFindings(tree)];
  if (!path.startsWith("tests/")) findings.push(...nonNullFindings(tree));
  if (isProduct) {
    findings.push(...docstringFindings(tree, text), ...importFindings(path, tree), ...machineFindings(path, tree));
    findings.push(...shapeFindings(tree), ...consoleFindings(path, tree));
  }
  if (path === "mod.ts") findings.push(...facadeFindings(tree));
  return findings.map((finding) => ({ path, ...finding }));
}

/** Checks what a path is called. */
export function checkName(path: string): readonly Finding[] {
  const findings: Finding[] = [];
  for (const part of path.replace(/\.ts$/, "").split("/")) {
    if (!/^[a-z0-9]+(?:_[a-z0-9]+)*$/.test(part)) {
      findings.push({ path, line: 1, rule: "name", message: `"${part}" is not snake_case` });
    }
    const emptyWord = part.split("_").find((word) => EMPTY_WORDS.has(word));
    if (emptyWord !== undefined) {
      findings.push({ path, line: 1, rule: "name", message: `"${emptyWord}" says nothing; name what the file holds` });
    }
  }
  return findings;
}

/** Checks any text file for traces of one machine: home directories and hosts of package registries. */
export function checkText(path: string, text: string): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const trace = MACHINE_PATHS.exec(line)?.[0] ?? REGISTRY_HOSTS.exec(line)?.[0];
    if (trace === undefined) continue;
    findings.push({ path, line: index + 1, rule: "machine trace", message: `"${trace}" belongs to one machine` });
  }
  return findings;
}

function sizeFindings(path: string, text: string, tree: SourceTree): readonly LocalFinding[] {
  const findings: LocalFinding[] = [];
  const lines = text.replace(/\n$/, "").split("\n").length;
  const limit = path.startsWith("examples/") ? EXAMPLE_MAX_LINES : FILE_MAX_LINES;
  if (lines > limit) findings.push(at(limit + 1, "file size", `${lines} lines; at most ${limit}`));
  for (const { node, ancestors } of tree.places) {
    if (!FUNCTION_TYPES.has(node.type) || isDescribeCallback(ancestors[0])) continue;
    const { start, end } = node.loc;
    const length = end.line - start.line + 1;
    if (length <= FUNCTION_MAX_LINES) continue;
    const name = nameOf(node["id"] ?? node["key"] ?? ancestors[0]?.["id"]) ?? "anonymous function";
    findings.push(at(start.line, "function size", `${name}: ${length} lines; at most ${FUNCTION_MAX_LINES}`));
  }
  return findings;
}

function isDescribeCallback(parent: SyntaxNode | undefined): boolean {
  return parent?.type === "CallExpression" && nameOf(parent["callee"]) === "describe";
}

function syntaxFindings(tree: SourceTree): readonly LocalFinding[] {
  const findings: LocalFinding[] = [];
  for (const { node } of tree.places) {
    const { line } = node.loc.start;
    const unstrippable = UNSTRIPPABLE[node.type];
    if (unstrippable !== undefined) findings.push(at(line, "type stripping", unstrippable));
    if (node.type === "TSAnyKeyword") findings.push(at(line, "any", "any; write the type, or unknown and narrow it"));
    if (node.type === "ExportDefaultDeclaration" || isExportAsDefault(node)) {
      findings.push(at(line, "default export", "default export; export a name"));
    }
  }
  return findings;
}

function isExportAsDefault(node: SyntaxNode): boolean {
  return node.type === "ExportSpecifier" && nameOf(node["exported"]) === "default";
}

function nonNullFindings(tree: SourceTree): readonly LocalFinding[] {
  const commented = new Set(tree.comments.flatMap(({ startLine, endLine }) => [startLine, endLine]));
  const isExplained = (line: number): boolean => commented.has(line) || commented.has(line - 1);
  return tree.places.filter(({ node }) => node.type === "TSNonNullExpression" || node["definite"] === true)
    .filter(({ node }) => !isExplained(node.loc.start.line) && !isExplained(node.loc.end.line))
    .map(({ node }) =>
      at(node.loc.end.line, "non-null", "! without its reason in a comment on this or the previous line")
    );
}

function docstringFindings(tree: SourceTree, text: string): readonly LocalFinding[] {
  const first = tree.comments[0];
  const isFirst = first !== undefined && text.slice(0, first.start).replace(/^#!.*/, "").trim() === "";
  if (isFirst && first.text.startsWith("*") && first.text.includes("@module")) return [];
  return [at(1, "module docstring", "does not start with /** … @module */")];
}

function shapeFindings(tree: SourceTree): readonly LocalFinding[] {
  const findings: LocalFinding[] = [];
  for (const { node, ancestors } of tree.places) {
    const count = nodesIn(node["params"]).filter((parameter) => nameOf(parameter) !== "this").length;
    if (FUNCTION_TYPES.has(node.type) && count > FUNCTION_MAX_PARAMETERS) {
      findings.push(at(node.loc.start.line, "parameters", `${count} parameters; two, then an options object`));
    }
    if (node.type === "ArrowFunctionExpression" && isTopLevelValue(ancestors)) {
      findings.push(at(node.loc.start.line, "top-level arrow", "arrow function at the top level; write function"));
    }
  }
  return findings;
}

function isTopLevelValue([declarator, declaration, parent]: readonly SyntaxNode[]): boolean {
  return declarator?.type === "VariableDeclarator" && declaration?.type === "VariableDeclaration" &&
    (parent?.type === "Program" || parent?.type === "ExportNamedDeclaration");
}

function consoleFindings(path: string, tree: SourceTree): readonly LocalFinding[] {
  if (path.startsWith(`src/${CONSOLE_ROOM}/`)) return [];
  return tree.places.filter((place: Place) => place.field === "object" && nameOf(place.node) === "console")
    .map(({ node }) => at(node.loc.start.line, "console", `console outside src/${CONSOLE_ROOM}; report to the caller`));
}

function facadeFindings(tree: SourceTree): readonly LocalFinding[] {
  return tree.statements.filter((node) =>
    node.type !== "ExportNamedDeclaration" || nodesIn(node["source"]).length === 0
  )
    .map((node) => at(node.loc.start.line, "facade", "mod.ts lists names: export { … } from, and nothing else"));
}

function at(line: number, rule: string, message: string): LocalFinding {
  return { line, rule, message };
}
