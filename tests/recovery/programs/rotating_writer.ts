/**
 * Appends numbered records to one journal and rotates it as fast as it can, until it is told to stop by a line on standard
 * input. Notes after each flush how many records are known to be on file: a 64-bit integer, little endian.
 *
 * Arguments: root, path of the note, seed, options of the store as JSON. Prints what was done when it has closed the store.
 *
 * @module
 */
import { openSync, writeSync } from "node:fs";
import process from "node:process";
import { setImmediate } from "node:timers";
import { openStore } from "../../../mod.ts";
import { appendSome, LOGS, seededRandom } from "../stores.ts";
