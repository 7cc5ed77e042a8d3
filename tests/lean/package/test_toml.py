"""Reading settings files: what Python's tomllib makes of the same text."""

import datetime
import itertools
import random
import re
import struct
import tomllib
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from stepcheck.cli import app

from .probing import Probe

READ = [
    "",
    "\n\n# only a comment",
    "[client]\nserver_url = 'http://127.0.0.1:8010' # where\ntimeout_seconds = 1.5\n",
    "a = 1\r\nb = 2\r\n",
    "  spaced\t=\t'x'  \t# y\n",
    "a = \"\"\nb = ''\nc = \"#\"\nd = '#'\n",
    r'a = "\b\t\n\f\r\"\\ \u00e9 \U0001F642 \u0000"',
    r"a = 'C:\n \u0041 \'" + "\n",
    "a = '𝔸 ⊢ ∀ x, ﷽'\n\"ключ\" = 1\n'' = 2\n",
    "a.b.c = 1\na.b.d = 2\na . e = 3\n'a'.\"f g\" = 4\n",
    "[a]\nb.c = 1\n[a.b.d]\ne = 2\n[ x . 'y z' ]\n",
    "[a.b.c]\nz = 1\n[a]\nb.t = 2\n",
    "[a.b]\n[a]\n",
    "a = [1, 2,\n # in between\n 3,\n]\nb = []\nc = [ [1], ['x', [true]], ]\nd = [\n]",
    "a = [1, 'x', 1.5, true, -0.0]",
    "true = true\nfalse = false\n1 = 1\n2.5 = 2\n-_- = 3\ninf = 4",
    "a = 0\nb = -0\nc = +7\nd = 1_000_000\ne = 99999999999999999999999999\nf = -12",
    "a = 0xdead_BEEF\nb = 0o777\nc = 0b1010\nd = 0x0",
    "a = 0.0\nb = -0.0\nc = 1e3\nd = 1E-3\ne = 6.02_2e+2_3\nf = 3.141592653589793\ng = 0e0",
    "a = inf\nb = -inf\nc = +inf\nd = nan\ne = 1e400\nf = 5e-324\ng = 1e-400",
    "a = 2.2250738585072014e-308\nb = 1.7976931348623157e308\nc = 0.1\nd = 123456.789e-7",
]

REFUSED = [
    "a",
    "a =",
    "= 1",
    "a = 1 b = 2",
    "a = 1\na = 2",
    "a = 1\na.b = 2",
    "a.b = 1\na = 2",
    "a = 1\n[a]",
    "a = 1\n[a.b]",
    "[a]\n[a]",
    "[a]\nb = 1\n[a.b]",
    "[a]\nb.c = 1\n[a.b]",
    "[a.b.c]\nz = 1\n[a]\nb.c.t = 2",
    "[a.b]\n[a]\nb = 1",
    "[a.b]\n[a]\nb.c = 1",
    "[a",
    "[]",
    "[a.]",
    "[.a]",
    "[a] x",
    "[a]]",
    "a..b = 1",
    "a. = 1",
    "ключ = 1",
    "a = x",
    "a = 'x",
    'a = "x\n"',
    'a = "\\x41"',
    'a = "\\ud800"',
    'a = "\\U00110000"',
    'a = "\\u12"',
    'a = "\x01"',
    "a = '\x7f'",
    "# \x00",
    "a = 1\r",
    "a = 01",
    "a = -01",
    "a = 1__0",
    "a = _1",
    "a = 1_",
    "a = 0x",
    "a = 0xg",
    "a = +0x1",
    "a = 0X1",
    "a = 1.",
    "a = .5",
    "a = 1.e3",
    "a = 1e",
    "a = 1e1.5",
    "a = 01.5",
    "a = 1_.5",
    "a = True",
    "a = +true",
    "a = Inf",
    "a = [1 2]",
    "a = [1,,2]",
    "a = [,]",
    "a = [1",
    "a = ]",
    "\ufeffa = 1",
    "\u00a0a = 1",
]

NOT_READ_HERE = [
    'a = """x"""',
    "a = '''\nx'''",
    "a = {b = 1}",
    "[[a]]",
    "a = 1979-05-27",
    "a = 07:32:00",
    "a = 1979-05-27T07:32:00Z",
    "a = " + "[" * 101 + "]" * 101,
    "a = " + "1" * 500,
]


