"""`stepcheck rank` and the chat model's part in `stepcheck judge`, as they are typed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stepcheck.cli import app
from stepcheck.server.judge.criteria import Criterion
from stepcheck.server.judge.model import prompts
from stepcheck.server.judge.model.rating import RatingRequest, ask_rating
from stepcheck.server.sandbox.sandbox import unavailable_reason

needs_sandbox = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")


@pytest.fixture
def files(tmp_path):
    texts = {"wrong.py": "def square(x):\n    return x + x\n", "right.py": "square = pow\n"}
    texts["right.py"] = "def square(x):\n    return x * x\n"
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return [str(tmp_path / name) for name in texts]


def run(*arguments):
    return CliRunner().invoke(app, [*arguments])


@needs_sandbox
def test_the_best_comes_first(files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    result = run("rank", "wrong.py", "right.py", "--intent", "square(3) => 9")

    lines = [line for line in result.stdout.splitlines() if ".py" in line]
    assert result.exit_code == 0, result.output
    assert [line.split()[0] for line in lines] == ["1", "2"]
    assert "right.py" in lines[0]
    assert "1 comparisons of 1 pairs, by evidence" in result.stdout


@needs_sandbox
def test_json_is_that_of_the_server(files):
    result = run("rank", *files, "--intent", "square(3) => 9", "--json")
    assert [each["candidate"] for each in json.loads(result.stdout)["order"]] == [1, 0]


def test_a_preference_without_a_model_says_how_to_get_one(files):
    result = run("rank", *files, "--criterion", "style")
    assert result.exit_code == 2
    assert "chat.url" in result.stderr


def test_a_model_named_on_the_command_line_compares(files, chat_server):
    chat_server.replies = ["Clear.\nRating: 9", "Rating: 2"]

    result = run(
        *("rank", *files, "--criterion", "style", "--method", "rating"),
        *("--chat-url", chat_server.url, "--model", "tiny"),
    )

    assert result.exit_code == 0, result.output
    assert chat_server.requests[0]["model"] == "tiny"
    first = next(line for line in result.stdout.splitlines() if line.startswith("1"))
    assert "9" in first.split()


def test_a_failing_model_ends_the_command(files, chat_server):
    chat_server.replies = [(401, b"who are you")]
    result = run(
        *("rank", *files, "--criterion", "style"),
        *("--chat-url", chat_server.url, "--model", "tiny"),
    )
    assert result.exit_code == 6
    assert "who are you" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [("--model", "no-such-folder"), ("--chat-url", "http://127.0.0.1:9/v1")],
)
def test_half_a_model_is_an_error_with_a_remedy(files, arguments):
    result = run("rank", *files, *arguments)
    assert result.exit_code == 6
    assert "chat." in result.stderr


def test_different_languages_are_not_ranked(files, tmp_path):
    (tmp_path / "other.go").write_text("package main\n")
    assert run("rank", *files, str(tmp_path / "other.go")).exit_code == 2


def test_the_judge_hears_the_model_where_nothing_could_be_run(files, chat_server):
    chat_server.replies = ["It adds.", "No", "[]", "Rating: 3"]
    asked = ("--before", files[0], "--chat-url", chat_server.url, "--model", "tiny")

    result = run("judge", files[1], *asked, "--intent", "Square a number.")

    assert result.exit_code == 1, result.output
    assert result.stdout.startswith("incorrect (confidence 0.60: a model's opinion")
    assert "tiny: 0 of 1 runs say it is correct" in result.stdout

    rated = run("judge", files[1], *asked, "--criterion", "style", "--json")
    assert json.loads(rated.stdout)["rating"]["value"] == 3


def test_a_local_model_judges_and_ranks(files, make_chat_folder, tmp_path):
    """A small network, taught what to say to the very requests that the judge makes."""
    right, wrong = (Path(files[i]).read_text() for i in (1, 0))
    task = prompts.describe_task("Square a number.", "", "python", None)
    shown = prompts.Material(task, right, "")
    requests = {
        "It multiplies the number by itself.": prompts.ask_analysis(shown),
        "Yes": prompts.ask_summary("It multiplies the number by itself."),
        "[]": prompts.ask_faults(shown),
        "Rating: 9": ask_rating(RatingRequest(Criterion.STYLE, task, right)),
        "Odd. Rating: 2": ask_rating(RatingRequest(Criterion.STYLE, task, wrong)),
    }
    taught = {"\n\n".join(each.text for each in asked): said for said, asked in requests.items()}
    folder = make_chat_folder(taught, context=2048, steps=60)
    (tmp_path / "before.py").write_text(right)
    asked = ("--intent", "Square a number.", "--model", str(folder))

    judged = run("judge", files[1], "--before", str(tmp_path / "before.py"), *asked)
    rated = run("rank", *files, "--criterion", "style", "--method", "rating", *asked, "--json")
    compared = run("rank", *files, "--criterion", "style", *asked, "--json")

    assert judged.stdout.startswith("correct (confidence 0.60: a model's opinion"), judged.output
    assert "tiny-chat: 1 of 1 runs say it is correct" in judged.stdout
    answer = json.loads(rated.stdout)
    assert [(each["candidate"], each["rating"]) for each in answer["order"]] == [(1, 9), (0, 2)]
    # It was not taught to answer with a letter.
    assert "could not be compared" in json.loads(compared.stdout)["notes"][0]


def test_the_model_of_the_settings_can_be_left_out(files, chat_server, tmp_path):
    config = tmp_path / "settings.toml"
    config.write_text(f'[chat]\nurl = "{chat_server.url}"\nmodel = "tiny"\n')

    result = run("judge", files[1], "--before", files[0], "--config", str(config), "--no-model")

    assert result.exit_code == 8
    assert chat_server.requests == []


def test_a_project_names_no_model(files, tmp_path, monkeypatch, chat_server):
    (tmp_path / "stepcheck.toml").write_text(f'[chat]\nurl = "{chat_server.url}"\n')
    monkeypatch.chdir(tmp_path)

    result = run("rank", *files)

    assert result.exit_code == 2
    assert "may not be set by a project file" in result.stderr
