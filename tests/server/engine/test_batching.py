import pytest

from stepcheck.models.interface import GenerationRequest, SuggestionPrompt
from stepcheck.server.engine.batching import choose_batch, count_rows, due_time
from stepcheck.server.engine.jobs import Admission, EncodingJob, GenerationJob


def make_job(n=10, model="m", submitted=100.0):
    job = GenerationJob(
        GenerationRequest(SuggestionPrompt("g"), n=n), Admission(model, timeout_seconds=60)
    )
    job.submitted = submitted
    return job


def test_a_batch_takes_the_oldest_and_what_fits_beside_it():
    jobs = [make_job(n) for n in (30, 40, 20, 14)]

    batch = choose_batch(jobs, max_rows=64)

    assert batch == [jobs[0], jobs[2], jobs[3]]
    assert count_rows(batch) == 64


def test_the_oldest_is_never_passed_over():
    jobs = [make_job(100), make_job(1)]

    assert choose_batch(jobs, max_rows=64) == [jobs[0]]


def test_a_batch_is_for_the_model_of_the_oldest():
    jobs = [make_job(model=name) for name in "abab"]

    assert choose_batch(jobs, max_rows=64) == [jobs[0], jobs[2]]


def test_a_batch_is_of_one_kind():
    texts = [EncodingJob("text", Admission("m", timeout_seconds=60)) for _ in range(2)]
    jobs = [texts[0], make_job(), texts[1], make_job()]

    assert choose_batch(jobs, max_rows=64) == texts
    assert count_rows(texts) == 2
    assert choose_batch(jobs[1:], max_rows=64) == [jobs[1], jobs[3]]


@pytest.mark.parametrize(
    ("submitted", "free_since", "due"),
    [
        ([100.0], 0.0, 101.0),  # alone: one quiet time
        ([100.0, 100.8], 0.0, 101.8),  # each arrival extends it
        ([100.0, 101.0, 102.0, 103.0, 104.9], 0.0, 105.0),  # but not for ever
        ([100.0], 107.0, 108.0),  # those just answered may come back
        ([100.0, 109.0], 107.0, 110.0),
    ],
)
def test_a_batch_waits_until_it_is_quiet(submitted, free_since, due):
    batch = [make_job(submitted=each) for each in submitted]

    assert due_time(batch, free_since, quiet_seconds=1.0) == pytest.approx(due)
