"""C++, by g++ or clang++."""

import re
from functools import cached_property

import tree_sitter
import tree_sitter_cpp

from stepcheck.server.judge.languages import declarations
from stepcheck.server.judge.languages.declarations import Function, Parameter, range_of, text_of
from stepcheck.server.judge.languages.language import (
    Language,
    Program,
    Tools,
    find_program,
    harness,
)
from stepcheck.server.judge.languages.types import ANY, UNKNOWN, Sort, Term, Type, read_term

_FLAGS = (
    *("-O0", "-w", "-fmax-errors=5", "-fdiagnostics-color=never"),
    # A missing return statement ends the program instead of going on anywhere.
    *("-fsanitize=return", "-fsanitize-undefined-trap-on-error"),
)
_CLANG_FLAGS = (
    *("-O0", "-w", "-ferror-limit=5", "-fno-color-diagnostics"),
    *("-fsanitize=return", "-fsanitize-trap=return"),
)
_SPECIFIERS = re.compile(
    r"\b(?:const|volatile|static|inline|constexpr|virtual|explicit|typename|struct|register|extern)\b"
)
_INTEGERS = {
    "int": 32,
    "signed": 32,
    "unsigned": -32,
    "short": 16,
    "long": 64,
    "size_t": -64,
    "int64_t": 64,
    "uint64_t": -64,
    "int32_t": 32,
    "uint32_t": -32,
}
_SEQUENCES = ("vector", "deque", "list", "set", "unordered_set", "multiset")


class Cpp(Language):
    """C++."""

    name = "cpp"
    title = "C++"
    candidate_file = "candidate.cpp"
    install_hint = "Install a C++ compiler (g++ or clang++) and put it on the PATH."
    build_error = re.compile(
        r"^(?P<file>[^\s:]+):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<message>.*)$", re.M
    )

    @cached_property
    def grammar(self) -> tree_sitter.Language:
        """The grammar."""
        return tree_sitter.Language(tree_sitter_cpp.language())

    def find_tools(self) -> Tools | None:
        """Return the compiler."""
        compiler = find_program("g++", "clang++", "c++")
        return Tools({"compiler": compiler}, (compiler.parent.parent,)) if compiler else None

    def functions(self, source: str) -> list[Function]:
        """Return the functions that can be called, in order."""
        root = declarations.parse(self.grammar, source)
        return list(_functions(root, ""))

    def call_program(self, source: str, function: Function, tools: Tools) -> Program:
        """Return the program that answers calls of a function, as its harness says."""
        name = function.qualified.replace(".", "::")
        start = (
            "int main() {\n"
            f"  return stepcheck_harness::run(stepcheck_harness::target(&{name}));\n"
            "}\n"
        )
        text = f'{_INCLUDED}#include "harness.hpp"\n{start}'
        return self._program(source, text, tools)

    def check_program(self, source: str, tools: Tools) -> Program:
        """Return the program that does nothing: what matters is whether it can be built."""
        return self._program(source, f"{_INCLUDED}int main() {{}}\n", tools)

    def test_program(self, source: str, tests: str, tools: Tools) -> Program:
        """Return the program that runs tests, a `main` that asserts, and then says so."""
        text = (
            f"{_INCLUDED}#undef NDEBUG\n#include <assert.h>\n#include <stdio.h>\n"
            "#undef exit\n#define main stepcheck_tests\n"
            f'#line 1 "tests.cpp"\n{self._ending_in_return(tests)}\n#undef main\n'
            "int main() {\n"
            "  char secret[100];\n"
            "  if (stepcheck_tests() != 0 || !fgets(secret, sizeof secret, stdin)) return 1;\n"
            '  printf("\\n%s\\n", secret);\n'
            "}\n"
        )
        return self._program(source, text, tools)

    def _ending_in_return(self, tests: str) -> str:
        """Return tests whose `main` returns: under another name, it has to."""
        content = tests.encode()
        for node in declarations.parse(self.grammar, tests).named_children:
            body = node.child_by_field_name("body")
            declarator = text_of(node.child_by_field_name("declarator"))
            if body is not None and declarator.startswith("main"):
                end = body.end_byte - 1
                content = content[:end] + b" return 0; " + content[end:]
        return content.decode()

    def is_missing_dependency(self, message: str) -> bool:
        """Whether a header is not installed here."""
        return "No such file or directory" in message or "file not found" in message

    def _program(self, source: str, text: str, tools: Tools) -> Program:
        compiler = tools.programs["compiler"]
        flags = _CLANG_FLAGS if "clang" in compiler.name else _FLAGS
        return Program(
            files={
                self.candidate_file: source.encode(),
                "harness.hpp": harness("harness.hpp"),
                "main.cpp": text.encode(),
            },
            build=[str(compiler), *flags, "main.cpp", "-o", "main"],
            run=["./main"],
        )


