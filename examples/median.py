"""A function with a slip, for `stepcheck judge` and `stepcheck repair`."""


def median(values: list[float]) -> float:
    """Return the middle value, or the mean of the two middle ones.

    >>> median([5, 1, 4, 2, 3])
    3
    >>> median([40, 10, 20, 60])
    30.0
    """
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle] + ordered[middle + 1]) / 2
