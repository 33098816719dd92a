/**
 * What a rule reports.
 *
 * @module
 */

/** A rule broken at a place. */
export interface Finding {
  /** Path from the root of the project, with `/`. */
  readonly path: string;
  /** First line is 1. */
  readonly line: number;
  /** The rule's name, as an exemption refers to it. */
  readonly rule: string;
  /** What is wrong and what to do. */
  readonly message: string;
}

/** A finding before its file is known. */
export type LocalFinding = Omit<Finding, "path">;
