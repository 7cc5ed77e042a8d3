import json
import subprocess
from pathlib import Path

import pytest

from stepcheck.lean.embedded.glue_functions import FUNCTIONS, SYMBOLS_FILE
from stepcheck.lean.embedded.node import node_executable
from stepcheck.lean.embedded.wasm_module import (
    ExternalKind,
    SectionId,
    WasmFormatError,
    WasmModule,
    encode_number,
    encode_signed_number,
)
from stepcheck.lean.embedded.wasm_symbols import SymbolTable, move_symbols

I32 = 0x7F
FUNCTION, GLOBAL = 0, 3


def vector(*items: bytes) -> bytes:
    return encode_number(len(items)) + b"".join(items)


def section(identifier: int, content: bytes) -> bytes:
    return bytes((identifier,)) + encode_number(len(content)) + content


def name(text: str) -> bytes:
    return encode_number(len(text.encode())) + text.encode()


def constant_function(value: int) -> bytes:
    code = b"\0" + b"\x41" + encode_signed_number(value) + b"\x0b"
    return encode_number(len(code)) + code


def handmade_module() -> bytes:
    """Five functions that return 10, 11, 12, 13, 14 (index 1 is in the table already, at place 1),
    one imported and two own globals, of the values 5000 and -7.
    """
    exports = [
        name("l_first") + bytes((FUNCTION, 0)),
        name("l_second") + bytes((FUNCTION, 1)),
        name("l_third") + bytes((FUNCTION, 2)),
        name("l_third___boxed") + bytes((FUNCTION, 3)),
        name("_ZN4lean4mainEv") + bytes((FUNCTION, 4)),
        name("malloc") + bytes((FUNCTION, 4)),
        name("l_data") + bytes((GLOBAL, 1)),
        name("__THREW__") + bytes((GLOBAL, 2)),
        name("__indirect_function_table") + bytes((1, 0)),
    ]
    return b"\0asm\x01\0\0\0" + b"".join(
        (
            section(0, name("dylink.0") + b"anything"),
            section(1, vector(b"\x60\x00\x01" + bytes((I32,)))),
            section(2, vector(name("GOT.func") + name("exit") + bytes((GLOBAL, I32, 1)))),
            section(3, vector(*[b"\0"] * 5)),
            section(4, vector(b"\x70\x00" + encode_number(2))),
            section(
                6,
                vector(
                    bytes((I32, 0, 0x41)) + encode_signed_number(5000) + b"\x0b",
                    bytes((I32, 0, 0x41)) + encode_signed_number(-7) + b"\x0b",
                ),
            ),
            section(7, vector(*exports)),
            section(9, vector(b"\x00\x41\x01\x0b" + vector(b"\x01"))),
            section(10, vector(*map(constant_function, range(10, 15)))),
        )
    )