def flatten(table: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """The values of a document of tomllib, in the probe's form, by path."""
    found = []
    for key, value in table.items():
        here = (*path, key)
        found += flatten(value, here) if isinstance(value, dict) else [(here, typed(value))]
    return sorted(found)


def typed(value: Any) -> list[Any]:
    match value:
        case bool():
            return ["boolean", value]
        case int():
            return ["integer", value]
        case float():
            return ["float", struct.unpack("<Q", struct.pack("<d", value))[0]]
        case str():
            return ["string", value]
        case list():
            return ["array", [typed(item) for item in value]]
    raise AssertionError(f"{value!r} is not compared")


def is_read_by_tomllib(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def answers_agree(text: str, answer: dict[str, Any]) -> bool:
    """Whether the reader made of a text what tomllib makes of it."""
    if not is_read_by_tomllib(text):
        return "problem" in answer
    entries = [(tuple(path), value) for path, value in answer.get("entries", [])]
    return "entries" in answer and sorted(entries) == flatten(tomllib.loads(text))


def test_documents_are_read_and_refused_as_tomllib_does(probe: Probe, tmp_path: Path) -> None:
    answers = probe.ask_about("toml", READ + REFUSED, tmp_path)
    wrong = [
        (text, answer)
        for text, answer in zip(READ + REFUSED, answers, strict=True)
        if not answers_agree(text, answer)
    ]
    assert wrong == []
    assert [text for text in READ if not is_read_by_tomllib(text)] == []
    assert [text for text in REFUSED if is_read_by_tomllib(text)] == []


def test_what_is_not_supported_is_refused_with_its_line(probe: Probe, tmp_path: Path) -> None:
    texts = [f"# one\n[t]\n{text.replace('a', 'k', 1)}\n" for text in NOT_READ_HERE]
    answers = probe.ask_about("toml", texts, tmp_path)
    assert [answer.get("line") for answer in answers] == [3] * len(texts)


def test_mutated_documents_are_read_as_tomllib_does(probe: Probe, tmp_path: Path) -> None:
    choose = random.Random(7)
    texts = []
    for text in itertools.islice(itertools.cycle(READ), 1500):
        characters = list(text)
        for _ in range(choose.randint(1, 3)):
            position = choose.randint(0, len(characters))
            characters[position : position + choose.randint(0, 2)] = choose.choice(
                [*"[]\"'=.,_-+#\\ \n\t01aeE", "", "\r\n", "\x00", "𝔸"]
            )
        texts.append("".join(characters))
    compared = [text for text in texts if not uses_what_is_not_read(text)]
    assert len(compared) > 1200
    answers = probe.ask_about("toml", compared, tmp_path)
    wrong = [
        (text, answer)
        for text, answer in zip(compared, answers, strict=True)
        if not answers_agree(text, answer)
    ]
    assert wrong == []


def uses_what_is_not_read(text: str) -> bool:
    """Whether tomllib reads something in the text that the reader refuses by design."""
    if '"""' in text or "'''" in text or "[[" in text.replace(" ", ""):
        return True
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    dates = (datetime.date, datetime.time)
    return "{" in text or any(isinstance(value, dates) for value in walk(document))


def walk(value: Any) -> list[Any]:
    match value:
        case dict():
            return [found for item in value.values() for found in walk(item)]
        case list():
            return [found for item in value for found in walk(item)]
    return [value]


def test_file_that_stepcheck_prints_is_read(probe: Probe, tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["settings"]).output
    filled = re.sub(r"^# (\w+ = .+)$", r"\1", printed, flags=re.MULTILINE)
    assert len(tomllib.loads(filled)["client"]) >= 3
    answers = probe.ask_about("toml", [printed, filled], tmp_path)
    assert answers_agree(printed, answers[0])
    assert answers_agree(filled, answers[1])


def test_long_lines_take_no_stack(probe: Probe, tmp_path: Path) -> None:
    text = "x" * 100_000
    (answer,) = probe.ask_about("toml", [f"a = '{text}'\n# {text}"], tmp_path)
    assert answer["entries"] == [[["a"], ["string", text]]]
