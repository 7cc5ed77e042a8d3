"""Proofs as text: signatures, the top-level steps of a tactic proof, goals read off a signature."""

import re
from dataclasses import dataclass

_KEYWORD = re.compile(r"(?:^|\s)(theorem|lemma|example)(?=[\s:({\[⦃])")
_NAME = re.compile(r"[^\s:({\[⦃]+")
_OPEN = "([{⟨⦃"
_CLOSE = ")]}⟩⦄"

# Lines that stand at the left margin and yet belong to the step above them.
_CONTINUES = re.compile(r"(\||<;>|_\s|_$|[)\]}⟩]|(at|with|else|then|from)\b|:=)")
_EXPECTS_MORE = ("<;>", ":= by", ":=", "fun", "=>", "↦", ",", "<|", "|>.", "⟨", "←")
_NOT_TACTICS = re.compile(r"(termination_by|decreasing_by|where)\b")

_NAMES_IN_BRACKETS = re.compile(r"\[([^\[\]]{1,300})\]")
_ONE_NAME = re.compile(r"(?:←\s*)?([A-Za-z_][\w.'!?]*)")
_APPLIED_NAME = re.compile(r"\b(?:exact|apply|refine|using)\s+\(?([A-Za-z_][\w.'!?]*)")


@dataclass(frozen=True)
class Signature:
    """A statement without its attributes, keyword and name.

    `name` is empty for an `example`; `text` starts at the first binder or the colon, so that
    `example {text} := …` is the same statement.
    """

    name: str
    text: str


def parse_signature(statement: str) -> Signature | None:
    """Return the signature of a theorem, lemma or example, or None for any other command.

    Of several commands in one text, as some rows of the data have them, the last one counts.
    """
    keywords = list(_KEYWORD.finditer(statement))
    if not keywords:
        return None
    rest = statement[keywords[-1].end() :].lstrip()
    if keywords[-1][1] == "example":
        return Signature("", rest)
    name = _NAME.match(rest)
    if name is None:
        return None
    text = rest[name.end() :].lstrip()
    if name[0].endswith(".") and text.startswith("{"):  # universe names: `foo.{u, v}`
        text = text[text.find("}") + 1 :].lstrip()
    return Signature(name[0].rstrip("."), text)


def holds_several_statements(text: str) -> bool:
    """Return whether a text holds more than one theorem, lemma or example."""
    return len(_KEYWORD.findall(text)) > 1


def without_spaces(text: str) -> str:
    """Return `text` without any white space: the form in which statements are compared."""
    return re.sub(r"\s+", "", text)


def normalize_tactic(tactic: str) -> str:
    """Return `tactic` with white space folded: the form in which tactics are compared."""
    return " ".join(tactic.split())


def _bracket_depth(text: str) -> int:
    return sum(map(text.count, _OPEN)) - sum(map(text.count, _CLOSE))


def split_steps(proof: str) -> list[str]:
    """Split a tactic proof into its top-level steps, each with all the lines that belong to it.

    A line opens a step when it stands at the left margin, unless it continues the step above: an
    alternative (`| zero => …`), a line inside an open bracket, a `calc` line, and the like.
    Comments on their own line, and what follows `termination_by` or `where`, are left out.
    """
    steps: list[str] = []
    for line in proof.strip("\n").split("\n"):
        if not line.strip() or line.startswith("--"):
            continue
        if _NOT_TACTICS.match(line):
            break
        if steps and (
            line[0].isspace()
            or _CONTINUES.match(line)
            or _bracket_depth(steps[-1]) > 0
            or steps[-1].endswith(_EXPECTS_MORE)
        ):
            steps[-1] += "\n" + line.rstrip()
        else:
            steps.append(line.rstrip())
    return steps


def names_in(proof: str, limit: int = 6) -> list[str]:
    """Return the first `limit` names that a proof cites, in brackets or applied by a tactic."""
    parts = [part for inside in _NAMES_IN_BRACKETS.findall(proof) for part in inside.split(",")]
    matches = [_ONE_NAME.fullmatch(part.strip()) for part in parts]
    found = [match[1] for match in matches if match]
    found += [name for name in _APPLIED_NAME.findall(proof) if name not in ("fun", "by")]
    return [name for name in dict.fromkeys(found) if len(name) > 1][:limit]


def _closing(text: str, start: int) -> int:
    depth = 0
    for index in range(start, len(text)):
        if text[index] in _OPEN:
            depth += 1
        elif text[index] in _CLOSE:
            depth -= 1
            if depth == 0:
                return index
    return -1


def goal_of(signature: str) -> str | None:
    r"""Write a signature the way Lean prints the goal at its start, as far as text alone allows.

    `(a b : Nat) (h : a < b) : a ≤ b` becomes `a b : Nat\nh : a < b\n⊢ a ≤ b`. Variables declared
    outside the statement and coercions are missing, which is why this serves pretraining only.
    Returns None where the binders cannot be read.
    """
    lines: list[str] = []
    position = 0
    text = signature.strip()
    while position < len(text) and text[position] in "([{⦃":
        end = _closing(text, position)
        if end < 0:
            return None
        inside = " ".join(text[position + 1 : end].split())
        if text[position] == "[":
            name, colon, _ = inside.partition(" : ")
            lines.append(inside if colon and " " not in name else f"inst✝ : {inside}")
        else:
            lines.append(inside.partition(" := ")[0])
        position = end + 1
        while position < len(text) and text[position].isspace():
            position += 1
    if not text.startswith(":", position):
        return None
    target = " ".join(text[position + 1 :].split())
    return "\n".join([*lines, f"⊢ {target}"]) if target else None
