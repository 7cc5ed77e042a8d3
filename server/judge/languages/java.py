"""Java, by the JDK."""

import re
from functools import cached_property
from pathlib import Path

import tree_sitter
import tree_sitter_java

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

_MACHINE = (
    *("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx512m"),
    *("-XX:-UsePerfData", "-Dfile.encoding=UTF-8"),
)
_HARNESS = "StepcheckHarness"
_TESTED = "StepcheckTested"
_TYPES = ("class_declaration", "record_declaration", "enum_declaration", "interface_declaration")
_BITS = {"int": 32, "long": 64, "short": 16, "byte": 8}
_BOXED = {"Integer": "int", "Long": "long", "Short": "short", "Byte": "byte"}
_SEQUENCES = (
    *("List", "ArrayList", "LinkedList", "Collection", "Iterable", "Set", "HashSet"),
    *("LinkedHashSet", "TreeSet", "SortedSet", "Queue", "Deque", "ArrayDeque"),
)
_MAPPINGS = ("Map", "HashMap", "LinkedHashMap", "TreeMap", "SortedMap")


class Java(Language):
    """Java."""

    name = "java"
    title = "Java"
    candidate_file = "Candidate.java"
    install_hint = "Install a JDK, 17 or later (javac and java), and put it on the PATH."
    build_error = re.compile(
        r"^(?P<file>[^\s:]+\.java):(?P<line>\d+): error: (?P<message>.*)$", re.M
    )

    @cached_property
    def grammar(self) -> tree_sitter.Language:
        """The grammar."""
        return tree_sitter.Language(tree_sitter_java.language())

    def find_tools(self) -> Tools | None:
        """Return the compiler and the machine, of one JDK."""
        compiler, machine = find_program("javac"), find_program("java")
        if compiler is None or machine is None:
            return None
        home = compiler.resolve().parent.parent
        # Distributions keep a JDK's settings apart, behind links.
        apart = {
            link.resolve().parent
            for folder in ("conf", "lib", "conf/security", "lib/security")
            if (home / folder).is_dir()
            for link in (home / folder).iterdir()
            if link.is_symlink()
        }
        apart |= {(home / "conf").resolve()} if (home / "conf").is_symlink() else set()
        beside = [folder for folder in apart if not folder.is_relative_to(home)]
        programs = {"javac": compiler.resolve(), "java": machine.resolve()}
        return Tools(programs, (home, *_outermost(beside)))

    def functions(self, source: str) -> list[Function]:
        """Return the functions that can be called, in order."""
        root = declarations.parse(self.grammar, source)
        return [found for found in _functions(root, "") if found.name != "main"]

    def call_program(self, source: str, function: Function, tools: Tools) -> Program:
        """Return the program that answers calls of a function, as its harness says."""
        package = _package(declarations.parse(self.grammar, source))
        owner = package + function.owner.replace(".", "$")
        files = {f"{_HARNESS}.java": harness(f"{_HARNESS}.java")}
        return self._program(source, files, [_HARNESS, owner, function.name], tools)

    def check_program(self, source: str, tools: Tools) -> Program:
        """Return the program that does nothing: what matters is whether it can be built."""
        return self._program(source, {}, ["-version"], tools)

    def test_program(self, source: str, tests: str, tools: Tools) -> Program:
        """Return the program that runs the `main` of the tests' class, and then says so."""
        found = [
            function
            for function in _functions(declarations.parse(self.grammar, tests), "")
            if function.name == "main"
        ]
        started = found[0].owner.replace(".", "$") if found else "Main"
        text = (
            f"final class {_TESTED} {{\n"
            "  public static void main(String[] arguments) throws Exception {\n"
            "    java.io.PrintStream output = System.out;\n"
            "    System.setOut(new java.io.PrintStream(java.io.OutputStream.nullOutputStream()));\n"
            f'    java.lang.reflect.Method tests = Class.forName("{started}")\n'
            '        .getDeclaredMethod("main", String[].class);\n'
            "    tests.setAccessible(true);\n"
            "    tests.invoke(null, (Object) new String[0]);\n"
            "    java.util.Scanner input = new java.util.Scanner(System.in);\n"
            '    output.print("\\n" + input.nextLine() + "\\n");\n'
            "    output.flush();\n"
            "    Runtime.getRuntime().halt(0);\n"
            "  }\n"
            "}\n"
        )
        files = {f"{_TESTED}.java": text.encode(), "Tests.java": tests.encode()}
        return self._program(source, files, [_TESTED], tools)

    def is_missing_dependency(self, message: str) -> bool:
        """Whether a package is not installed here."""
        return message.startswith("package ") and message.endswith("does not exist")

    def _program(
        self, source: str, files: dict[str, bytes], started: list[str], tools: Tools
    ) -> Program:
        given = {_file_of(declarations.parse(self.grammar, source)): source.encode(), **files}
        for_compiler = [f"-J{flag}" for flag in _MACHINE]
        return Program(
            files=given,
            build=[
                *(str(tools.programs["javac"]), *for_compiler, "-proc:none", "-nowarn", "-g"),
                *("-Xmaxerrs", "5", "-encoding", "UTF-8", "-d", "classes", *given),
            ],
            run=[str(tools.programs["java"]), *_MACHINE, "-ea", "-cp", "classes", *started],
        )

    def candidate_name(self, source: str) -> str:
        """Return the name that the file of the code must have."""
        return _file_of(declarations.parse(self.grammar, source))