# A `main` of the candidate's own is not what starts.
_INCLUDED = '#define main stepcheck_candidate_main\n#include "candidate.cpp"\n#undef main\n'


def _functions(node: tree_sitter.Node, owner: str) -> list[Function]:
    found: list[Function] = []
    inside = (
        "declaration_list",
        "linkage_specification",
        "preproc_ifdef",
        "preproc_if",
        "preproc_else",
        "ERROR",
    )
    for child in declarations.iterate_children(node, inside):
        if child.type == "namespace_definition" or child.type in (
            "class_specifier",
            "struct_specifier",
        ):
            name = text_of(child.child_by_field_name("name"))
            body = child.child_by_field_name("body")
            if body is not None and name:
                found += _functions(body, f"{owner}.{name}" if owner else name)
        elif child.type == "function_definition":
            function = _function(child, owner)
            if function is not None and function.name != "main":
                found.append(function)
    return found


def _function(node: tree_sitter.Node, owner: str) -> Function | None:
    declarator = node.child_by_field_name("declarator")
    marks = ""
    while declarator is not None and declarator.type != "function_declarator":
        marks += {"pointer_declarator": "*"}.get(declarator.type, "")
        declarator = declarator.child_by_field_name("declarator") or next(
            iter(declarator.named_children), None
        )
    if declarator is None:
        return None
    name = declarator.child_by_field_name("declarator")
    if name is None or name.type not in ("identifier", "field_identifier"):
        return None
    listed = declarator.child_by_field_name("parameters")
    parameters, is_variadic = [], False
    for child in listed.named_children if listed else []:
        if child.type == "optional_parameter_declaration":
            is_variadic = True
        if child.type in ("parameter_declaration", "optional_parameter_declaration"):
            inner = child.child_by_field_name("declarator")
            written = text_of(inner)
            type_ = to_type(text_of(child.child_by_field_name("type")))
            if "*" in written or "[" in written:
                type_ = UNKNOWN
            parameters.append(Parameter(re.sub(r"\W+", "", written), type_))
    body = node.child_by_field_name("body")
    result = UNKNOWN if marks else to_type(text_of(node.child_by_field_name("type")))
    return Function(
        text_of(name),
        owner,
        tuple(parameters),
        result,
        range_of(node),
        declarations.has_no_statements(body) and result.sort is not Sort.NOTHING,
        is_variadic,
    )


def to_type(written: str) -> Type:
    """Return the type that C++ source names."""
    term = read_term(_SPECIFIERS.sub(" ", written))
    return _to_type(term) if term else UNKNOWN


def _to_type(term: Term) -> Type:
    name = term.name.rpartition("std.")[2]
    words = name.split()
    parts = tuple(map(_to_type, term.arguments))
    if term.dimensions:
        return UNKNOWN
    if name == "bool":
        return Type(Sort.BOOLEAN)
    if name == "char":
        return Type(Sort.CHARACTER)
    if name in ("string", "string_view"):
        return Type(Sort.TEXT)
    if name in ("float", "double", "long double"):
        return Type(Sort.REAL)
    if name == "void":
        return Type(Sort.NOTHING)
    if name in ("any", "boost.any"):
        return ANY
    if words and all(word in _INTEGERS for word in words):
        bits = 64 if "long" in words else 16 if "short" in words else abs(_INTEGERS[words[0]])
        is_unsigned = any(_INTEGERS[word] < 0 for word in words)
        return Type(Sort.INTEGER, bits=-bits if is_unsigned else bits)
    if name in _SEQUENCES and parts:
        return Type(Sort.SEQUENCE, parts[:1])
    if name in ("pair", "tuple"):
        return Type(Sort.TUPLE, parts)
    if name in ("map", "unordered_map") and len(parts) >= 2:
        return Type(Sort.MAPPING, parts[:2])
    if name == "optional" and parts:
        return Type(Sort.OPTIONAL, parts, nullable=True)
    return UNKNOWN
