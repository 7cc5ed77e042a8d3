"""`POST /v1/judge/edit` of a real server, asked by the real client."""

import pytest

from stepcheck.client.errors import ClientError
from stepcheck.client.server_client import judge_edit
from stepcheck.server.api.judge_schemas import JudgeEditRequest
from stepcheck.server.sandbox.sandbox import unavailable_reason
from stepcheck.settings.schema import ClientSettings, Settings

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
BEFORE = 'def square(x):\n    """>>> square(3)\n    9\n    """\n    return x * x\n'
EDIT = {"language": "python", "before": BEFORE, "after": BEFORE.replace("x * x", "x + x")}


def ask(server, **fields):
    return judge_edit(ClientSettings(server_url=server.url), JudgeEditRequest(**fields))


def test_the_client_gets_a_verdict_for_each_changed_function(start_server, fake_generator):
    [function] = ask(start_server(fake_generator()), **EDIT).functions

    assert (function.name, function.verdict, function.change) == ("square", "incorrect", "changed")
    assert (function.range.first_line, function.range.last_line) == (1, 5)
    assert function.faults[0].message == "square(3) gives 6, not 9"


def test_nothing_changed_is_nothing_judged(start_server, fake_generator):
    assert ask(start_server(fake_generator()), **EDIT | {"after": BEFORE}).functions == []


def test_a_project_must_lie_below_a_root(start_server, fake_generator, tmp_path):
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "project").mkdir(parents=True)
    outside.mkdir()
    (root / "link").symlink_to(outside)
    settings = Settings.model_validate(
        {"server": {"port": 0}, "judge": {"project_roots": [str(root)]}}
    )
    server = start_server(fake_generator(), settings=settings)

    assert ask(server, **EDIT, project=str(root / "project")).functions
    refused = [outside, root / "link", root / ".." / "outside", root / "missing", "project", "\0"]
    for project in refused:
        with pytest.raises(ClientError) as caught:
            ask(server, **EDIT, project=str(project))
        assert (caught.value.status, caught.value.kind) == (403, "project_not_allowed")
        assert "judge.project_roots" in caught.value.remedy


def test_no_project_is_allowed_unless_the_user_says_so(start_server, fake_generator, tmp_path):
    with pytest.raises(ClientError) as caught:
        ask(start_server(fake_generator()), **EDIT, project=str(tmp_path))
    assert caught.value.status == 403


@pytest.mark.parametrize("fields", [{}, {"language": "python"}, EDIT | {"unknown": 1}])
def test_a_wrong_request_is_refused(start_server, fake_generator, fields):
    with start_server(fake_generator()).client() as client:
        assert client.post("/v1/judge/edit", json=fields).status_code == 422


def test_code_is_run_in_its_project(start_server, fake_generator, tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "lengths.py").write_text("UNIT = 2\n")
    settings = Settings.model_validate(
        {"server": {"port": 0}, "judge": {"project_roots": [str(tmp_path)]}}
    )
    server = start_server(fake_generator(), settings=settings)
    after = "from lengths import UNIT\n" + BEFORE.replace("x * x", "x ** UNIT")

    judged = ask(
        server, **EDIT | {"after": after}, project=str(project), path="squares.py"
    ).functions

    assert {each.name: each.verdict for each in judged}["square"] == "correct"
    outside = ask(server, **EDIT | {"after": after}).functions
    assert {each.name: each.verdict for each in outside}["square"] == "unknown"
