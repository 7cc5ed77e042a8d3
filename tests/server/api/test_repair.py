"""`POST /v1/repair` of a real server, asked by the real client."""

import pytest

from stepcheck.client.errors import ClientError
from stepcheck.client.server_client import repair
from stepcheck.server.api.repair_schemas import RepairRequest
from stepcheck.server.sandbox.sandbox import unavailable_reason
from stepcheck.settings.schema import ClientSettings

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
CODE = 'é = "€"\r\ndef square(x):\r\n    return x + x\r\n'
ASKED = {"language": "python", "code": CODE, "examples": "square(3) => 9\nsquare(-2) => 4"}


def ask(server, **fields):
    return repair(ClientSettings(server_url=server.url), RepairRequest(**fields))


def test_the_client_gets_edits_with_what_was_checked(start_server, fake_generator):
    answer = ask(start_server(fake_generator()), **ASKED)

    [edit] = answer.fixes[0].edits
    assert (edit.range.first_line, edit.range.first_column) == (3, 13)
    assert (edit.range.last_line, edit.range.last_column) == (3, 14)
    assert edit.text == "*"
    assert [(each.kind, each.passed) for each in answer.fixes[0].checked if each.run] == [
        ("examples", 2)
    ]
    assert 0 < answer.fixes[0].confidence <= 1
    assert answer.tried > 0


def test_without_a_fix_the_note_says_why(start_server, fake_generator):
    answer = ask(start_server(fake_generator()), **ASKED | {"examples": ""})

    assert answer.fixes == []
    assert "no example and no test" in answer.note


def test_a_project_must_lie_below_a_root(start_server, fake_generator, tmp_path):
    with pytest.raises(ClientError) as caught:
        ask(start_server(fake_generator()), **ASKED, project=str(tmp_path))
    assert (caught.value.status, caught.value.kind) == (403, "project_not_allowed")


@pytest.mark.parametrize("fields", [{}, {"language": "python"}, ASKED | {"limit": 0}])
def test_a_wrong_request_is_refused(start_server, fake_generator, fields):
    with start_server(fake_generator()).client() as client:
        assert client.post("/v1/repair", json=fields).status_code == 422
