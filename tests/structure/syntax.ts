/**
 * TypeScript source as a tree that rules can walk: a real parse, so that a word in a string or a comment is no finding.
 *
 * @module
 */
import { parse } from "@babel/parser";

/** A node of the parse. Its fields depend on `type`, as in Babel's AST specification. */
export interface SyntaxNode {
  readonly type: string;
  /** Offsets in the source. */
  readonly start: number;
  readonly end: number;
  readonly loc: { readonly start: { readonly line: number }; readonly end: { readonly line: number } };
  readonly [field: string]: unknown;
}

/** A node with where it hangs. */
export interface Place {
  readonly node: SyntaxNode;
  /** The field of the parent that holds the node. */
  readonly field: string;
  /** The ancestors, nearest first. */
  readonly ancestors: readonly SyntaxNode[];
}

/** A comment, without its markers. */
export interface SourceComment {
  readonly text: string;
  readonly isBlock: boolean;
  readonly startLine: number;
  readonly endLine: number;
  /** Offsets in the source, markers included. */
  readonly start: number;
  readonly end: number;
}

/** A parsed source file. */
export interface SourceTree {
  /** Statements at the top level. */
  readonly statements: readonly SyntaxNode[];
  /** Every node, parents before children. */
  readonly places: readonly Place[];
  readonly comments: readonly SourceComment[];
}

/**
 * Parses TypeScript source.
 *
 * @throws {SyntaxError} If the text is not TypeScript; its message ends with line and column.
 */
export function parseSource(text: string): SourceTree {
  const file = parse(text, { sourceType: "module", plugins: ["typescript"], attachComment: false });
  const program: unknown = file.program;
  if (!isSyntaxNode(program)) throw new TypeError("Cannot walk the parse: the program is not a node");
  const comments = (file.comments ?? []).map((comment): SourceComment => ({
    text: comment.value,
    isBlock: comment.type === "CommentBlock",
    startLine: comment.loc?.start.line ?? 0,
    endLine: comment.loc?.end.line ?? 0,
    start: comment.start ?? 0,
    end: comment.end ?? 0,
  }));
  const places: Place[] = [];
  collect({ node: program, field: "", ancestors: [] }, places);
  return { statements: nodesIn(program["body"]), places, comments };
}

/** The nodes that a field holds: none, one, or the elements of a list. */
export function nodesIn(value: unknown): readonly SyntaxNode[] {
  if (Array.isArray(value)) return value.filter(isSyntaxNode);
  return isSyntaxNode(value) ? [value] : [];
}

/** The name of an identifier or the value of a string literal; undefined for any other node. */
export function nameOf(value: unknown): string | undefined {
  if (!isSyntaxNode(value)) return undefined;
  const text = value.type === "StringLiteral" ? value["value"] : value["name"];
  return typeof text === "string" ? text : undefined;
}

function collect(place: Place, places: Place[]): void {
  places.push(place);
  const ancestors = [place.node, ...place.ancestors];
  for (const [field, value] of Object.entries(place.node)) {
    for (const node of nodesIn(value)) collect({ node, field, ancestors }, places);
  }
}

function isSyntaxNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string" &&
    "start" in value && "end" in value && "loc" in value && typeof value.loc === "object" && value.loc !== null;
}
