"""Which calls two versions are compared on: their form, strategies for their values, their domain.

The calls of examples come first, with what prepares them; where there are none, or they leave
nothing to vary, the parameters' types tell.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from stepcheck.server.judge.evidence.call_templates import Template, read_templates
from stepcheck.server.judge.evidence.comparison import Input
from stepcheck.server.judge.evidence.domain.boundaries import boundary_inputs
from stepcheck.server.judge.evidence.domain.domain import Domain, Place, Standpoint
from stepcheck.server.judge.evidence.domain.parameters import Parameter, read_parameters
from stepcheck.server.judge.evidence.inputs import Values, arguments_like, find_constants
from stepcheck.server.judge.evidence.library_inputs import Made, make_argument, numbered
from stepcheck.server.judge.languages.python.changes import find_member
from stepcheck.server.judge.languages.python.source import (
    Function,
    SourceError,
    definitions,
    main_function,
    parse,
)
from stepcheck.server.sandbox.parsing import parse_expression

_MAX_TEMPLATES = 4
_MAX_OPTIONS = 2
_TRUTH_VALUES = (False, True)


@dataclass(frozen=True, slots=True)
class Task:
    """What is compared: the code judged, the other version, and what is said of the task.

    `calls` are sources that end in a call; `function` is the one judged, if not the main one.
    """

    judged: str
    other: str
    calls: tuple[str, ...]
    text: str = ""
    function: str | None = None


@dataclass(frozen=True, slots=True)
class Arm:
    """Calls of one form: known `inputs`, a strategy for more, and where inputs stand."""

    template: Template
    inputs: tuple[Values, ...]
    strategy: SearchStrategy[Values]
    domain: Domain


@dataclass(frozen=True, slots=True)
class Plan:
    """Calls of some forms; `raises` are the exceptions that the task asks for."""

    arms: tuple[Arm, ...]
    raises: frozenset[str] = frozenset()

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
    return [int(one) for one in (stated.low, stated.high) if one is not None and int in kinds]


def make_plan(task: Task) -> Plan | None:
    """Return which calls to compare; None where nothing tells what the inputs are like."""
    tree = parse(task.judged)
    constants = list(dict.fromkeys((*_constants(task.judged), *_constants(task.other))))
    subject = _Subject.find(task, tree)
    arms = list(_arms_of_examples(task, tree, subject, constants))
    if subject is not None and arms:
        arms += _arms_of_options(arms[0], subject)
    if subject is not None and not any(arm.template.count for arm in arms):
        arms += _arms_of_types(task, subject, constants)
    if not arms:
        return None
    return Plan(tuple(arms), subject.raises if subject else frozenset())


def _constants(source: str) -> list[Any]:
    try:
        return find_constants(source)
    except SourceError:
        return []


@dataclass(frozen=True, slots=True)
class _Subject:
    """The function judged: its name, what its calls must be given, its documented exceptions.

    `making` are the parameters of its class, where it is a method.
    """

    name: str
    parameters: tuple[Parameter, ...]
    making: tuple[Parameter, ...] = ()
    raises: frozenset[str] = frozenset()
    is_callable: bool = True

    @classmethod
    def find(cls, task: Task, tree: ast.Module) -> "_Subject | None":
        main = main_function(tree)
        name = task.function or (main.name if main else "")
        node = _function(tree, name)
        if node is None:
            return None
        try:
            other = _function(parse(task.other), name)
        except SourceError:
            other = None
        owner, _, method = name.rpartition(".")
        parameters, documentation = read_parameters(node, other, task.text, bound=int(bool(owner)))
        making: tuple[Parameter, ...] = ()
        is_callable = "." not in owner and not (owner and node.decorator_list)
        if owner and (maker := _function(tree, f"{owner}.__init__")) is not None:
            making, _ = read_parameters(maker, None, task.text, bound=1)
        if method == "__init__":
            making = ()
        return cls(name, parameters, making, documentation.raises, is_callable)


def _function(tree: ast.Module, name: str) -> Function | None:
    member = find_member(tree, name) if name else None
    return member.node if member and isinstance(member.node, Function) else None


def _arms_of_examples(
    task: Task, tree: ast.Module, subject: _Subject | None, constants: Sequence[Any]
) -> Iterator[Arm]:
    read = read_templates(task.calls, definitions(tree), _module_names(tree))
    for template, shown in read[:_MAX_TEMPLATES]:
        parameters = _parameters_of(template, subject)
        columns = zip(*shown, strict=True) if template.count else ()
        places = [
            Place(tuple(values), parameter)
            for values, parameter in zip(columns, parameters, strict=True)
        ]
        strategy = arguments_like(shown, constants) if template.count else st.just(())
        yield Arm(template, tuple(shown), strategy, Domain(tuple(places), task.text))


def _module_names(tree: ast.Module) -> set[str]:
    """Return what the module's own statements bind."""
    found: set[str] = set()
    for statement in tree.body:
        for node in ast.walk(statement):
            match node:
                case ast.alias(name=name, asname=other):
                    found.add(other or name.partition(".")[0])
                case ast.Name(id=name, ctx=ast.Store()):
                    found.add(name)
    return found


