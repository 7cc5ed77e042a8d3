"""The prompts of llmlean are read back, in the form that each of its versions writes them.

Its instructions to a general model are shortened here to what distinguishes them.
"""

import time

import pytest

from stepcheck.models.interface import SuggestionPrompt
from stepcheck.server.api.compatibility.llmlean import LlmleanPrompt, read_prompt, write_answer

GOAL = "a b : ℕ\nh : a = b\n⊢ b = a"
CONTEXT = (
    "import Mathlib\n\n-- the [STATE] of [CTX]\nexample (a b : ℕ) (h : a = b) : b = a := by\n  "
)
INSTRUCTIONS = "/- The file is inside [CTX]...[/CTX], the state inside [STATE]...[/STATE].\n"


def tagged(ask, rest):
    return f"{INSTRUCTIONS}{ask}\n-/\n[CTX]\n{CONTEXT}\n[/CTX]\n[STATE]\n{GOAL}\n[/STATE]\n{rest}"


def shots(rest):
    shot = "Tactic state:\n---\nm n : ℕ\nh : Nat.coprime m n\n⊢ Nat.gcd m n = 1\n---\n"
    return (
        f"Suggest a tactic:\n\n{shot}Next tactic:\n---\nrw [← h]\n---\n\n{shot}Next tactic:\n---\n"
        f"simp\n---\n\nTactic state:\n---\n{GOAL}\n---\n{rest}"
    )


def markdown(task, *, words=" as follows", before=""):
    return (
        f"Prove.\n{before}The file contents up to the current tactic are{words}:\n\n```lean4\n"
        f"{CONTEXT}\n```\n\nThe current proof state is{words}:\n{GOAL}\n\n{task}"
    )


NEXT = "Your task is to generate the next tactic, in a markdown code block.\n\n"
STEP = "Put the next tactic inside [TAC]...[/TAC]."
PROOF = "Put the proof inside [PROOF]...[/PROOF]"
THOUGHTS = "[THOUGHTS]\n...\n[/THOUGHTS]\n"
FAILED = "It failed:\nunsolved goals\n⊢ b = a\n\nPrevious attempt:\n[PROOF]\nsimp\n[/PROOF]\n"


@pytest.mark.parametrize(
    ("text", "prefix", "context", "tag"),
    [
        (tagged(STEP, "[TAC]\n"), "", CONTEXT, "TAC"),
        (tagged(STEP, "[TAC]\nexact "), "exact ", CONTEXT, "TAC"),
        (tagged(STEP + THOUGHTS, "[THOUGHTS]\n"), "", CONTEXT, "TAC"),
        (tagged(STEP + THOUGHTS, "[THOUGHTS]\nrw [h"), "rw [h", CONTEXT, "TAC"),
        (tagged(STEP, "[PREFIX]\n\n[/PREFIX]\n[TAC]\n"), "", CONTEXT, "TAC"),
        (tagged(STEP, "[PREFIX]\nsimp \n[/PREFIX]\n[TAC]\n"), "simp ", CONTEXT, "TAC"),
        (tagged(STEP, "[PREFIX]\nrw\n[/PREFIX]\n[THOUGHTS]\n"), "rw", CONTEXT, "TAC"),
        (tagged(PROOF + THOUGHTS, ""), "", CONTEXT, "PROOF"),
        (tagged(PROOF, "[PROOF]"), "", CONTEXT, "PROOF"),
        (tagged(FAILED + PROOF, "[PROOF]"), "", CONTEXT, "PROOF"),
        (tagged(FAILED + PROOF, "[THOUGHTS]"), "", CONTEXT, "PROOF"),
        (shots("Next tactic:\n---\n"), "", "", None),
        (shots("Next tactic:\n---\nrw ["), "rw [", "", None),
        (
            shots("[PREFIX]\nrw [\n[/PREFIX]\n\nNext tactic completion:\n---\nrw ["),
            "rw [",
            "",
            None,
        ),
        (markdown(NEXT), "", CONTEXT, None),
        (markdown(NEXT + "The tactic you generate should start with rw ["), "rw [", CONTEXT, None),
        (markdown("Your task is to generate the proof.\n"), "", CONTEXT, None),
        (
            markdown(
                "Please analyze what went wrong.",
                words="",
                before="**Previous attempt:**\n```lean4\nsimp\n```\n\n",
            ),
            "",
            CONTEXT,
            None,
        ),
        (f"{GOAL}:::", "", "", None),
    ],
)
def test_goal_prefix_and_context_are_found(text, prefix, context, tag):
    assert read_prompt(text) == LlmleanPrompt(SuggestionPrompt(GOAL, prefix, context), tag)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello! Can you prove that 1 + 1 = 2?",
        CONTEXT,
        f"{INSTRUCTIONS}{PROOF}\n-/\n[CTX]\n{CONTEXT}\n[/CTX]\n[PROOF]",
        tagged(STEP, "")[: -len("[/STATE]\n")],
        tagged(STEP, "").replace(GOAL, " "),
        "Tactic state:\n---\n⊢ True",
        "no goals:::",
        "The current proof state is as follows:\n⊢ True",
    ],
)
def test_without_a_proof_state_there_is_nothing_to_answer(text):
    assert read_prompt(text) is None


