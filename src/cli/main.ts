/**
 * The program `varve`.
 *
 * @module
 */

import { processTerminal, setExitStatus } from "../platform/terminal.ts";
import { runCommandLine } from "./command_line.ts";

setExitStatus(await runCommandLine(processTerminal));
