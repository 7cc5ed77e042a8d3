"""Draw from a hypothesis strategy outside a test: always the same values, and no database."""

import contextlib
import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import HealthCheck, Phase, assume, find, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import NoSuchExample, Unsatisfiable
from hypothesis.strategies import SearchStrategy

from stepcheck.server.judge import cache_folder
from stepcheck.server.judge.evidence.inputs import Values, arguments_like

T = TypeVar("T")


class StopSearchError(BaseException):
    """Ends the search; hypothesis would take an `Exception` for a find."""


def search(
    strategy: SearchStrategy[T], is_found: Callable[[T], bool], max_examples: int, seed: int = 0
) -> None:
    """Let hypothesis look for a value, and if it is found, for ever smaller ones.

    With the same `seed`, it looks at the same ones.
    `is_found` gets each, may reject it (`hypothesis.assume`), or raise `StopSearchError`.
    """
    # It keeps tables of characters and constants, by default in the working folder: the user's.
    set_hypothesis_home_dir(cache_folder.cache_folder() / "hypothesis")
    drawing = settings(
        max_examples=max_examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    with contextlib.suppress(StopSearchError, NoSuchExample, Unsatisfiable):
        find(strategy, is_found, settings=drawing, random=random.Random(seed))  # noqa: S311


def vary(examples: Sequence[Values], count: int) -> list[Values]:
    """Return up to `count` different arguments that none of the examples is; repeatable.

    Examples with another number of arguments than the first are left out.
    """
    alike = [example for example in examples if len(example) == len(examples[0])]
    shown = set(map(repr, alike))
    drawn: dict[str, Values] = {}

    def collect(values: Values) -> bool:
        if len(drawn) == count:
            raise StopSearchError
        assume(repr(values) not in shown)
        drawn[repr(values)] = values
        return False

    if alike[0]:
        search(arguments_like(alike), collect, 2 * count)
    return list(drawn.values())
