/**
 * The words of a segment's lines, as the side file knows them.
 *
 * @module
 */

/** What a line has to have so that it can be what is looked for. */
export type TokenNeed =
  /** This token. */
  | { readonly kind: "token"; readonly token: string }
  /** All of these. */
  | { readonly kind: "all"; readonly needs: readonly TokenNeed[] }
  /** One of these. */
  | { readonly kind: "any"; readonly needs: readonly TokenNeed[] };
