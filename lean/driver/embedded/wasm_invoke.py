"""Makes the calls that may end with a C++ exception in WebAssembly instead of in JavaScript.

Emscripten compiled such a call into one of a JavaScript function `invoke_…`, which catches the
exception and gets it by way of the function table. Lean's interpreter makes one for each call that
it interprets. Here a second, small module makes these calls, with the exception handling of
WebAssembly, so that the way through JavaScript is left to the exceptions.

Source: WebAssembly Core Specification, chapter 5, and its legacy exception handling (`try` and
`catch`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from stepcheck.lean.embedded.wasm_module import (
    ExternalKind,
    FunctionType,
    SectionId,
    WasmFormatError,
    WasmModule,
    encode_name,
    encode_number,
    encode_section,
    encode_vector,
)

INVOKE_FILE = "invoke.wasm"
"""The module, beside the glue."""

TABLE = ("env", "__indirect_function_table")
"""Under which name both modules import the function table."""

OWN_TABLE = "called"
"""The module's own table, as it is exported: see `CALLED_FUNCTIONS`."""

CALLED_FUNCTIONS = (
    *("emscripten_stack_get_current", "_emscripten_stack_restore", "setThrew"),
    "lean_shell_main",
)
"""The exports of Lean's module that stand in `OWN_TABLE`, in this order, once there are any."""

SHELL_MAIN = "lean_shell_main"
"""The module's function that is to stand in the function table for the one of this name.

Lean's `main` calls that with an argument too many, which JavaScript forgives and WebAssembly does
not. It is the only one of the 7,766 calls whose function is known from the code.
"""

_PREFIX = "invoke_"
_I32, _I64, _F32, _F64, _FUNCREF, _EXTERNREF = 0x7F, 0x7E, 0x7D, 0x7C, 0x70, 0x6F
_EMPTY_BLOCK = 0x40
_ZERO = {_I32: b"\x41\x00", _I64: b"\x42\x00", _F32: b"\x43" + bytes(4), _F64: b"\x44" + bytes(8)}
_TRY, _CATCH, _END, _CALL, _CALL_INDIRECT = 0x06, 0x07, 0x0B, 0x10, 0x11
_LOCAL_GET, _LOCAL_SET, _I32_CONST = 0x20, 0x21, 0x41


@dataclass(frozen=True, slots=True)
class _Types:
    """The function types of the module, each listed once."""

    listed: list[FunctionType]

    def index(self, parameters: Sequence[int], results: Sequence[int]) -> bytes:
        wanted = FunctionType(bytes(parameters), bytes(results))
        if wanted not in self.listed:
            self.listed.append(wanted)
        return encode_number(self.listed.index(wanted))


def make_invoke_module(module: WasmModule) -> bytes:
    """Return the module that exports every `invoke_…` which `module` imports.

    It exports `SHELL_MAIN` and `OWN_TABLE` too. It imports the function table (`TABLE`), the tag
    `js.exception` of all JavaScript exceptions, and the function `js.rethrow`, which throws again
    what is no exception of C++. Raises `WasmFormatError`.
    """
    known = module.function_types()
    invoked = {
        imported.name: known[imported.type_index]
        for imported in module.imported_functions()
        if imported.name.startswith(_PREFIX)
    }
    types = _Types([])
    tag = b"\x00" + types.index([_EXTERNREF], [])
    rethrow = types.index([_EXTERNREF], [])
    bodies, signatures = [], []
    for name, signature in invoked.items():
        if not signature.parameters or signature.parameters[0] != _I32:
            raise WasmFormatError(f"{name} does not begin with the place of a function")
        signatures.append(types.index(signature.parameters, signature.results))
        bodies.append(_body(signature, types))
    signatures.append(types.index([_I32] * 3, [_I32]))
    bodies.append(_shell_main_body(types))
    imports = (
        _import(*TABLE, ExternalKind.TABLE, bytes((_FUNCREF, 0, 0))),
        _import("js", "exception", ExternalKind.TAG, tag),
        _import("js", "rethrow", ExternalKind.FUNCTION, rethrow),
    )
    exports = [
        encode_name(name) + bytes((ExternalKind.FUNCTION,)) + encode_number(1 + place)
        for place, name in enumerate((*invoked, SHELL_MAIN))
    ]
    exports.append(encode_name(OWN_TABLE) + bytes((ExternalKind.TABLE, 1)))
    size = encode_number(len(CALLED_FUNCTIONS))
    return WasmModule(
        (
            encode_section(SectionId.TYPE, [each.encode() for each in types.listed]),
            encode_section(SectionId.IMPORT, imports),
            encode_section(SectionId.FUNCTION, signatures),
            encode_section(SectionId.TABLE, [bytes((_FUNCREF, 1)) + size + size]),
            encode_section(SectionId.EXPORT, exports),
            encode_section(SectionId.CODE, bodies),
        )
    ).serialize()


def _body(signature: FunctionType, types: _Types) -> bytes:
    """Return the code that calls the function at the place that is the first parameter.

    After a C++ exception the stack is as it was, `setThrew(1, 0)` tells of it, and the result is 0.
    """
    stack = encode_number(len(signature.parameters))
    arguments = [
        bytes((_LOCAL_GET,)) + encode_number(place) for place in range(1, len(signature.parameters))
    ]
    result = signature.results
    code = b"".join(
        (
            _call_own_table(0, [], types.index([], [_I32])),
            bytes((_LOCAL_SET,)) + stack,
            bytes((_TRY, result[0] if result else _EMPTY_BLOCK)),
            *arguments,
            bytes((_LOCAL_GET, 0, _CALL_INDIRECT)),
            types.index(signature.parameters[1:], result) + b"\x00",
            bytes((_CATCH, 0, _CALL, 0)),
            _call_own_table(1, [bytes((_LOCAL_GET,)) + stack], types.index([_I32], [])),
            _call_own_table(2, [b"\x41\x01", b"\x41\x00"], types.index([_I32, _I32], [])),
            *(_ZERO[kind] for kind in result),
            bytes((_END, _END)),
        )
    )
    return _sized(encode_vector([encode_number(1) + bytes((_I32,))]) + code)


def _shell_main_body(types: _Types) -> bytes:
    """Return the code that calls Lean's own function with the first two of three arguments."""
    arguments = [bytes((_LOCAL_GET, place)) for place in range(2)]
    type_index = types.index([_I32] * 2, [_I32])
    called = _call_own_table(CALLED_FUNCTIONS.index(SHELL_MAIN), arguments, type_index)
    return _sized(encode_vector([]) + called + bytes((_END,)))


def _sized(code: bytes) -> bytes:
    return encode_number(len(code)) + code


def _call_own_table(place: int, arguments: Sequence[bytes], type_index: bytes) -> bytes:
    called = bytes((_I32_CONST, place, _CALL_INDIRECT)) + type_index + b"\x01"
    return b"".join(arguments) + called


def _import(module: str, name: str, kind: ExternalKind, description: bytes) -> bytes:
    return encode_name(module) + encode_name(name) + bytes((kind,)) + description