def test_a_hostile_prompt_takes_no_time():
    parts = [
        "\n[STATE]\n",
        "[/STATE]",
        "\nTactic state:\n---\n",
        "\n---\n",
        "\nThe file contents up to the current tactic are:\n```lean4\n",
        "\nThe current proof state is:\n",
        "\n[PREFIX]\n",
        "\n",
        "```",
    ]
    begin = time.monotonic()

    for part in parts:
        read_prompt(part * (2**21 // len(part)))
        read_prompt(part * (2**20 // len(part)) + tagged(STEP, "[TAC]\n"))
        read_prompt(part * (2**20 // len(part)) + markdown("x"))
    read_prompt("".join(parts) * (2**21 // sum(map(len, parts))))

    assert time.monotonic() - begin < 5


def trimmed(text):
    return text.strip(" \t\r\n")


def split_tactic(text):
    """What llmlean's splitTac makes of a message since 2025."""
    return trimmed(text.split("[TAC]")[1 if "[TAC]" in text else 0].split("[/TAC]")[0])


def split_tactic_as_in_2024(text):
    return trimmed(text.replace("[TAC]", "").split("[/TAC]")[0])


def split_proof(text):
    return trimmed(text.split("[PROOF]")[1 if "[PROOF]" in text else 0].split("[/PROOF]")[0])


@pytest.mark.parametrize("split", [split_tactic, split_tactic_as_in_2024])
@pytest.mark.parametrize("chat", [True, False])
@pytest.mark.parametrize("tag", ["TAC", None])
@pytest.mark.parametrize(
    "case",
    [
        ("", "simp", "simp"),
        ("", "constructor\n· simp\n· rfl", "constructor\n· simp\n· rfl"),
        ("exact ", "exact h.symm", "exact h.symm"),
        ("exact h.", "exact h.symm", "exact h.symm"),
        # Its trimming would join the two.
        ("exact", "exact h.symm", "exact/- -/ h.symm"),
        ("rw", "rw [h]", "rw[h]"),
        ("rw ", "rw  [h]", "rw [h]"),
        ("constructor", "constructor\n· simp", "constructor/- -/\n· simp"),
        ("simp", "simp", "simp"),
    ],
)
def test_llmlean_puts_the_step_together_again(case, tag, chat, split):
    prefix, step, read = case
    asked = LlmleanPrompt(SuggestionPrompt(GOAL, prefix), tag)

    assert prefix + split(write_answer(step, asked, chat=chat)) == read


def test_a_proof_is_read_too():
    asked = LlmleanPrompt(SuggestionPrompt(GOAL), "PROOF")

    assert split_proof(write_answer("simp\nrfl", asked)) == "simp\nrfl"
