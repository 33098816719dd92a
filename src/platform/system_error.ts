/**
 * Errors that look like the operating system's, for what this room refuses itself.
 *
 * @module
 */

/** An `Error` whose `code` is the system's name for the failure, such as `EBADF`. */
export function systemError(code: string, message: string): Error {
  return Object.assign(new Error(`${message} (${code})`), { code });
}
