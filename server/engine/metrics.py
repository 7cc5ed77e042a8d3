"""What the engine counts, in Prometheus' terms."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class EngineMetrics:
    """The counters of one engine, in the `registry` of its server."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self.queue_length = Gauge(
            "stepcheck_queue_length", "Requests waiting for a batch.", registry=self._registry
        )
        self.queue_seconds = self._histogram(
            "stepcheck_queue_seconds", "Time a request waited for its batch.", _SECONDS
        )
        self.batch_requests = self._histogram(
            "stepcheck_batch_requests", "Requests in a batch.", _SIZES
        )
        self.batch_rows = self._histogram("stepcheck_batch_rows", "Sequences in a batch.", _SIZES)
        self.generation_seconds = self._histogram(
            "stepcheck_generation_seconds", "Time of a batch in the model.", _SECONDS
        )
        self.completions = self._counter("stepcheck_completions", "Completions returned.")
        self.tokens = self._counter("stepcheck_tokens", "Tokens of the completions returned.")
        self.embeddings = self._counter("stepcheck_embeddings", "Embeddings returned.")
        self.cancelled = self._counter("stepcheck_cancelled", "Requests whose client left.")
        self.failed_batches = self._counter(
            "stepcheck_failed_batches", "Batches in which the model failed."
        )

    def _counter(self, name: str, help_text: str) -> Counter:
        return Counter(name, help_text, registry=self._registry)

    def _histogram(self, name: str, help_text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(name, help_text, buckets=buckets, registry=self._registry)
