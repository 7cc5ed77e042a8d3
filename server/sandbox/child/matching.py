"""When a value is the one that was wanted; Python 3.9 and later."""

import math
from typing import Any

_RELATIVE_TOLERANCE = 1e-6


def values_match(value: Any, expected: Any) -> bool:
    """Tell whether a value is the one expected, floats within a relative tolerance of 1e-6."""
    if isinstance(value, float) or isinstance(expected, float):
        try:
            return math.isclose(value, expected, rel_tol=_RELATIVE_TOLERANCE, abs_tol=1e-12)
        except TypeError:
            return False
    if type(value) is type(expected) and isinstance(value, (list, tuple)):
        return len(value) == len(expected) and all(map(values_match, value, expected))
    return bool(value == expected)
