/**
 * Finds the TypeScript examples of the documentation: fenced blocks of Markdown, and `@example` blocks in the docstrings
 * of what a module exports.
 *
 * @module
 */
import { posix } from "node:path";
import {
  nameOf,
  nodesIn,
  parseSource,
  type SourceComment,
  type SourceTree,
  type SyntaxNode,
} from "../structure/syntax.ts";

/** One fenced block. */
export interface Example {
  /** Where it stands, as `path:line`. */
  readonly place: string;
  readonly code: string;
}

/** Something that a module exports, found where it is declared. */
export interface Declaration {
  readonly name: string;
  /** Where it is declared, as `path:line`. */
  readonly place: string;
  readonly kind: "class" | "error" | "function" | "other";
  readonly examples: readonly Example[];
}

/** Reads a file of the project by its path from the root. */
export type ReadSource = (path: string) => string;

interface Statement {
  readonly path: string;
  readonly tree: SourceTree;
  readonly node: SyntaxNode;
}

/** The fenced `ts` blocks of a Markdown text whose first line is `firstLine` of `path`. */
export function fencedExamples(path: string, markdown: string, firstLine = 1): readonly Example[] {
  return [...markdown.matchAll(/^```ts\b[^\n]*\n(.*?)^```/gms)].map((match) => ({
    place: `${path}:${firstLine + markdown.slice(0, match.index).split("\n").length - 1}`,
    code: match[1] ?? "",
  }));
}

/**
 * Everything that the module at `path` exports by name, through any number of re-exports.
 *
 * @throws {Error} If an exported name cannot be found in the module that it is taken from.
 */
export function exportedDeclarations(path: string, read: ReadSource): readonly Declaration[] {
  const names = parseSource(read(path)).statements.flatMap(exportedNames);
  return names.map((name) => {
    const statement = findStatement(path, name, read);
    if (statement === undefined) throw new Error(`Cannot find "${name}", which ${path} exports`);
    const { node } = statement;
    return {
      name,
      place: `${statement.path}:${node.loc.start.line}`,
      kind: kindOf(node),
      examples: docstrings(statement).flatMap((comment) => docstringExamples(statement.path, comment)),
    };
  });
}

function exportedNames(node: SyntaxNode): readonly string[] {
  if (node.type !== "ExportNamedDeclaration") return [];
  const specifiers = nodesIn(node["specifiers"]).map((specifier) => nameOf(specifier["exported"]));
  return [...specifiers, ...declaredNames(node)].filter((name) => name !== undefined);
}

/** The statement that declares `name`, in the module at `path` or in the one it takes the name from. */
function findStatement(path: string, name: string, read: ReadSource): Statement | undefined {
  const tree = parseSource(read(path));
  const declaring = tree.statements.find((node) => declaredNames(node).includes(name));
  if (declaring !== undefined) return { path, tree, node: declaring };
  for (const node of tree.statements) {
    const source = nameOf(node["source"]);
    if (source === undefined || !source.startsWith(".")) continue;
    const original = node.type === "ExportAllDeclaration" ? name : originalName(node, name);
    if (original === undefined) continue;
    const found = findStatement(posix.join(posix.dirname(path), source), original, read);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What an import or re-export calls `name` at its source. */
function originalName(node: SyntaxNode, name: string): string | undefined {
  const isImport = node.type === "ImportDeclaration";
  const specifier = nodesIn(node["specifiers"]).find((each) => nameOf(each[isImport ? "local" : "exported"]) === name);
  return nameOf(specifier?.[isImport ? "imported" : "local"]);
}

function declaredNames(node: SyntaxNode): readonly (string | undefined)[] {
  const [declaration = node] = nodesIn(node["declaration"]);
  const declarators = nodesIn(declaration["declarations"]);
  return declarators.length > 0 ? declarators.map((each) => nameOf(each["id"])) : [nameOf(declaration["id"])];
}

function kindOf(node: SyntaxNode): Declaration["kind"] {
  const [declaration = node] = nodesIn(node["declaration"]);
  if (declaration.type === "FunctionDeclaration" || declaration.type === "TSDeclareFunction") return "function";
  if (declaration.type !== "ClassDeclaration") return "other";
  return nameOf(declaration["superClass"])?.endsWith("Error") === true ? "error" : "class";
}

/** The docstrings above a statement and inside it. */
function docstrings({ tree, node }: Statement): readonly SourceComment[] {
  const previousEnd = Math.max(0, ...tree.statements.filter(({ end }) => end <= node.start).map(({ end }) => end));
  return tree.comments.filter(({ text, isBlock, start, end }) =>
    isBlock && text.startsWith("*") && !text.includes("@module") && start >= previousEnd && end <= node.end
  );
}

function docstringExamples(path: string, comment: SourceComment): readonly Example[] {
  const text = comment.text.replace(/^[ \t]*\* ?/gm, "");
  return fencedExamples(path, text, comment.startLine);
}
