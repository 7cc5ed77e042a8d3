"""What the server counts of its requests, in Prometheus' terms."""

from prometheus_client import CollectorRegistry, Counter, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class RequestMetrics:
    """The counters of one server's requests, in its `registry`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "stepcheck_requests",
            "HTTP requests answered.",
            ["endpoint", "status"],
            registry=registry,
        )
        self.request_seconds = Histogram(
            "stepcheck_request_seconds",
            "Time from a request to the beginning of its answer.",
            ["endpoint"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.rejected = Counter(
            "stepcheck_rejected", "Requests not admitted.", ["reason"], registry=registry
        )
