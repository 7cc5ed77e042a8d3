"""Make the development split of the judge: right and wrong versions of documented library code.

    pip download --no-deps --only-binary=:all: --require-hashes \\
        --requirement bench/development_split.txt --dest FOLDER
    python bench/make_development_split.py --packages FOLDER --out split.jsonl

Two designs of the judge may be compared by it; nothing is trained on it, no rule is made for one of
its rows, and it is not checked in. The rows have the shape that `stepcheck judge --benchmark`
reads. The same archives and version of Python give the same file, whose SHA-256 is printed.

A row shows half of the examples of a docstring. A right candidate is the library's code in other
words, a wrong one has one small fault: it is wrong because an example that the row does not show
fails under Python's doctest. A fault that no such example shows is left out, and so is what takes
too long, and what depends on the order of sets.

Sources: more-itertools, pydash, inflection and humanize (MIT), boltons and toolz (BSD-3-Clause).
"""

import ast
import collections
import doctest
import hashlib
import itertools
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from split_excerpts import Excerpt, read_excerpts
from split_sessions import Trial, run
from split_variants import Variant, mutants, rewritten

from stepcheck.server.judge.benchmark.preludes import HUMANEVAL_X
from stepcheck.server.sandbox.sandbox import Sandbox

REQUIREMENTS = Path(__file__).parent / "development_split.txt"
MAX_MUTANTS = 24
SHARE_SUBTLE = 0.7
"""Of the wrong rows, those whose shown examples pass, where there is such a fault."""
_FLOAT = re.compile(r"\d\.\d")
_PINNED = re.compile(r"(\S+)==(\S+) --hash=sha256:(\w+)")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the split: what `stepcheck judge --benchmark` reads, and where it is from."""

    id: str
    language: str
    problem: str
    examples: str
    declaration: str
    reference: str
    candidate: str
    tests: str
    label: bool
    form: str
    change: str
    shown_pass: bool
    source: str


@dataclass(frozen=True, slots=True)
class Task:
    """An excerpt with the places of the examples that its rows show."""

    excerpt: Excerpt
    shown: frozenset[int]

    @property
    def held_out(self) -> frozenset[int]:
        return _checks(self.excerpt.session) - self.shown

    @property
    def shown_session(self) -> list[doctest.Example]:
        hidden = self.held_out
        return [one for place, one in enumerate(self.excerpt.session) if place not in hidden]

    def trial(self, variant: Variant) -> Trial:
        return Trial(self._code(variant), self.excerpt.session)

    def shown_trial(self, variant: Variant) -> Trial:
        return Trial(self._code(variant), self.shown_session)

    def _code(self, variant: Variant) -> str:
        body = self.excerpt.body(variant.definition)
        return HUMANEVAL_X + self.excerpt.declaration + body


def archives(folder: Path) -> Iterator[Path]:
    """Yield the pinned archives in the folder; raises SystemExit where one is not as pinned."""
    for name, version, digest in _PINNED.findall(REQUIREMENTS.read_text()):
        pattern = f"{name.replace('-', '_')}-{version}-*.whl"
        found = next(folder.glob(pattern), None)
        if found is None or hashlib.sha256(found.read_bytes()).hexdigest() != digest:
            raise SystemExit(f"{folder} lacks {pattern} with SHA-256 {digest}")
        yield found


def _checks(session: Sequence[doctest.Example]) -> frozenset[int]:
    """Return the places of the examples that want something, for the others only prepare."""
    return frozenset(place for place, one in enumerate(session) if one.want)


def tasks(excerpt: Excerpt) -> Iterator[Task]:
    """Yield the ways to hold out half of the examples: every second, or else the latter."""
    checks = sorted(_checks(excerpt.session))
    if len(checks) > 1:
        yield Task(excerpt, frozenset(checks[::2]))
        yield Task(excerpt, frozenset(checks[: (len(checks) + 1) // 2]))


def make_rows(excerpt: Excerpt, used: collections.Counter[str], sandbox: Sandbox) -> list[Row]:
    """Return a right row and a wrong one, or nothing; `used` counts the changes taken so far."""
    generator = random.Random(f"{excerpt.source}.{excerpt.name}")
    original = Variant("original", excerpt.definition)
    right = rewritten(excerpt.definition, generator)
    tried = list(mutants(excerpt.definition))
    generator.shuffle(tried)
    tried = tried[:MAX_MUTANTS]
    choices = list(tasks(excerpt))
    if not choices:
        return []
    outcomes = run(
        [
            *(choice.shown_trial(original) for choice in choices),
            *(choices[0].trial(one) for one in (original, right, *tried)),
        ],
        sandbox,
    )
    shown, whole = outcomes[: len(choices)], outcomes[len(choices) :]
    fitting = [choice for choice, outcome in zip(choices, shown, strict=True) if outcome == set()]
    if not fitting or whole[0] != set() or whole[1] != set():
        return []
    task = fitting[0]
    wrong = [
        (one, not outcome & task.shown)
        for one, outcome in zip(tried, whole[2:], strict=True)
        if outcome is not None and outcome & task.held_out
    ]
    if not wrong:
        return []
    subtle = [pair for pair in wrong if pair[1]] if generator.random() < SHARE_SUBTLE else []
    chosen, passes = min(subtle or wrong, key=lambda pair: used[pair[0].kind])
    used[chosen.kind] += 1
    return [
        _row(task, right, label=True, shown_pass=True),
        _row(task, chosen, label=False, shown_pass=passes),
    ]


def _row(task: Task, variant: Variant, *, label: bool, shown_pass: bool) -> Row:
    excerpt = task.excerpt
    side = "right" if label else "wrong"
    return Row(
        id=f"{excerpt.source}.{excerpt.name}/{side}",
        language="python",
        problem=excerpt.prose,
        examples="".join(_written(one) for one in task.shown_session),
        declaration=excerpt.declaration,
        reference=excerpt.body(excerpt.definition),
        candidate=excerpt.body(variant.definition),
        tests=_assertions(task),
        label=label,
        form=_form(excerpt),
        change=variant.kind,
        shown_pass=shown_pass,
        source=excerpt.library,
    )


def _written(example: doctest.Example) -> str:
    first, *others = example.source.splitlines()
    lines = [f">>> {first}", *(f"... {line}" for line in others)]
    return "\n".join(lines) + "\n" + example.want


def _assertions(task: Task) -> str:
    """Return the whole session as statements that assert, or nothing where it is none."""
    lines = []
    for example in task.excerpt.session:
        source, want = example.source.strip(), example.want.rstrip("\n")
        if not want:
            lines.append(source)
            continue
        try:
            called = ast.unparse(ast.parse(source, mode="eval"))
            ast.literal_eval(want)
        except (SyntaxError, ValueError):
            return ""
        lines.append(f"assert repr({called}) == {want!r}")
    return "\n".join(lines) + "\n"


def _form(excerpt: Excerpt) -> str:
    nodes = list(ast.walk(excerpt.definition))
    wants = [one.want.strip() for one in excerpt.session if one.want]
    if isinstance(excerpt.definition, ast.ClassDef):
        return "class"
    if any(one.exc_msg for one in excerpt.session) or any(isinstance(n, ast.Try) for n in nodes):
        return "exception"
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes):
        return "generator"
    if any(_FLOAT.search(want) for want in wants):
        return "float"
    if all(want[0] in "'\"" for want in wants):
        return "text"
    return "other"


def main(
    packages: Annotated[Path, typer.Option(help="Folder of the downloaded archives.")],
    out: Annotated[Path, typer.Option(help="Where to write JSON lines.")],
    most: Annotated[int, typer.Option(help="Definitions taken of one library at most.")] = 16,
) -> None:
    """Write the split, and print what it holds."""
    sandbox, used, rows = Sandbox(), collections.Counter[str](), list[Row]()
    for archive in archives(packages):
        excerpts = sorted(read_excerpts(archive), key=lambda one: (one.source, one.name))
        random.Random(archive.name).shuffle(excerpts)
        pairs = (make_rows(excerpt, used, sandbox) for excerpt in excerpts)
        taken = list(itertools.islice(filter(None, pairs), most))
        print(f"{archive.name}: {len(taken)} of {len(excerpts)} definitions")
        rows += [row for pair in taken for row in pair]
    text = "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)
    out.write_text(text, encoding="utf-8")
    for field in ("label", "form", "change", "shown_pass"):
        print(field, dict(collections.Counter(getattr(row, field) for row in rows)))
    print(f"{len(rows)} rows, SHA-256 {hashlib.sha256(text.encode()).hexdigest()}")


if __name__ == "__main__":
    typer.run(main)