def call_in_node(module: WasmModule, symbols: SymbolTable) -> dict[str, int]:
    """Load the module in Node.js and call every function of the symbol table through the table."""
    script = """
    const [wasm, symbols] = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    const imports = {"GOT.func": {exit: new WebAssembly.Global({value: "i32", mutable: true}, 0)}};
    WebAssembly.instantiate(Buffer.from(wasm, "hex"), imports).then(({instance}) => {
      const table = instance.exports.__indirect_function_table;
      const called = Object.entries(symbols)
        .filter(([name]) => name !== "l_data").map(([name, place]) => [name, table.get(place)()]);
      console.log(JSON.stringify(Object.fromEntries(called)));
    });
    """
    answer = subprocess.run(
        (str(node_executable()), "--eval", script),
        input=json.dumps([module.serialize().hex(), symbols.addresses]),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return dict(json.loads(answer.stdout))


def test_a_module_is_written_as_it_was_read() -> None:
    assert WasmModule.parse(handmade_module()).serialize() == handmade_module()


def test_node_calls_every_moved_function_through_the_table() -> None:
    module, symbols = move_symbols(WasmModule.parse(handmade_module()), kept=frozenset())
    assert call_in_node(module, symbols) == {
        "l_first": 10,
        "l_second": 11,
        "l_third___boxed": 13,
        "malloc": 14,
    }


def test_a_function_that_is_in_the_table_keeps_its_place() -> None:
    module, symbols = move_symbols(WasmModule.parse(handmade_module()), kept=frozenset())
    assert symbols.addresses["l_second"] == 1
    assert module.table_size() == 2 + 3


def test_the_address_of_data_is_the_value_of_its_global() -> None:
    _, symbols = move_symbols(WasmModule.parse(handmade_module()), kept=frozenset())
    assert symbols.addresses["l_data"] == 5000


def test_only_what_is_kept_and_the_runtimes_variables_stay_exports() -> None:
    module, _ = move_symbols(WasmModule.parse(handmade_module()), kept=frozenset({"malloc"}))
    exports = {export.name: export.kind for export in module.exports()}
    assert exports == {
        "malloc": ExternalKind.FUNCTION,
        "__THREW__": ExternalKind.GLOBAL,
        "__indirect_function_table": ExternalKind.TABLE,
    }


def test_the_unboxed_version_and_c_plus_plus_are_never_asked_for() -> None:
    _, symbols = move_symbols(WasmModule.parse(handmade_module()), kept=frozenset())
    assert not {"l_third", "_ZN4lean4mainEv"} & symbols.addresses.keys()


def test_the_glue_finds_every_symbol_and_no_other(tmp_path: Path) -> None:
    addresses = {
        "b": 1,
        "\ufb01": 2,
        "\U0001f600": 3,
        "a": 4,
        "ab": 5,
        "": 6,
        "é": 7,
        "negative": -8,
    }
    addresses |= {f"l_Lean_{number}": number for number in range(1000)}
    (tmp_path / SYMBOLS_FILE).write_bytes(SymbolTable(addresses).serialize())
    absent = ["c", "abc", "l_Lean_1000", "l_Lean_", "zzz", "A"]
    start = FUNCTIONS.index("function readLeanSymbols")
    functions = FUNCTIONS[start : FUNCTIONS.index("function makeMountsReadOnly")]
    script = f"""
    const fs = require("node:fs"), SYMBOLS_FILE = "{SYMBOLS_FILE}";
    const scriptDirectory = {json.dumps(str(tmp_path) + "/")};
    {functions}
    const names = JSON.parse(fs.readFileSync(0, "utf8"));
    console.log(JSON.stringify(names.map((name) => leanSymbolAddress(name) ?? null)));
    """
    answer = subprocess.run(
        (str(node_executable()), "--eval", script),
        input=json.dumps([*addresses, *absent]),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(answer.stdout) == [*addresses.values(), *[None] * len(absent)]


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 16384, 2**31])
def test_numbers_are_encoded_as_the_specification_says(value: int) -> None:
    encoded = encode_number(value)
    assert sum((byte & 0x7F) << 7 * place for place, byte in enumerate(encoded)) == value
    assert all(byte & 0x80 for byte in encoded[:-1])
    assert not encoded[-1] & 0x80


@pytest.mark.parametrize("value", [0, 63, 64, -1, -64, -65, 5000, 2**31 - 1, -(2**31)])
def test_constants_survive_encoding(value: int) -> None:
    constant = bytes((I32, 0, 0x41)) + encode_signed_number(value) + b"\x0b"
    module = WasmModule.parse(handmade_module()).replace(SectionId.GLOBAL, vector(constant))
    assert module.global_values() == [value]


@pytest.mark.parametrize("length", [0, 7, 9, 40, 100])
def test_a_truncated_module_is_refused(length: int) -> None:
    with pytest.raises(WasmFormatError):
        WasmModule.parse(handmade_module()[:length])


def test_a_table_that_cannot_grow_is_refused() -> None:
    module = WasmModule.parse(handmade_module())
    limited = module.replace(SectionId.TABLE, vector(b"\x70\x01\x02\x02"))
    with pytest.raises(WasmFormatError, match="maximum"):
        move_symbols(limited, kept=frozenset())
