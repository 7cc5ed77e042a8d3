"""Moves the names that Lean's interpreter looks up out of the WebAssembly module.

The module exports 201,000 names, one for each compiled Lean definition, and Node.js makes a
JavaScript object of each of them in every thread: seconds, and hundreds of megabytes. The functions
among them are put into the module's function table instead, so that a look-up by name is a search
in a list that is read when it is first needed.
"""

import struct
from collections.abc import Set
from dataclasses import dataclass
from itertools import accumulate

from stepcheck.lean.embedded.wasm_module import Export, ExternalKind, WasmModule

_LEAN_PREFIXES = ("l_", "lp_", "_private")
_CPLUSPLUS_PREFIX = "_Z"
_BOXED = "___boxed"


@dataclass(frozen=True, slots=True)
class SymbolTable:
    """What the C function `dlsym` answers: table indices of functions, addresses of data."""

    addresses: dict[str, int]

    def serialize(self) -> bytes:
        """Return what is searched without being parsed, in little-endian numbers of 32 bits.

        The number n of names; where each name begins and the last one ends, n + 1 numbers; the n
        addresses; the names in UTF-8, in the order of their bytes.
        """
        entries = sorted((name.encode(), address) for name, address in self.addresses.items())
        ends = accumulate((len(name) for name, _ in entries), initial=0)
        numbers = [len(entries), *ends, *(address for _, address in entries)]
        packed = struct.pack(f"<{len(numbers)}i", *numbers)
        return packed + b"".join(name for name, _ in entries)


def move_symbols(module: WasmModule, kept: Set[str]) -> tuple[WasmModule, SymbolTable]:
    """Return the module with few exports, and the addresses of what it exported before.

    `kept` are the names that the JavaScript around the module needs as exports.
    """
    exports = module.exports()
    names = {export.name for export in exports}
    asked_for = [export for export in exports if _is_looked_up(export.name, names)]
    functions = [export for export in asked_for if export.kind is ExternalKind.FUNCTION]
    data = [export for export in asked_for if _is_lean_data(export)]

    places = module.functions_in_table()
    newcomers = sorted({export.index for export in functions} - places.keys())
    grown, first = module.with_functions_in_table(newcomers)
    places |= {index: first + offset for offset, index in enumerate(newcomers)}
    values = module.global_values()
    imported = module.imported_global_count()
    addresses = {export.name: places[export.index] for export in functions}
    addresses |= {export.name: values[export.index - imported] for export in data}
    remaining = [export for export in exports if export.name in kept or _is_variable(export)]
    return grown.with_exports(remaining), SymbolTable(addresses)


def _is_looked_up(name: str, names: Set[str]) -> bool:
    """Say whether the interpreter can ask for this name: it asks for the boxed version first."""
    return not name.startswith(_CPLUSPLUS_PREFIX) and name + _BOXED not in names


def _is_lean_data(export: Export) -> bool:
    return export.kind is ExternalKind.GLOBAL and export.name.startswith(_LEAN_PREFIXES)


def _is_variable(export: Export) -> bool:
    """Say whether this is one of the few variables, tables and memories outside Lean and C++."""
    named_by_compiler = export.name.startswith((*_LEAN_PREFIXES, _CPLUSPLUS_PREFIX))
    return export.kind is not ExternalKind.FUNCTION and not named_by_compiler
