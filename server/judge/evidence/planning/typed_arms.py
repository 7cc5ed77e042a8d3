"""Calls whose arguments are made from what is known of the parameters: types, names, words."""

from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from stepcheck.server.judge.evidence.call_templates import Template
from stepcheck.server.judge.evidence.domain.domain import Domain, Place
from stepcheck.server.judge.evidence.domain.parameters import Parameter
from stepcheck.server.judge.evidence.planning.arms import Arm
from stepcheck.server.judge.evidence.planning.database_inputs import (
    connection_for,
    query_for,
    table_name_for,
)
from stepcheck.server.judge.evidence.planning.file_contents import said_columns
from stepcheck.server.judge.evidence.planning.file_inputs import file_for, files_opened
from stepcheck.server.judge.evidence.planning.library_inputs import make_argument
from stepcheck.server.judge.evidence.planning.made import Made, numbered
from stepcheck.server.judge.evidence.planning.subject import Subject, Task
from stepcheck.server.sandbox.parsing import parse_expression


def arms_of_types(task: Task, subject: Subject, constants: Sequence[Any]) -> Iterator[Arm]:
    """Yield calls with what must be given, and with all that can be told."""
    if not subject.is_callable:
        return

    def make(parameter: Parameter) -> Made | None:
        return make_any(parameter, constants, task.sources)

    required = [one for one in subject.parameters if not one.has_default]
    optional = [one for one in subject.parameters if one.has_default]
    made = [make(one) for one in subject.making if not one.has_default]
    needed = [make(one) for one in required]
    if None in made or None in needed or any(one.is_only_keyword for one in required):
        return
    yield _arm(task, subject, (made, needed), required)
    known: list[Made | None] = []
    for one in optional:
        argument = make(one)
        if argument is None or one.is_only_keyword:
            break
        known.append(argument)
    if known:
        taken = [*required, *optional[: len(known)]]
        yield _arm(task, subject, (made, [*needed, *known]), taken)


def make_any(parameter: Parameter, constants: Sequence[Any], sources: Sequence[str]) -> Made | None:
    """Return how to make arguments for a parameter, of whatever kind; None if nothing tells."""
    columns = said_columns(sources[1:])
    return (
        connection_for(parameter, columns, sources)
        or table_name_for(parameter, columns, sources)
        or query_for(parameter, columns, sources)
        or file_for(parameter, sources)
        or make_argument(parameter, constants, sources)
    )


def _arm(
    task: Task,
    subject: Subject,
    made: tuple[Sequence[Made | None], Sequence[Made | None]],
    taken: Sequence[Parameter],
) -> Arm:
    owner, _, method = subject.name.rpartition(".")
    making = [one for one in subject.making if not one.has_default]
    setup: dict[str, None] = {}
    strategies: list[SearchStrategy[Any]] = []
    places: list[Place] = []

    def fill(argument: Made, parameter: Parameter | None = None) -> str:
        filled = numbered(argument, len(strategies))
        setup.update(dict.fromkeys(filled.setup))
        strategies.extend(filled.strategies)
        places.extend(argument.places or [Place((), parameter)] * len(filled.strategies))
        return filled.expression

    texts = [
        [
            fill(argument, parameter)
            for argument, parameter in zip(arguments, parameters, strict=True)
            if argument is not None
        ]
        for arguments, parameters in zip(made, (making, taken), strict=True)
    ]
    for opened in files_opened(task.sources):
        fill(opened)
    call = f"{subject.name}({', '.join(texts[1])})"
    if owner:
        created = f"{owner}({', '.join(texts[0])})"
        call = (
            f"{owner}({', '.join(texts[1])})"
            if method == "__init__"
            else (f"{created}.{method}({', '.join(texts[1])})")
        )
    template = Template("\n".join(setup), parse_expression(call), len(strategies))
    strategy = st.tuples(*strategies)
    return Arm(template, (), strategy, Domain(tuple(places), task.text))
