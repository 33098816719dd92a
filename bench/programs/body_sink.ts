/**
 * An HTTP server that reads each body to its end, keeps nothing and answers 200: what the transport and the client alone
 * would allow. `otlp_logs.ts` starts it and ends it with a signal.
 *
 * @module
 */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => response.end());
});
server.listen(0, "127.0.0.1", () => {
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  console.log(`Body sink listens on http://127.0.0.1:${port}`);
});