def _parameters_of(template: Template, subject: _Subject | None) -> list[Parameter | None]:
    """Return the parameter that each place is the argument of, where that is known."""
    if subject is None or not _calls(template.expression, subject.name.rpartition(".")[2]):
        return [None] * template.count
    by_name = {parameter.name: parameter for parameter in subject.parameters}
    found: list[Parameter | None] = []
    for place in template.places:
        if isinstance(place, int):
            known = place < len(subject.parameters)
            found.append(subject.parameters[place] if known else None)
        else:
            found.append(by_name.get(place or ""))
    return found


def _calls(expression: ast.expr, name: str) -> bool:
    match expression:
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
            return called == name
    return False


def _arms_of_options(arm: Arm, subject: _Subject) -> Iterator[Arm]:
    """Yield the calls of an arm with a parameter for a truth value that they leave to its default.

    Examples seldom show both values, and both are inside the domain.
    """
    name = subject.name.rpartition(".")[2]
    call = arm.template.call_of(name)
    if call is None:
        return
    given = {one.arg for one in call.keywords}
    if None in given or any(isinstance(argument, ast.Starred) for argument in call.args):
        return
    left = [
        one
        for position, one in enumerate(subject.parameters)
        if (position >= len(call.args) or one.is_only_keyword) and one.name not in given
    ]
    options = [one for one in left if one.has_default and _is_truth_value(one)]
    for option in options[:_MAX_OPTIONS]:
        values = [(*shown, chosen) for shown in arm.inputs for chosen in _TRUTH_VALUES]
        places = (*arm.domain.places, Place(_TRUTH_VALUES, option))
        strategy = st.tuples(arm.strategy, st.booleans()).map(lambda drawn: (*drawn[0], drawn[1]))
        yield Arm(
            arm.template.with_keyword(name, option.name),
            tuple(values),
            strategy,
            Domain(places, arm.domain.text),
        )


def _is_truth_value(parameter: Parameter) -> bool:
    match parameter.annotation:
        case ast.Name(id="bool"):
            return True
    return False


def _arms_of_types(task: Task, subject: _Subject, constants: Sequence[Any]) -> Iterator[Arm]:
    """Yield calls with what must be given, and with all that can be told."""
    if not subject.is_callable:
        return
    required = [one for one in subject.parameters if not one.has_default]
    optional = [one for one in subject.parameters if one.has_default]
    made = [
        make_argument(one, constants, (task.other, task.text))
        for one in subject.making
        if not one.has_default
    ]
    needed = [make_argument(one, constants, (task.other, task.text)) for one in required]
    if None in made or None in needed or any(one.is_only_keyword for one in required):
        return
    yield _arm(task, subject, (made, needed), required)
    known: list[Made | None] = []
    for one in optional:
        argument = make_argument(one, constants, (task.other, task.text))
        if argument is None or one.is_only_keyword:
            break
        known.append(argument)
    if known:
        taken = [*required, *optional[: len(known)]]
        yield _arm(task, subject, (made, [*needed, *known]), taken)


def _arm(
    task: Task,
    subject: _Subject,
    made: tuple[Sequence[Made | None], Sequence[Made | None]],
    taken: Sequence[Parameter],
) -> Arm:
    owner, _, method = subject.name.rpartition(".")
    making = [one for one in subject.making if not one.has_default]
    setup: dict[str, None] = {}
    strategies: list[SearchStrategy[Any]] = []
    places: list[Place] = []
    texts: list[list[str]] = []
    for arguments, parameters in zip(made, (making, taken), strict=True):
        text: list[str] = []
        for argument, parameter in zip(arguments, parameters, strict=True):
            if argument is None:
                continue
            filled = numbered(argument, len(strategies))
            setup.update(dict.fromkeys(filled.setup))
            strategies += filled.strategies
            places += [Place((), parameter)] * len(filled.strategies)
            text.append(filled.expression)
        texts.append(text)
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