def _outermost(folders: list[Path]) -> list[Path]:
    return [
        folder
        for folder in sorted(folders)
        if not any(folder != other and folder.is_relative_to(other) for other in folders)
    ]


def _file_of(root: tree_sitter.Node) -> str:
    """Return the name that Java asks of the file: that of the public class, if any."""
    for child in root.named_children:
        modifiers = next((part for part in child.children if part.type == "modifiers"), None)
        if child.type in _TYPES and "public" in text_of(modifiers).split():
            return text_of(child.child_by_field_name("name")) + ".java"
    return Java.candidate_file


def _package(root: tree_sitter.Node) -> str:
    for child in root.named_children:
        if child.type == "package_declaration" and child.named_children:
            return text_of(child.named_children[-1]) + "."
    return ""


def _functions(node: tree_sitter.Node, owner: str) -> list[Function]:
    found: list[Function] = []
    for child in declarations.iterate_children(node, ("ERROR", "enum_body_declarations")):
        if child.type in _TYPES:
            name = text_of(child.child_by_field_name("name"))
            body = child.child_by_field_name("body")
            if body is not None:
                found += _functions(body, f"{owner}.{name}" if owner else name)
        elif child.type == "method_declaration":
            found.append(_function(child, owner))
    return found


def _function(node: tree_sitter.Node, owner: str) -> Function:
    listed = node.child_by_field_name("parameters")
    parameters, is_variadic = [], False
    for child in listed.named_children if listed else []:
        if child.type == "spread_parameter":
            is_variadic = True
            name = text_of(child.named_children[-1])
            parameters.append(Parameter(name, UNKNOWN))
        elif child.type == "formal_parameter":
            written = text_of(child.child_by_field_name("type"))
            written += text_of(child.child_by_field_name("dimensions"))
            parameters.append(
                Parameter(text_of(child.child_by_field_name("name")), to_type(written))
            )
    body = node.child_by_field_name("body")
    result = to_type(text_of(node.child_by_field_name("type")))
    return Function(
        text_of(node.child_by_field_name("name")),
        owner,
        tuple(parameters),
        result,
        range_of(node),
        declarations.has_no_statements(body) and result.sort is not Sort.NOTHING,
        is_variadic,
    )


def to_type(written: str) -> Type:
    """Return the type that Java source names."""
    term = read_term(written)
    return _to_type(term) if term else UNKNOWN


def _to_type(term: Term) -> Type:
    if term.dimensions:
        item = _to_type(Term(term.name, term.arguments, term.dimensions - 1))
        return Type(Sort.SEQUENCE, (item,), nullable=True)
    name = term.name.rpartition(".")[2]
    parts = tuple(map(_to_type, term.arguments))
    is_boxed = name[:1].isupper()
    primitive = _BOXED.get(name, name)
    if primitive in _BITS:
        return Type(Sort.INTEGER, bits=_BITS[primitive], nullable=is_boxed)
    if name in ("BigInteger",):
        return Type(Sort.INTEGER, bits=4096, nullable=True)
    if name in ("double", "float", "Double", "Float"):
        return Type(Sort.REAL, nullable=is_boxed)
    if name in ("boolean", "Boolean"):
        return Type(Sort.BOOLEAN, nullable=is_boxed)
    if name in ("char", "Character"):
        return Type(Sort.CHARACTER, nullable=is_boxed)
    if name in ("String", "CharSequence"):
        return Type(Sort.TEXT, nullable=True)
    if name == "void":
        return Type(Sort.NOTHING)
    if name in ("Object", "Number", "Comparable", "?"):
        return ANY
    if name in _SEQUENCES:
        return Type(Sort.SEQUENCE, parts or (ANY,), nullable=True)
    if name in _MAPPINGS:
        return Type(Sort.MAPPING, parts if len(parts) == 2 else (ANY, ANY), nullable=True)
    if name == "Optional":
        return Type(Sort.OPTIONAL, parts or (ANY,), nullable=True)
    return UNKNOWN
