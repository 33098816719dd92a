/**
 * A program that knows nothing of Varve: it logs, traces and measures, and Deno's own exporter sends it. The argument is
 * how many more lines it logs.
 *
 * @module
 */
import { metrics, SpanStatusCode, trace } from "@opentelemetry/api";

console.log("order taken");
console.error("card declined");
for (let line = 0; line < Number(Deno.args[0] ?? 0); line++) console.log(`line ${line}`);

const tracer = trace.getTracer("orders", "1.2.3");
tracer.startActiveSpan("POST /orders", (span) => {
  span.setAttribute("order.id", 9_007_199_254_740_991);
  tracer.startActiveSpan("charge", (child) => {
    child.addEvent("retry", { attempt: 2 });
    child.setStatus({ code: SpanStatusCode.ERROR, message: "declined" });
    child.end();
  });
  span.end();
});

const meter = metrics.getMeter("orders");
meter.createCounter("orders.taken", { description: "Orders taken.", unit: "{order}" }).add(3, { shop: "berlin" });
meter.createHistogram("order.value", { unit: "EUR" }).record(12.5);
