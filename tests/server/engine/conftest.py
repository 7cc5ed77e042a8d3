"""Requests that come together."""

from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture
def ask_together():
    """Send requests from as many threads; they end before the test does."""
    with ThreadPoolExecutor(40) as pool:
        yield lambda server, *requests: [
            pool.submit(server.suggest, **fields) for fields in requests
        ]
