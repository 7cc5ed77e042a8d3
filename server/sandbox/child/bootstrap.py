"""Start of the candidate's side on a project's interpreter: python bootstrap.py SOCKET ORDER.

Both are descriptors; the order is JSON. The parent packages are not importable there, so empty
ones are made. This file, `candidate`, `beside` and what they use run on Python 3.9 and later.
"""

import json
import os
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_PACKAGE = "stepcheck.server.sandbox.child"


def main() -> None:
    """Serve the candidate, or the trials, that the order asks for."""
    folder = sys.path.pop(0)
    names = _PACKAGE.split(".")
    for count in range(1, len(names) + 1):
        package = ModuleType(".".join(names[:count]))
        package.__path__ = [folder] if count == len(names) else []
        sys.modules[package.__name__] = package
    channel = import_module(_PACKAGE + ".transport").Channel(int(sys.argv[1]))
    with os.fdopen(int(sys.argv[2]), "rb") as file:
        order = json.loads(file.read())
    serve_in_project(order, channel)
    os._exit(0)


def serve_in_project(order: dict[str, Any], channel: Any) -> None:
    """Serve the candidate, or the trials, that the order asks for, in this process."""
    sys.argv = [order["place"]["file"]]
    if order["role"] == "trial":
        import_module(_PACKAGE + ".trials").serve_trials(channel, order["place"])
    elif order["role"] == "beside":
        writable = "/tmp" if order["isolated"] else None  # noqa: S108 - the sandbox's own
        import_module(_PACKAGE + ".beside").serve_beside(channel, order["place"], writable)
    else:
        serve = import_module(_PACKAGE + ".candidate").serve_candidate
        serve(order["source"], channel, order["place"], traced=order["traced"])


if __name__ == "__main__":
    main()
