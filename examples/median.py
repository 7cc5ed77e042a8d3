"""A function with a slip, for `stepcheck judge` and `stepcheck repair`."""


def median(values: list[float]) -> float:
    """Return the middle value, or the mean of the two middle ones.

    >>> median([3, 1, 2])
    2
    >>> median([4, 1, 2, 3])
    2.5
    """
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle] + ordered[middle + 1]) / 2
