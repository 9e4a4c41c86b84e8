"""What a service counts, as Prometheus reads it."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import Scope

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Of one service; its own registry, so that two of them in a process do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "shelfcast_requests", "Requests answered", ["route", "method", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "shelfcast_request_seconds", "Time to the answer", ["route"], buckets=_SECONDS, registry=self.registry
        )
        self.ready = Gauge("shelfcast_ready", "1 when forecasts are served", registry=self.registry)
        self.products = Gauge("shelfcast_products", "Products of the model in force", registry=self.registry)
        self.last_day = Gauge(
            "shelfcast_last_day_seconds", "Last day of sales that the model knows, Unix time", registry=self.registry
        )
        self.changes = Counter("shelfcast_model_changes", "Models that came into force", registry=self.registry)
        self.failures = Counter(
            "shelfcast_model_failures", "Models that could not be taken into service", registry=self.registry
        )
        self.waiting = Gauge("shelfcast_queue", "Requests that compute or write, or wait to", registry=self.registry)
        self.refused = Counter("shelfcast_queue_refused", "Requests refused as too many", registry=self.registry)
        self.sales = Counter("shelfcast_sales_rows", "Rows of sales kept", registry=self.registry)

    def request(self, scope: Scope, status: int, seconds: float) -> None:
        """The route is the pattern, never the path: a path may be anything."""
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "OPTIONS") else "other"
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        return generate_latest(self.registry)
