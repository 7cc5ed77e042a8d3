"""Calls under an exception handler, made in a real Node.js."""

import json
import subprocess

from stepcheck.lean.embedded.node import node_executable
from stepcheck.lean.embedded.wasm_invoke import make_invoke_module
from stepcheck.lean.embedded.wasm_module import WasmModule, encode_number

I32, I64, F64 = 0x7F, 0x7E, 0x7C


def section(identifier: int, content: bytes) -> bytes:
    return bytes((identifier,)) + encode_number(len(content)) + content


def importing_module() -> WasmModule:
    """A module that imports two calls under a handler, and something else."""
    types = b"\x03\x60\x03\x7f\x7f\x7f\x01\x7f\x60\x02\x7f\x7c\x01\x7e\x60\x00\x00"
    named = [("env", "invoke_iii", 0), ("env", "invoke_jd", 1), ("env", "other", 2)]
    imports = b"".join(
        bytes((len(module),))
        + module.encode()
        + bytes((len(name),))
        + name.encode()
        + bytes((0, t))
        for module, name, t in named
    )
    return WasmModule.parse(
        b"\0asm\x01\0\0\0" + section(1, types) + section(2, bytes((len(named),)) + imports)
    )


SCRIPT = """
const bytes = Buffer.from(require("node:fs").readFileSync(0, "utf8"), "hex");
const module = new WebAssembly.Module(bytes);
const table = new WebAssembly.Table({ element: "anyfunc", initial: 4 });
const rethrow = (error) => { if (error !== error + 0) throw error; };
const { exports } = new WebAssembly.Instance(module, {
  env: { __indirect_function_table: table },
  js: { exception: WebAssembly.JSTag, rethrow },
});
const events = [];
// A module that makes WebAssembly functions of the JavaScript ones, as only these fit in a table.
const wrap = (types, count, f) => new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, types.length + 1, 1, ...types,
  2, 7, 1, 1, 101, 1, 102, 0, 0, 7, 5, 1, 1, 103, 0, 0,
])), { e: { f } }).exports.g;
const called = [
  wrap([96, 0, 1, 127], 0, () => 4096),
  wrap([96, 1, 127, 0], 1, (stack) => { events.push(["restore", stack]); }),
  wrap([96, 2, 127, 127, 0], 2, (...told) => { events.push(["threw", ...told]); }),
  wrap([96, 2, 127, 127, 1, 127], 2, (a, b) => 10 * a + b),
];
called.forEach((f, place) => exports.called.set(place, f));
table.set(1, wrap([96, 2, 127, 127, 1, 127], 2, (a, b) => {
  if (a === 1) throw 7340032;
  if (a === 2) throw new RangeError("no exception of C++");
  return a + b;
}));
table.set(2, wrap([96, 1, 124, 1, 126], 1, (x) => { if (x < 0) throw 5; return BigInt(2 * x); }));
const caught = (f) => { try { return String(f()); } catch (error) { return String(error); } };
console.log(JSON.stringify({
  names: Object.keys(exports),
  sum: exports.invoke_iii(1, 40, 2),
  wide: String(exports.invoke_jd(2, 21.0)),
  none: events.length,
  thrown: exports.invoke_iii(1, 1, 2),
  wideThrown: String(exports.invoke_jd(2, -1.0)),
  foreign: caught(() => exports.invoke_iii(1, 2, 2)),
  misfit: caught(() => exports.invoke_iii(2, 2, 2)),
  main: exports.lean_shell_main(3, 4, 99),
  events,
}));
"""


def test_exceptions_of_cpp_are_told_and_all_others_thrown_on() -> None:
    answer = subprocess.run(
        (str(node_executable()), "--eval", SCRIPT),
        input=make_invoke_module(importing_module()).hex(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    seen = json.loads(answer.stdout)
    assert seen["names"] == ["invoke_iii", "invoke_jd", "lean_shell_main", "called"]
    assert (seen["sum"], seen["wide"], seen["none"]) == (42, "42", 0)
    assert (seen["thrown"], seen["wideThrown"]) == (0, "0")
    told = [["restore", 4096], ["threw", 1, 0]]
    assert seen["events"][:4] == told * 2
    assert seen["foreign"] == "RangeError: no exception of C++"
    assert "signature mismatch" in seen["misfit"]
    assert seen["main"] == 34
