"""Lean's own parser reads what the server answers to LeanCopilot and llmlean.

These tactics themselves are not run: they cannot be built here.
"""

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from stepcheck.models.generation.registry import load_generator

from ..package_lean import PackageLean

GOAL = "p q : Prop\nhp : p\nhq : q\n⊢ p ∧ q"
PROMPT = f"[STATE]...[/STATE], [TAC]...[/TAC]\n[CTX]\n\n[/CTX]\n[STATE]\n{GOAL}\n[/STATE]\n[TAC]\n"


def to_number(bits: int) -> float:
    (number,) = struct.unpack("<d", bits.to_bytes(8, "little"))
    return float(number)


def test_lean_reads_every_answer(package: PackageLean, run_server: Any, tmp_path: Path) -> None:
    answers = {}
    with run_server(load=lambda: [load_generator("bundled", device="cpu", threads=1)]) as server:
        for name, path, body in (
            # A long completion has a tiny score, written with an exponent.
            ("generations", "/generate", {"name": "m", "input": GOAL, "prefix": "exact ⟨"}),
            ("embedding", "/encode", {"name": "m", "input": GOAL}),
            (
                "chat",
                "/v1/chat/completions",
                {"messages": [{"role": "user", "content": PROMPT}], "n": 8, "model": "gpt-4o"},
            ),
        ):
            with server.client() as client:
                response = client.post(path, json=body)
            assert response.status_code == 200, response.text
            (tmp_path / f"{name}.json").write_bytes(response.content)
            answers[name] = response.json()
    module = Path(__file__).with_name("AnswerProbe.lean")
    probe = package.compile(module, tmp_path / "probe")

    run = probe.run(
        "import AnswerProbe\n" + "\n".join(f'#{name} "{tmp_path / name}.json"' for name in answers),
        readable=[tmp_path],
    )

    assert run.errors == [], run.stderr
    generations, embedding, chat = map(json.loads, run.information)
    assert any("e-" in repr(each["score"]) for each in answers["generations"]["outputs"])
    assert [(text, to_number(bits)) for text, bits in generations] == [
        (each["output"], pytest.approx(each["score"], rel=1e-12))
        for each in answers["generations"]["outputs"]
    ]
    assert [to_number(bits) for bits in embedding] == pytest.approx(
        answers["embedding"]["outputs"], rel=1e-12
    )
    assert chat == [each["message"]["content"] for each in answers["chat"]["choices"]]
    assert "[TAC]simp_all[/TAC]" in chat
