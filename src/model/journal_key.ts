/**
 * The three parts that name a journal.
 *
 * @module
 */

/** Names one journal: a deployment, one of its services, and one kind of record. */
export interface JournalKey {
  /** The deployment: any text of 1 to 200 bytes once percent-encoded. */
  readonly stack: string;
  /** One service of the stack, under the same rule. */
  readonly server: string;
  /** The kind of record, such as `logs`: one of the built-in signals. */
  readonly signal: string;
}
