"""Which calls two versions are compared on: their form, strategies for their values, their domain.

The calls of examples come first, with what prepares them; where there are none, or they leave
nothing to vary, the parameters' types tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from stepcheck.server.judge.evidence.comparison import Input
from stepcheck.server.judge.evidence.domain.boundaries import boundary_inputs
from stepcheck.server.judge.evidence.domain.domain import Place, Standpoint
from stepcheck.server.judge.evidence.inputs import find_constants
from stepcheck.server.judge.evidence.planning.arms import Arm, arms_of_functions, arms_of_options
from stepcheck.server.judge.evidence.planning.example_arms import arms_of_examples
from stepcheck.server.judge.evidence.planning.subject import Subject, Task
from stepcheck.server.judge.evidence.planning.typed_arms import arms_of_types, make_any
from stepcheck.server.judge.languages.python.source import SourceError, parse


@dataclass(frozen=True, slots=True)
class Plan:
    """Calls of some forms; `raises` are the exceptions that the task asks for.

    `constants` are those of both versions.
    """

    arms: tuple[Arm, ...]
    raises: frozenset[str] = frozenset()
    constants: tuple[Any, ...] = ()

    @property
    def strategy(self) -> SearchStrategy[Input]:
        """Draws calls of each form."""
        return st.one_of([_filled(arm) for arm in self.arms])

    @property
    def shown(self) -> list[Input]:
        """The calls of the examples."""
        return [Input(arm.template, values) for arm in self.arms for values in arm.inputs]

    def locate(self, one: Input) -> Standpoint:
        """Tell where an input stands."""
        arm = next(arm for arm in self.arms if arm.template is one.template)
        return arm.domain.locate(one.values)

    def boundaries(self, drawn: Sequence[Input]) -> list[Input]:
        """Return inputs at the edges, like those of the examples or else those drawn."""
        found: list[Input] = []
        for arm in self.arms:
            known = arm.inputs or [one.values for one in drawn if one.template is arm.template]
            bounds = [_bounds(place) for place in arm.domain.places]
            edges = boundary_inputs(known, bounds)
            found += [Input(arm.template, values) for values in edges]
        return found


def _filled(arm: Arm) -> SearchStrategy[Input]:
    return arm.strategy.map(lambda values: Input(arm.template, values))


def _bounds(place: Place) -> list[Any]:
    if place.parameter is None:
        return []
    stated = place.parameter.stated
    kinds = {type(value) for value in place.shown} or {int}
    bounds = [int(one) for one in (stated.low, stated.high) if one is not None and int in kinds]
    return [*bounds, *([None] if place.parameter.admits_none else [])]


def make_plan(task: Task) -> Plan | None:
    """Return which calls to compare; None where nothing tells what the inputs are like."""
    tree = parse(task.judged)
    constants = list(dict.fromkeys((*_constants(task.judged), *_constants(task.other))))
    subject = Subject.find(task, tree)
    arms = list(arms_of_examples(task, tree, subject, constants))
    if subject is not None and arms:
        first = arms[0]
        arms += arms_of_functions(first, subject)
        arms += arms_of_options(
            first, subject, lambda option: make_any(option, constants, task.sources)
        )
    if subject is not None and not any(arm.template.count for arm in arms):
        arms += arms_of_types(task, subject, constants)
    if not arms:
        return None
    raises = subject.raises if subject else frozenset()
    return Plan(tuple(arms), raises, tuple(constants))


def _constants(source: str) -> list[Any]:
    try:
        return find_constants(source)
    except SourceError:
        return []
