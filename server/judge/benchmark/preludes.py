"""What the harness of a data set or a site supplies to the programs written for it.

The judge knows none of this: whoever asks about such a program puts its prelude before it.
"""

import builtins
import importlib
import typing

HUMANEVAL_X = (
    "import math, re, sys, copy, datetime, itertools, collections, heapq, statistics, functools\n"
    "import hashlib, string, typing\n"
    f"from typing import {', '.join(typing.__all__)}\n"
    "from collections import "
    f"{', '.join(importlib.import_module('collections').__all__)}\n"
)
"""The imports of HumanEval-X's Python harness (arXiv:2303.17568)."""

_OPENED = (
    *("string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random"),
    *("statistics", "itertools", "functools", "operator", "typing"),
)
_NODES = """
class ListNode:
    def __init__(self, val=0, next=None):
        self.val = val
        self.next = next

class TreeNode:
    def __init__(self, val=0, left=None, right=None):
        self.val = val
        self.left = left
        self.right = right
"""


def _open(module: str) -> str:
    """Return an import of all that a module offers and that shadows no built-in."""
    found = importlib.import_module(module)
    offered = getattr(found, "__all__", None) or [n for n in vars(found) if not n.startswith("_")]
    names = sorted(set(offered) - set(dir(builtins)))
    return f"from {module} import {', '.join(names)}\n"


LEETCODE = (
    "".join(map(_open, _OPENED)) + f"import json, sys, io, {', '.join(_OPENED)}\n" + _NODES + "\n"
)
"""What LeetCode's Python environment supplies: its imports, and the nodes of lists and trees."""
