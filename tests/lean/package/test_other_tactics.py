"""Lean's own parser reads what the server answers to LeanCopilot and llmlean.

These tactics themselves are not run: they cannot be built here.
"""

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from stepcheck.models.generation.registry import load_generator
from stepcheck.server.api.compatibility.lean_copilot import GenerateResponse, Generation
from stepcheck.server.http.messages import to_json

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
    # The model may have nothing to say that is so unlikely as to be written with an exponent.
    unlikely = GenerateResponse(outputs=[Generation(output="simp", score=1.25e-11)])
    unlikely_file = tmp_path / "unlikely.json"
    unlikely_file.write_bytes(to_json(unlikely).data)
    module = Path(__file__).with_name("AnswerProbe.lean")
    probe = package.compile(module, tmp_path / "probe")

    run = probe.run(
        "import AnswerProbe\n"
        + "\n".join(f'#{name} "{tmp_path / name}.json"' for name in answers)
        + f'\n#generations "{unlikely_file}"',
        readable=[tmp_path],
    )

    assert run.errors == [], run.stderr
    generations, embedding, chat, (read,) = map(json.loads, run.information)
    assert b"e-" in unlikely_file.read_bytes()
    assert (read[0], to_number(read[1])) == ("simp", pytest.approx(1.25e-11, rel=1e-12))
    assert [(text, to_number(bits)) for text, bits in generations] == [
        (each["output"], pytest.approx(each["score"], rel=1e-12))
        for each in answers["generations"]["outputs"]
    ]
    assert [to_number(bits) for bits in embedding] == pytest.approx(
        answers["embedding"]["outputs"], rel=1e-12
    )
    assert chat == [each["message"]["content"] for each in answers["chat"]["choices"]]
    assert "[TAC]simp_all[/TAC]" in chat
