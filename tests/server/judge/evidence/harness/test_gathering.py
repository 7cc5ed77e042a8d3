"""JavaScript, C++, Java and Go are judged alike, each where its tools are."""

import pytest

from stepcheck.server.judge.evidence.harness import gathering
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.languages.table import HARNESS_LANGUAGES, tools_of
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import EvidenceKind, FaultKind, Finding, Verdict
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
EXAMPLES = ">>> incr_list([1, 2, 3])\n[2, 3, 4]\n>>> incr_list([5, 0])\n[6, 1]\n"
RIGHT = {
    "js": "const incrList = (l) => l.map((x) => x + 1);\n",
    "cpp": "#include <vector>\nstd::vector<int> incr_list(std::vector<int> l) {\n"
    "  for (int& x : l) x += 1;\n  return l;\n}\n",
    "java": "import java.util.*;\n\nclass Solution {\n"
    "  public List<Integer> incrList(List<Integer> l) {\n"
    "    List<Integer> r = new ArrayList<>();\n    for (int x : l) r.add(x + 1);\n"
    "    return r;\n  }\n}\n",
    "go": "func IncrList(l []int) []int {\n  for i := range l {\n    l[i] += 1\n  }\n"
    "  return l\n}\n",
}
PARTS = {"js": "x + 1", "cpp": "x += 1", "java": "x + 1", "go": "+= 1"}
WRONG = {"js": "x + 2", "cpp": "x += 2", "java": "x + 2", "go": "+= 2"}


@pytest.fixture(params=sorted(RIGHT))
def language(request):
    if tools_of(request.param) is None:
        pytest.skip(HARNESS_LANGUAGES[request.param].install_hint)
    return request.param


def need(name):
    if tools_of(name) is None:
        pytest.skip(HARNESS_LANGUAGES[name].install_hint)


def judged(language, code, seconds=20, **known):
    sandbox = Sandbox(Limits(seconds=seconds, seconds_per_call=2))
    return Judge(sandbox).judge(Question(code=code, language=language, **known))


def broken(language, replacement):
    return RIGHT[language].replace(PARTS[language], replacement)


def kinds(judgement):
    return {fault.kind for fault in judgement.faults}


def test_examples_decide_both_ways(language):
    right = judged(language, RIGHT[language], examples=EXAMPLES)
    wrong = judged(language, broken(language, WRONG[language]), examples=EXAMPLES)

    assert right.verdict is Verdict.CORRECT
    assert [(one.passed, one.run) for one in right.evidence if one.run] == [(2, 2)]
    assert wrong.verdict is Verdict.INCORRECT
    assert "gives [3, 4, 5], not [2, 3, 4]" in wrong.faults[0].message


def test_a_reference_decides_both_ways_and_sets_wrong_examples_aside(language):
    examples = EXAMPLES + ">>> incr_list([1])\n[7]\n"
    known = {"examples": examples, "reference": RIGHT[language]}

    right = judged(language, RIGHT[language], **known)
    compared = {one.kind: one for one in right.evidence}

    assert right.verdict is Verdict.CORRECT
    assert compared[EvidenceKind.EXAMPLES].set_aside == 1
    assert compared[EvidenceKind.DIFFERENTIAL].finding is Finding.SUPPORTS
    assert compared[EvidenceKind.DIFFERENTIAL].run > 20


def test_asserting_tests_in_pythons_notation_are_compared_outside(language):
    tests = "def check(candidate):\n    assert candidate([7]) == [8]\n"

    assert judged(language, RIGHT[language], tests=tests).verdict is Verdict.CORRECT
    wrong = judged(language, broken(language, WRONG[language]), tests=tests)
    assert wrong.verdict is Verdict.INCORRECT


TORN = {"js": "x + ;", "cpp": "x += ;", "java": "x + ;", "go": "+= }"}
NAMELESS = {"cpp": "x += y", "java": "x + y", "go": "+= y"}
LINES = {"js": 1, "cpp": 3, "java": 6, "go": 3}


def test_what_does_not_compile_is_refuted_with_its_line(language):
    judgement = judged(language, broken(language, TORN[language]), examples=EXAMPLES)

    assert judgement.verdict is Verdict.INCORRECT
    assert judgement.faults[0].kind is FaultKind.SYNTAX
    assert judgement.faults[0].range.first_line == LINES[language]


@pytest.mark.parametrize("name", sorted(NAMELESS))
def test_a_name_that_is_not_defined_is_one(name):
    need(name)
    judgement = judged(name, broken(name, NAMELESS[name]), examples=EXAMPLES)

    assert kinds(judgement) == {FaultKind.UNDEFINED_NAME}
    assert judgement.faults[0].range.first_line == LINES[name]


RAISING = {
    "js": "x + y",
    "cpp": "x = std::vector<int>().at(3)",
    "java": "x / (x - x)",
    "go": "= l[i-9]",
}


def test_an_exception_refutes_with_its_line(language):
    judgement = judged(language, broken(language, RAISING[language]), examples=EXAMPLES)

    assert judgement.verdict is Verdict.INCORRECT
    assert kinds(judgement) == {FaultKind.EXCEPTION}
    if language != "cpp":
        assert judgement.faults[0].range.first_line == LINES[language]


