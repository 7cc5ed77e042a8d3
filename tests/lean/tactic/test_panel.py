"""The panel of the infoview: what Lean hands to it, as far as there is no infoview here."""

from typing import Any

import pytest

from ..lean_worker import running_worker
from ..package_lean import PackageLean
from .scenario import FakeModel, Scenario, document

CALL = Scenario(
    "panel",
    "example (p q : Prop) (hp : p) (hq : q) : p ∧ q := by\n  llmstep",
    ("constructor", "have h := hp\nexact ⟨h, hq⟩", "sorry"),
)


@pytest.fixture(scope="module")
def panel(
    package: PackageLean, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], str, int]:
    """The properties of the panel, its JavaScript, and the line of the call."""
    folder = tmp_path_factory.mktemp("panel")
    spool = folder / "spool"
    spool.mkdir()
    text = document([CALL], spool)
    line = text.split("\n").index("  llmstep")
    with (
        FakeModel(spool, {"panel": CALL.answer()}).answering(),
        running_worker(package, folder) as worker,
    ):
        worker.open(text)
        (widget,) = [
            widget
            for widget in worker.call("Lean.Widget.getWidgets", line, 3)["widgets"]
            if "entries" in widget.get("props", {})
        ]
        source = worker.call("Lean.Widget.getWidgetSource", line, 3, hash=widget["javascriptHash"])
    return widget["props"], source["sourcetext"], line


def test_the_panel_gets_what_is_suggested(panel: tuple[dict[str, Any], str, int]) -> None:
    properties, _, line = panel
    proof, step = properties["entries"]
    assert proof["text"] == "have h := hp\n  exact ⟨h, hq⟩"
    assert proof["isProof"] is True
    assert proof["summary"] == "✓ proved, score -0.20"
    assert step["text"] == "constructor"
    assert step["isProof"] is False
    assert "⊢ p" in step["details"]
    assert properties["range"] == {
        "start": {"line": line, "character": 2},
        "end": {"line": line, "character": 9},
    }


def test_the_panels_program_is_served(panel: tuple[dict[str, Any], str, int]) -> None:
    _, source, _ = panel
    assert "@leanprover/infoview" in source
    assert "export default function" in source
