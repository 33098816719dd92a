/**
 * What the service itself counts, besides what the store does.
 *
 * @module
 */

import type { MetricFamily, MetricSample } from "../model/metric_family.ts";
import type { OtlpSignal } from "../otlp/response.ts";

/** See the module. */
export class ServiceCounters {
  readonly #requests = new Map<string, { route: string; statusClass: string; count: number }>();
  readonly #rejected = new Map<OtlpSignal, number>();

  /** Counts an answer. `route` is the path of a route, so that there are only as many. */
  countRequest(route: string, status: number): void {
    const statusClass = `${Math.floor(status / 100)}xx`;
    const key = `${statusClass} ${route}`;
    const entry = this.#requests.get(key) ?? { route, statusClass, count: 0 };
    entry.count++;
    this.#requests.set(key, entry);
  }

  /** Counts log records, spans or data points of a request that were not accepted. */
  countRejected(signal: OtlpSignal, items: number): void {
    this.#rejected.set(signal, (this.#rejected.get(signal) ?? 0) + items);
  }

  /** The counters as metric families. */
  families(): readonly MetricFamily[] {
    const requests = Array.from(this.#requests.values(), ({ route, statusClass, count }): MetricSample => ({
      labels: { route, status_class: statusClass },
      value: count,
    }));
    const rejected = Array.from(this.#rejected, ([signal, value]): MetricSample => ({ labels: { signal }, value }));
    return [
      {
        name: "varve_http_requests",
        type: "counter",
        help: "Requests answered, by route and class of status.",
        samples: requests,
      },
      {
        name: "varve_otlp_rejected_items",
        type: "counter",
        help: "Log records, spans and data points that were received and not accepted.",
        samples: rejected,
      },
    ];
  }
}
