"""The imports that snippets take for granted: `re.sub(…)` alone means the module `re`."""

import ast
import bisect
import collections
import copy
import csv
import datetime
import decimal
import fractions
import functools
import glob
import heapq
import itertools
import json
import math
import operator
import os
import pathlib
import random
import re
import shutil
import statistics
import string
import struct
import subprocess
import sys
import textwrap
import time
import urllib
from collections.abc import Sequence
from types import ModuleType

_MODULES: tuple[ModuleType, ...] = (
    bisect, collections, copy, csv, datetime, decimal, fractions, functools, glob, heapq,
    itertools, json, math, operator, os, random, re, shutil, statistics, string, struct,
    subprocess, sys, textwrap, time, urllib,
)  # fmt: skip
_MEMBERS: tuple[tuple[ModuleType, str], ...] = (
    (collections, "Counter OrderedDict defaultdict deque namedtuple ChainMap"),
    (datetime, "datetime timedelta date"),
    (decimal, "Decimal"),
    (fractions, "Fraction"),
    (functools, "reduce partial"),
    (itertools, "chain combinations groupby islice permutations product zip_longest"),
    (operator, "itemgetter attrgetter"),
    (pathlib, "Path"),
)
_ALIASES = {
    "np": "import numpy as np",
    "numpy": "import numpy",
    "pd": "import pandas as pd",
    "pandas": "import pandas",
    "plt": "import matplotlib.pyplot as plt",
    "scipy": "import scipy",
}


def usual_import(name: str, statements: Sequence[ast.stmt]) -> str | None:
    """Return the import by which the name has the meaning it seems to have, or None.

    It is that of a module if all that is taken from it is there, that of a member if it is called
    or something is taken from it that it has: `string.replace(a, b)` is about a variable.
    """
    attributes, is_called, is_bare = _uses(name, statements)
    if name in _ALIASES:
        return _ALIASES[name] if not is_bare and not is_called else None
    for module in _MODULES:
        is_module = module.__name__ == name and not is_bare and not is_called
        if is_module and all(hasattr(module, attribute) for attribute in attributes):
            return f"import {name}"
    for module, members in _MEMBERS:
        member = getattr(module, name, None) if name in members.split() else None
        has_all = member is not None and all(hasattr(member, one) for one in attributes)
        if has_all and (is_called or attributes) and not is_bare:
            return f"from {module.__name__} import {name}"
    return None


def _uses(name: str, statements: Sequence[ast.stmt]) -> tuple[set[str], bool, bool]:
    """Return what is taken from a name, whether it is called, and whether it is used otherwise."""
    nodes = [node for statement in statements for node in ast.walk(statement)]
    attributes, other = set(), 0
    called = False
    for node in nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=used), attr=attribute) if used == name:
                attributes.add(attribute)
                other -= 1
            case ast.Call(func=ast.Name(id=used)) if used == name:
                called = True
                other -= 1
            case ast.Name(id=used) if used == name:
                other += 1
    return attributes, called, other > 0
