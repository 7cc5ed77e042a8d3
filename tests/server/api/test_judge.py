"""`POST /v1/judge` of a real server, running real code in the real sandbox."""

import threading
import time

import pytest

from stepcheck.server.api.judge_schemas import JudgeResponse
from stepcheck.server.sandbox.sandbox import unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
SLOW = {
    "language": "python",
    "after": "import time\ndef f(x): time.sleep(2.5)",
    "examples": "f(1) => 2",
}


def post(server, **fields):
    with server.client() as client:
        return client.post("/v1/judge", json=fields)


def test_it_says_what_is_wrong_and_where(start_server, fake_generator):
    server = start_server(fake_generator())

    response = post(
        server,
        language="python",
        after="def square(x):\n    return x / 0\n",
        examples="square(3) => 9",
    )

    answer = JudgeResponse.model_validate_json(response.content)
    assert answer.verdict == "incorrect"
    [fault] = answer.faults
    assert (fault.kind, fault.range.first_line) == ("exception", 2)


def test_a_right_one_is_correct(start_server, fake_generator):
    server = start_server(fake_generator())
    after = "def square(x):\n    return x * x\n"

    answer = post(server, language="python", after=after, tests="assert square(3) == 9").json()

    assert answer["verdict"] == "correct"
    assert answer["evidence"][-1] | {"notes": []} == {
        "kind": "tests",
        "finding": "supports",
        "passed": 1,
        "run": 1,
        "set_aside": 0,
        "notes": [],
    }


@pytest.mark.parametrize(
    "fields",
    [{}, {"language": "python"}, {"language": "python", "after": "x" * 100_001}, {"after": 1}],
)
def test_a_wrong_request_is_refused(start_server, fake_generator, fields):
    assert post(start_server(fake_generator()), **fields).status_code == 422


def test_beyond_the_limit_it_says_when_to_come_again(start_server, fake_generator):
    from stepcheck.settings.schema import Settings

    settings = Settings.model_validate({"server": {"port": 0}, "judge": {"concurrent": 1}})
    server = start_server(fake_generator(), settings=settings)
    first = threading.Thread(target=lambda: post(server, **SLOW))
    first.start()
    time.sleep(1)

    refused = post(server, **SLOW)
    first.join()

    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    assert post(server, language="go", after="").json()["verdict"] == "unknown"


def test_suggestions_are_answered_meanwhile(start_server, fake_generator):
    server = start_server(fake_generator())
    judging = threading.Thread(target=lambda: post(server, **SLOW))
    judging.start()

    started = time.monotonic()
    assert server.suggest().status_code == 200
    assert time.monotonic() - started < 2
    judging.join()


def test_a_client_that_leaves_frees_its_place(start_server, fake_generator):
    import httpx

    from stepcheck.settings.schema import Settings

    settings = Settings.model_validate(
        {"server": {"port": 0}, "judge": {"concurrent": 1, "seconds": 60, "seconds_per_call": 60}}
    )
    server = start_server(fake_generator(), settings=settings)
    endless = SLOW | {"after": "def f(x):\n    while True: pass"}
    with server.client() as client, pytest.raises(httpx.ReadTimeout):
        client.post("/v1/judge", json=endless, timeout=1)

    deadline = time.monotonic() + 10
    while post(server, language="go", after="").status_code == 429:
        assert time.monotonic() < deadline
        time.sleep(0.1)
