"""Go, by its own tool."""

import re
from collections.abc import Sequence
from functools import cached_property

import tree_sitter
import tree_sitter_go

from stepcheck.server.judge.languages import declarations
from stepcheck.server.judge.languages.declarations import Function, Parameter, range_of, text_of
from stepcheck.server.judge.languages.language import (
    Language,
    Program,
    Tools,
    find_program,
    harness,
)
from stepcheck.server.judge.languages.types import ANY, UNKNOWN, Sort, Type

_PACKAGE = re.compile(r"^[ \t]*package[ \t]+\w+", re.M)
_MAIN = re.compile(r"^func[ \t]+main[ \t]*\(", re.M)
_INTEGER = re.compile(r"(u?)int(8|16|32|64)?")


class Go(Language):
    """Go."""

    name = "go"
    title = "Go"
    candidate_file = "candidate.go"
    install_hint = "Install Go, 1.18 or later, and put it on the PATH."
    build_error = re.compile(
        r"^(?:vet: )?(?P<file>[^\s:]+\.go):(?P<line>\d+):(?:\d+:)? (?P<message>.*)$", re.M
    )

    @cached_property
    def grammar(self) -> tree_sitter.Language:
        """The grammar."""
        return tree_sitter.Language(tree_sitter_go.language())

    def find_tools(self) -> Tools | None:
        """Return the tool, with the folder of its library."""
        tool = find_program("go")
        if tool is None:
            return None
        real = tool.resolve()
        # Debian keeps the library beside /usr/lib/go-…, in /usr/share.
        environment = {
            "GOCACHE": "/tmp/cache",  # noqa: S108 - the sandbox's own
            "GOPATH": "/tmp/path",  # noqa: S108 - the sandbox's own
            "GO111MODULE": "off",
            "GOTOOLCHAIN": "local",
            "CGO_ENABLED": "0",
            "GOFLAGS": "",
        }
        return Tools({"go": real}, (real.parent.parent,), environment)

    def functions(self, source: str) -> list[Function]:
        """Return the functions that can be called, in order."""
        root = declarations.parse(self.grammar, source)
        return [
            _function(child)
            for child in declarations.iterate_children(root, ("ERROR",))
            if child.type == "function_declaration" and not _is_special(child)
        ]

    def call_program(self, source: str, function: Function, tools: Tools) -> Program:
        """Return the program that answers calls of a function, as its harness says."""
        text = f"package main\n\nvar stepcheckTarget interface{{}} = {function.name}\n"
        files = {"harness.go": harness("harness.go"), "target.go": text.encode()}
        return self._program(source, files, tools)

    def check_program(self, source: str, tools: Tools) -> Program:
        """Return the program that does nothing: what matters is whether it can be built."""
        return self._program(source, {"main.go": b"package main\n\nfunc main() {}\n"}, tools)

    def test_program(self, source: str, tests: str, tools: Tools) -> Program:
        """Return the program that runs `func TestX(t *testing.T)`, or the tests' `main`."""
        root = declarations.parse(self.grammar, tests)
        names = [
            text_of(child.child_by_field_name("name"))
            for child in root.named_children
            if child.type == "function_declaration"
        ]
        cases = [name for name in names if name.startswith("Test")]
        files = {"main.go": _start_of_tests(cases).encode()}
        given = _MAIN.sub("func stepcheckTests(", _to_main(tests))
        return self._program(source, {**files, "tests.go": given.encode()}, tools)

    def is_missing_dependency(self, message: str) -> bool:
        """Whether a package is not installed here."""
        return "cannot find package" in message or "no required module" in message

    def _program(self, source: str, files: dict[str, bytes], tools: Tools) -> Program:
        renamed = _MAIN.sub("func stepcheckCandidateMain(", _to_main(source))
        given = {self.candidate_file: renamed.encode(), **files}
        return Program(
            files=given,
            build=[str(tools.programs["go"]), "build", "-o", "main", *given],
            run=["./main"],
        )


