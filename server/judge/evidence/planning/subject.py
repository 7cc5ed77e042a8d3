"""What is compared: the task, and the function judged with all that its calls must be given."""

import ast
from dataclasses import dataclass

from stepcheck.server.judge.evidence.domain.parameters import Parameter, read_parameters
from stepcheck.server.judge.languages.python.changes import find_member
from stepcheck.server.judge.languages.python.source import (
    Function,
    SourceError,
    main_function,
    parse,
)


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

    @property
    def sources(self) -> tuple[str, str]:
        """Texts that tell what arguments are like: the other version, and what is said."""
        return self.other, self.text


@dataclass(frozen=True, slots=True)
class Subject:
    """The function judged: its name, what its calls must be given, its documented exceptions.

    `making` are the parameters of its class, where it is a method.
    """

    name: str
    parameters: tuple[Parameter, ...]
    making: tuple[Parameter, ...] = ()
    raises: frozenset[str] = frozenset()
    is_callable: bool = True

    @classmethod
    def find(cls, task: Task, tree: ast.Module) -> "Subject | None":
        """Return the function judged in the tree of a task's code; None where it has none."""
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
