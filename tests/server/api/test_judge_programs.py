"""`POST /v1/judge` of programs, by a real server."""

import pytest

from stepcheck.server.api.judge_schemas import JudgeResponse
from stepcheck.server.sandbox.sandbox import unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
PROBLEM = "Sample Input 1\n2 3\nSample Output 1\n6\nSample Input 2\n1 9\nSample Output 2\n9\n"


@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        ("a, b = map(int, input().split())\nprint(a * b)", "correct"),
        ("a, b = map(int, input().split())\nprint(a + b)", "incorrect"),
        ("a = int(input())\nb = int(input())\nprint(a * b)", "incorrect"),
        ("import nowhere_to_be_found\nprint(input())", "unknown"),
    ],
)
def test_a_program_is_judged_by_the_samples(start_server, fake_generator, program, verdict):
    server = start_server(fake_generator())

    with server.client() as client:
        asked = {"language": "python", "after": program, "intent": PROBLEM}
        response = client.post("/v1/judge", json=asked)

    assert JudgeResponse.model_validate_json(response.content).verdict == verdict
