/**
 * The service: an OTLP receiver, queries over what is stored, and Varve's own figures, for any server or with its own.
 *
 * @module
 */

export { type App, type AppOptions, createApp } from "./app.ts";
export type { Acknowledgement } from "./context.ts";
export { OTLP_PORT, type Service, type ServiceOptions, startService } from "./service.ts";
