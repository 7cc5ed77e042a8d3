import pytest

from stepcheck.server.judge.evidence.harness.cases import (
    Case,
    find_cases,
    main_function,
    read_tests,
)
from stepcheck.server.judge.languages import cpp, go, java, javascript


def function(language, source):
    [found] = language.functions(source)
    return found


JAVASCRIPT = function(javascript.JavaScript(), "const incrList = (l) => l")
CPP = function(cpp.Cpp(), "int solutions(vector<int> lst) { return 0; }")


@pytest.mark.parametrize(
    "text",
    [
        ">>> incr_list([1, 2])\n[2, 3]\n",
        "incrList([1, 2]) => [2, 3]",
        "// IncrList([1, 2]) returns [2, 3]",
        "l = [1, 2]\nreturn [2, 3]",
    ],
)
def test_examples_are_found_under_every_spelling(text):
    assert find_cases(text, JAVASCRIPT) == [Case(([1, 2],), [2, 3])]


def test_a_name_may_be_a_little_different():
    assert find_cases("solution([5, 8]) ==> 12", CPP) == [Case(([5, 8],), 12)]
    assert find_cases("absolution([5, 8]) ==> 12\nother(1) => 2", JAVASCRIPT) == []


def test_asserting_tests_are_read():
    tests = """
def check(candidate):
    assert candidate([1]) == [2], "one"
    assert [] == candidate([])
    assert abs(candidate([2])[0] - 3) < 1e-6
    assert candidate(x) == 2
assert incr_list([5]) == [6] and not incrList([])
"""

    assert read_tests(tests, JAVASCRIPT) == [
        Case(([5],), [6]),
        Case(([],), False),
        Case(([1],), [2]),
        Case(([],), []),
    ]


def test_tests_in_the_language_itself_are_not_pythons():
    assert read_tests("int main(){ assert(solutions({1}) == 1); }", CPP) is None


def test_the_function_that_the_text_calls_is_the_main_one():
    functions = go.Go().functions(
        "func Solve(x int) int { return x }\nfunc helper() int { return 1 }"
    )

    assert main_function(functions, "solve(1) => 1").name == "Solve"
    assert main_function(functions, "").name == "helper"
    assert main_function(functions, "", "solve").name == "Solve"
    assert main_function(functions, "", "gone") is None


@pytest.mark.parametrize(
    ("language", "source", "expected"),
    [
        (
            javascript.JavaScript(),
            "function a(x, y = 1) {}\nlet b = async function (z) {}\nexports.c = x => x\n"
            "export const d = ({ e }) => 1\nclass S { m(x) {} constructor() {} }\nconst n = 1",
            ["a", "b", "c", "d", "S.m"],
        ),
        (
            cpp.Cpp(),
            "namespace n { int a(int x); int a(int x) { return x; } }\nint main() {}\n"
            "template <class T> T t(T x) { return x; }\nclass S { public: int m() { return 1; } };",
            ["n.a", "S.m"],
        ),
        (
            java.Java(),
            "package p; public class S { static int a() { return 1; } class T { void b() {} } "
            "public static void main(String[] x) {} }",
            ["S.a", "S.T.b"],
        ),
        (go.Go(), "func A() {}\nfunc (s *S) M() {}\nfunc main() {}\nfunc init() {}", ["A"]),
    ],
)
def test_the_functions_of_a_source(language, source, expected):
    assert [function.qualified for function in language.functions(source)] == expected


@pytest.mark.parametrize(
    ("language", "source"),
    [
        (cpp.Cpp(), "int f() { /* later */ }"),
        (java.Java(), "class S { int f() { // later\n } }"),
        (go.Go(), "func f() int {}"),
        (javascript.JavaScript(), "const f = (x) => {\n  // later\n}"),
    ],
)
def test_a_function_without_a_statement_is_a_stub(language, source):
    assert function(language, source).is_stub
