"""One batch on its model: the jobs are finished, or the error is returned."""

import logging
import time
from collections.abc import Sequence
from typing import Any

from stepcheck.models.interface import Completion, Embedding, Encoder, Generator
from stepcheck.server.engine.batching import count_rows
from stepcheck.server.engine.errors import (
    ClientLeftError,
    EngineError,
    GenerationFailedError,
    describe_failure,
)
from stepcheck.server.engine.jobs import EncodingJob, GenerationJob, Job
from stepcheck.server.engine.metrics import EngineMetrics

logger = logging.getLogger(__name__)


def run_batch(
    model: Generator, jobs: Sequence[Job[Any]], metrics: EngineMetrics
) -> float | GenerationFailedError:
    """Run jobs of one kind and finish them; return the seconds it took, or what went wrong.

    The error is returned, not raised: its traceback would keep the failed batch's tensors.
    """
    for job in jobs:
        job.start()
    metrics.batch_requests.observe(len(jobs))
    metrics.batch_rows.observe(count_rows(jobs))
    started = time.monotonic()
    try:
        generations = [job for job in jobs if isinstance(job, GenerationJob)]
        if generations:
            _generate(model, generations, metrics)
        encodings = [job for job in jobs if isinstance(job, EncodingJob)]
        if encodings and isinstance(model, Encoder):
            _encode(model, encodings, metrics)
    except Exception as error:
        logger.exception("A batch of %d requests failed.", len(jobs))
        return describe_failure(error)
    seconds = time.monotonic() - started
    metrics.generation_seconds.observe(seconds)
    return seconds


def give_up(job: Job[Any], error: EngineError, metrics: EngineMetrics) -> None:
    """End a job with an error."""
    if isinstance(error, ClientLeftError):
        metrics.cancelled.inc()
    job.fail(error)


def _generate(model: Generator, jobs: Sequence[GenerationJob], metrics: EngineMetrics) -> None:
    results = model.generate(
        [job.request for job in jobs],
        is_cancelled=lambda index: jobs[index].must_stop(),
        on_completion=lambda index, completion: jobs[index].announce(completion),
    )
    for job, completions in zip(jobs, results, strict=True):
        _finish_generation(job, completions, metrics)


def _finish_generation(
    job: GenerationJob, completions: Sequence[Completion], metrics: EngineMetrics
) -> None:
    metrics.queue_seconds.observe(job.queue_seconds)
    reason = job.reason_to_stop()
    if reason and (not completions or isinstance(reason, ClientLeftError)):
        give_up(job, reason, metrics)
        return
    metrics.completions.inc(len(completions))
    metrics.tokens.inc(sum(completion.tokens for completion in completions))
    job.finish(completions)


def _encode(model: Encoder, jobs: Sequence[EncodingJob], metrics: EngineMetrics) -> None:
    embeddings: list[Embedding] = model.encode([job.text for job in jobs])
    for job, embedding in zip(jobs, embeddings, strict=True):
        metrics.queue_seconds.observe(job.queue_seconds)
        if isinstance(reason := job.reason_to_stop(), ClientLeftError):
            give_up(job, reason, metrics)
        else:
            metrics.embeddings.inc()
            job.finish(embedding)
