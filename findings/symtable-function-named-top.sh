#!/usr/bin/env bash
# CPython's symtable calls the local names of a function global if the function is named "top".
#
# Versions   CPython 3.11.7. It was the same with 3.10.13, 3.12.1 and 3.13.0. No package is needed.
# Input      Two functions that are alike but for their names, `top` and `other`.
# Seen       In `other` the parameter and the variable are local and not global. In `top` the same
#            two are local and global at once. "top" is also the name that symtable gives to the
#            table of a module, and a symbol seems to tell by that name whether it is of a module.
# Expected   The name of a function does not change what its names are.
# Matters    Whoever looks for names that nobody defines takes the parameters of `top` for globals.
#            `top` is a common name for a method of a stack.
# Here       server/judge/static/names.py counts as global only what is not local as well.
#
# Exit status: 0 if seen, 1 if the behaviour is another. PYTHON names the Python to use.
set -euo pipefail

PYTHON=${PYTHON:-$(command -v python3.11 || command -v python3)}

"$PYTHON" -I - <<'PYTHON_END'
import platform
import symtable
import sys


def described(name):
    source = f"def {name}(parameter):\n    variable = parameter\n    return variable\n"
    module = symtable.symtable(source, "<finding>", "exec")
    symbols = module.lookup(name).get_namespace().get_symbols()
    return {symbol.get_name(): (symbol.is_local(), symbol.is_global()) for symbol in symbols}


print(f"{platform.python_implementation()} {platform.python_version()}")
for name in ("other", "top"):
    for symbol, (local, is_global) in sorted(described(name).items()):
        print(f"def {name}: {symbol} is local: {local}, global: {is_global}")
names = ("parameter", "variable")
as_seen = described("other") == dict.fromkeys(names, (True, False)) and described(
    "top"
) == dict.fromkeys(names, (True, True))
if as_seen:
    print('SEEN: the local names of a function named "top" are reported as global too.')
    sys.exit(0)
print("CHANGED: the behaviour is not the one described in this script.")
sys.exit(1)
PYTHON_END
