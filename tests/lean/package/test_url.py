"""Reading addresses and tokens: nothing gets into a request's head that could end its line."""

from pathlib import Path
from typing import Any

from .probing import Probe


def read(probe: Probe, folder: Path, *texts: str) -> list[dict[str, Any]]:
    return probe.ask_about("url", texts, folder)


def test_parts_of_an_address(probe: Probe, tmp_path: Path) -> None:
    plain, secure, v6 = read(
        probe, tmp_path, "http://127.0.0.1:8010", "HTTPS://Example.org/a/b%20c//", "http://[::1]"
    )
    assert plain == {
        "secure": False,
        "host": "127.0.0.1",
        "port": 8010,
        "path": "",
        "loopback": True,
        "text": "http://127.0.0.1:8010",
    }
    assert secure == {
        "secure": True,
        "host": "Example.org",
        "port": 443,
        "path": "/a/b%20c",
        "loopback": False,
        "text": "https://Example.org/a/b%20c",
    }
    assert (v6["host"], v6["port"], v6["text"]) == ("::1", 80, "http://[::1]")


def test_loopback_is_only_what_surely_is(probe: Probe, tmp_path: Path) -> None:
    loopback = ["127.0.0.1", "127.255.0.9", "localhost", "LOCALHOST", "[::1]"]
    elsewhere = [
        "127.0.0.1.example.org",
        "localhost.example.org",
        "128.0.0.1",
        "127.1",
        "127.0.0.256",
        "127.0.0.0001",
        "[::2]",
        "example.org",
    ]
    answers = read(probe, tmp_path, *(f"http://{host}/" for host in loopback + elsewhere))
    assert [answer["loopback"] for answer in answers] == [True] * 5 + [False] * len(elsewhere)


def test_wrong_addresses_are_refused(probe: Probe, tmp_path: Path) -> None:
    texts = [
        "",
        "127.0.0.1:8010",
        "ftp://a",
        "http:/a",
        "http://",
        "http://:80",
        "http://a:",
        "http://a:0",
        "http://a:65536",
        "http://a:99999999999999999999",
        "http://a:-1",
        "http://user:secret@a",
        "http://a?b",
        "http://a/b?c",
        "http://a#b",
        "http://a/#b",
        "http://a b",
        " http://a",
        "http://a\r\nX: y",
        "http://a/\r\nX: y",
        "http://a/\n",
        'http://a/"',
        "http://a\\b",
        "http://ä.example",
        "http://a/ä",
        "http://[::1",
        "http://[]",
        "http://[::1]x",
        "http://[::1\r\n]",
        "http://a/\0",
    ]
    answers = read(probe, tmp_path, *texts)
    accepted = [text for text, answer in zip(texts, answers, strict=True) if "text" in answer]
    assert accepted == []


def test_tokens_fit_in_a_header(probe: Probe, tmp_path: Path) -> None:
    tokens = ["a", 'sk-"\\{}~!', "x" * 1000]
    others = ["", "a b", "a\r\nX: y", "a\n", "ä", "a\0", "a\t", "\x7f"]
    assert probe.ask_about("token", tokens + others, tmp_path) == [True] * 3 + [False] * 8