def _start_of_tests(cases: Sequence[str]) -> str:
    """Return what runs test functions, or the tests' `main` if there are none, and then says so."""
    imported = 'import stepcheckTesting "testing"\n' if cases else ""
    listed = "".join(f'\t\tok = t.Run("{name}", {name}) && ok\n' for name in cases)
    started = (
        "\tall := func(string, string) (bool, error) { return true, nil }\n"
        "\trun := func(t *stepcheckTesting.T) {\n"
        f"\t\tok := true\n{listed}\t\tif ok {{\n\t\t\tstepcheckReport()\n\t\t}}\n\t}}\n"
        '\ttests := []stepcheckTesting.InternalTest{{Name: "Tests", F: run}}\n'
        "\tstepcheckTesting.Main(all, tests, nil, nil)\n"
        if cases
        else "\tstepcheckTests()\n\tstepcheckReport()\n"
    )
    return (
        'package main\n\nimport stepcheckBufio "bufio"\nimport stepcheckFmt "fmt"\n'
        f'import stepcheckOs "os"\n{imported}\n'
        "func stepcheckReport() {\n"
        "\tsecret, _ := stepcheckBufio.NewReader(stepcheckOs.Stdin).ReadString('\\n')\n"
        '\tstepcheckFmt.Printf("\\n%s\\n", secret)\n}\n\n'
        f"func main() {{\n{started}}}\n"
    )


def _to_main(source: str) -> str:
    """Return the code as part of the package `main`, with its lines where they were."""
    if _PACKAGE.search(source):
        return _PACKAGE.sub("package main", source, count=1)
    return "package main; " + source


def _is_special(node: tree_sitter.Node) -> bool:
    return text_of(node.child_by_field_name("name")) in ("main", "init")


def _function(node: tree_sitter.Node) -> Function:
    listed = node.child_by_field_name("parameters")
    parameters, is_variadic = [], False
    for child in listed.named_children if listed else []:
        type_ = to_type(text_of(child.child_by_field_name("type")))
        if child.type == "variadic_parameter_declaration":
            type_, is_variadic = UNKNOWN, True
        names = child.children_by_field_name("name")
        parameters += [Parameter(text_of(name), type_) for name in names]
        if not names and "parameter_declaration" in child.type:
            parameters.append(Parameter("", type_))
    result = node.child_by_field_name("result")
    body = node.child_by_field_name("body")
    return Function(
        text_of(node.child_by_field_name("name")),
        "",
        tuple(parameters),
        _result(result),
        range_of(node),
        declarations.has_no_statements(body) and result is not None,
        is_variadic,
    )


def _result(node: tree_sitter.Node | None) -> Type:
    if node is None:
        return Type(Sort.NOTHING)
    if node.type != "parameter_list":
        return to_type(text_of(node))
    types = [
        to_type(text_of(child.child_by_field_name("type")))
        for child in node.named_children
        for _ in child.children_by_field_name("name") or [child]
    ]
    return types[0] if len(types) == 1 else Type(Sort.TUPLE, tuple(types))


def to_type(written: str) -> Type:
    """Return the type that Go source names."""
    written = written.strip()
    if written.startswith("[]"):
        return Type(Sort.SEQUENCE, (to_type(written[2:]),))
    if written.startswith("*"):
        return Type(Sort.OPTIONAL, (to_type(written[1:]),), nullable=True)
    if found := re.match(r"\[(\d+)\]", written):
        item = to_type(written[found.end() :])
        return Type(Sort.SEQUENCE, (item,), length=int(found[1]))
    if written.startswith("map["):
        key, value = _split_map(written[len("map") :])
        return Type(Sort.MAPPING, (to_type(key), to_type(value)))
    if found := _INTEGER.fullmatch(written):
        bits = int(found[2] or 64)
        return Type(Sort.INTEGER, bits=-bits if found[1] else bits)
    if written == "error" or re.sub(r"\s", "", written) in ("interface{}", "any"):
        return ANY
    simple = {
        "bool": Sort.BOOLEAN,
        "string": Sort.TEXT,
        "float64": Sort.REAL,
        "float32": Sort.REAL,
        "rune": Sort.CHARACTER,
        "byte": Sort.CHARACTER,
    }
    return Type(simple[written]) if written in simple else UNKNOWN


def _split_map(written: str) -> tuple[str, str]:
    """Split `[K]V`, whose key may have brackets of its own."""
    depth = 0
    for index, letter in enumerate(written):
        depth += {"[": 1, "]": -1}.get(letter, 0)
        if depth == 0:
            return written[1:index], written[index + 1 :]
    return written, ""