def test_without_a_sign_of_what_is_wanted_nothing_is_known(language):
    assert judged(language, RIGHT[language]).verdict is Verdict.UNKNOWN
    assert judged(language, "").verdict is Verdict.UNKNOWN


def test_missing_tools_are_named_with_their_remedy(monkeypatch):
    monkeypatch.setattr(gathering, "tools_of", lambda name: None)

    judgement = judged("java", RIGHT["java"], examples=EXAMPLES)

    assert judgement.verdict is Verdict.UNKNOWN
    assert "Install a JDK" in judgement.reason


def test_a_missing_header_says_nothing_about_the_code():
    need("cpp")
    judgement = judged("cpp", "#include <no/such.hpp>\n" + RIGHT["cpp"], examples=EXAMPLES)

    assert judgement.verdict is Verdict.UNKNOWN
    assert "no/such.hpp" in judgement.reason


def test_a_function_that_cannot_be_called_from_outside_is_unknown():
    need("cpp")
    code = "struct Node { int x; };\nint get(Node n) { return n.x; }\n"

    assert judged("cpp", code, examples="get(1) => 1").verdict is Verdict.UNKNOWN


def test_an_example_without_values_of_the_declared_types_is_set_aside():
    need("go")
    code = "func Count(m map[string]int) int { return len(m) }"
    examples = 'count({"a": 1}) => 1\ncount({8: 1}) => 1\n'

    judgement = judged("go", code, examples=examples)
    [run] = [one for one in judgement.evidence if one.run]

    assert judgement.verdict is Verdict.CORRECT
    assert (run.passed, run.set_aside) == (1, 1)


@pytest.mark.parametrize(
    ("name", "code", "examples"),
    [
        (
            "cpp",
            "#include <map>\n#include <string>\n#include <vector>\n#include <optional>\n"
            "using namespace std;\nclass Solution { public:\n"
            "  vector<pair<string, int>> count(map<string, vector<int>>& m, char c,"
            " optional<int> o) {\n    vector<pair<string, int>> r;\n"
            "    for (auto& [k, v] : m) r.push_back({k + c, int(v.size()) + o.value_or(10)});\n"
            "    return r;\n  }\n};\n",
            "count({'b': [1], 'a': []}, '!', None) => [('a!', 10), ('b!', 11)]",
        ),
        (
            "java",
            "import java.util.*;\npublic class Solution {\n"
            "  static Map<String, int[]> count(int[][] a, Optional<Character> c, Object o) {\n"
            "    Map<String, int[]> m = new TreeMap<>();\n"
            '    m.put(c.map(String::valueOf).orElse("-") + o, a[0]);\n    return m;\n  }\n}\n',
            "count([[1, 2], [3]], None, 2.5) => {'-2.5': [1, 2]}",
        ),
        (
            "go",
            'package other\n\nimport "fmt"\n\n'
            "func Count(m map[interface{}]interface{}, p [2]int, r rune)"
            " (map[string]int, error) {\n"
            '  return map[string]int{fmt.Sprint(m["a"], string(r)): p[1]}, nil\n}\n'
            "func main() {}\n",
            "count({'a': 1, 2: 'b'}, (3, 4), 'x') => ({'1x': 4}, None)",
        ),
        (
            "js",
            "export async function count(m, s) {\n  return { n: Object.keys(m).length, s };\n}\n",
            "count({'a': 1}, [True, None, 'é']) => {'n': 1, 's': [True, None, 'é']}",
        ),
    ],
)
def test_values_of_many_types_go_there_and_back(name, code, examples):
    need(name)
    judgement = judged(name, code, examples=examples)

    assert judgement.verdict is Verdict.CORRECT, judgement


OWN_TESTS = {
    "js": "console.assert(JSON.stringify(incrList([1])) === '[2]');",
    "cpp": "int main() { assert(incr_list({1}) == std::vector<int>({2})); }",
    "java": "import java.util.*;\nclass Main { public static void main(String[] a) {\n"
    "  if (!new Solution().incrList(Arrays.asList(1)).equals(Arrays.asList(2)))"
    " throw new AssertionError();\n} }",
    "go": 'package x\nimport "testing"\nfunc TestIncr(t *testing.T) {\n'
    "  if IncrList([]int{1})[0] != 2 { t.Fail() }\n}\n",
}
EXITING = {
    "js": "process.exit(0)",
    "cpp": "#include <cstdlib>\nint ended = (exit(0), 1);",
    "java": "System.exit(0);",
    "go": 'import "os"\nfunc init() { os.Exit(0) }\n',
}


def test_tests_in_the_language_itself_decide_both_ways(language):
    tests = OWN_TESTS[language]

    assert judged(language, RIGHT[language], tests=tests).verdict is Verdict.CORRECT
    wrong = judged(language, broken(language, WRONG[language]), tests=tests)
    assert wrong.verdict is Verdict.INCORRECT


def ending(language):
    """Code that ends its process, with success, before anything is found out."""
    if language == "java":
        return RIGHT["java"].replace("List<Integer> r", EXITING["java"] + "List<Integer> r")
    return EXITING[language] + "\n" + RIGHT[language]


def test_ending_early_with_success_gains_nothing(language):
    tested = judged(language, ending(language), tests=OWN_TESTS[language])
    shown = judged(language, ending(language), examples=EXAMPLES)

    assert tested.verdict is not Verdict.CORRECT
    assert shown.verdict is not Verdict.CORRECT
