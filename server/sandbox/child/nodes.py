"""Lists and trees of nodes, as tasks write them down: `[1, 2, 3]`, level by level.

Nodes have `val`, and `next` or `left` and `right`; `None` stands for a missing child.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

_MAX_NODES = 2_000


def chain(node: Callable[[Any], Any], values: list[Any]) -> Any:
    """Return the first of a list's nodes."""
    head = None
    for value in reversed(values):
        made = node(value)
        made.next = head
        head = made
    return head


def items(head: Any) -> list[Any]:
    """Return the values of a list's nodes; a cycle ends at a limit."""
    values: list[Any] = []
    while head is not None and len(values) < _MAX_NODES:
        values.append(head.val)
        head = head.next
    return values


def tree(node: Callable[[Any], Any], values: list[Any]) -> Any:
    """Return the root of a tree given level by level."""
    waiting = iter(values)
    first = next(waiting, None)
    root = None if first is None else node(first)
    parents = deque([root] if root is not None else [])
    while parents:
        parent = parents.popleft()
        for side in ("left", "right"):
            value = next(waiting, None)
            if value is not None:
                child = node(value)
                setattr(parent, side, child)
                parents.append(child)
    return root


def levels(root: Any) -> list[Any]:
    """Return a tree's values level by level, without what is missing at the end."""
    values: list[Any] = []
    waiting = deque([root])
    while waiting and len(values) < _MAX_NODES:
        current = waiting.popleft()
        values.append(None if current is None else current.val)
        if current is not None:
            waiting += (current.left, current.right)
    while values and values[-1] is None:
        values.pop()
    return values


def within(root: Any, value: Any) -> Any:
    """Return the node of a tree that has a value."""
    waiting = deque([root])
    for _ in range(_MAX_NODES):
        current = waiting.popleft() if waiting else None
        if current is not None:
            if current.val == value:
                return current
            waiting += (current.left, current.right)
    raise LookupError(f"no node is {value}")


def unordered(value: Any) -> Any:
    """Return a list with all its lists sorted, for results whose order is free."""
    return sorted(map(unordered, value), key=repr) if isinstance(value, list) else value
