"""Whatever code of another language does instead of answering, it is never found correct."""

import pytest

from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.languages.table import HARNESS_LANGUAGES, tools_of
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Verdict
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
EXAMPLES = "f(2) => 4\nf(3) => 9\n"
TESTS = {
    "js": "console.assert(f(2) === 4, 'two');",
    "cpp": "int main() { assert(f(2) == 4); }",
    "java": "class Main { public static void main(String[] a) {"
    " if (new S().f(2) != 4) throw new AssertionError(); } }",
    "go": 'package main\nimport "testing"\nfunc TestF(t *testing.T) { if F(2) != 4 { t.Fail() } }',
}
FOR_TESTS = ("exits", "exits at the start", "exits when called", "patches", "redefines", "prints")
ATTACKS = {
    "js": {
        "exits": "process.exit(0);\nfunction f(x) { return 0 }",
        "exits when called": "function f(x) { process.exit(0) }",
        "prints": "function f(x) { console.log(4); require('fs').writeSync(1, '4\\n'); return 0 }",
        "prints guesses": "for (let i = 0; i < 9; i++)\n"
        "  require('fs').writeSync(1, `\\n${'0'.repeat(32)} ${i} {\"value\":4}\\n`);\n"
        "function f(x) { return 0 }",
        "loops": "function f(x) { while (true); }",
        "loops when loaded": "while (true);\nfunction f(x) { return 0 }",
        "waits": "function f(x) { return new Promise(() => {}) }",
        "floods": "function f(x) { while (true) require('fs').writeSync(1, 'x'.repeat(65536)) }",
        "forks": "function f(x) { while (true) require('child_process').spawn('sleep', ['9']) }",
        "reads files": "function f(x) { return require('fs').readFileSync('/etc/passwd').length }",
        "patches": "JSON.stringify = () => '{\"value\":4}'; Array.prototype.push = () => 1;\n"
        "Object.defineProperty(console, 'assert', { value: () => {}, writable: false });\n"
        "require('assert').ok = () => {}; JSON.parse = () => [4]; Reflect.apply = () => 4;\n"
        "Number.prototype.toString = () => '4'; function f(x) { return 0 }",
        "fills memory": "function f(x) { const a = []; while (1) a.push(new Array(1e6).fill(x)) }",
        "is a proxy": "const f = new Proxy(() => 0, { apply: () => ({ toJSON: () => 4 }) })",
    },
    "cpp": {
        "exits at the start": "#include <cstdlib>\nint done = (exit(0), 0);\n"
        "int f(int x) { return 0; }",
        "exits when called": "#include <cstdlib>\nint f(int x) { exit(0); }",
        "ends without a word": "#include <unistd.h>\nint f(int x) { _exit(0); }",
        "prints": '#include <cstdio>\nint f(int x) { printf("4\\n"); return 0; }',
        "loops": 'int f(int x) { while (true) { asm(""); } }',
        "loops at the start": 'int loop() { while (true) { asm(""); } }\nint l = loop();\n'
        "int f(int x) { return 0; }",
        "floods": '#include <cstdio>\nint f(int x) { while (true) puts("xxxxxxxxxxxxxxxx"); }',
        "forks": "#include <unistd.h>\nint f(int x) { while (true) fork(); }",
        "reads files": "#include <cstdio>\n"
        'int f(int x) { return fopen("/etc/shadow", "r") ? 4 : 0; }',
        "redefines": "#define assert(x)\n#define return throw 1;\n#define main no\n#define NDEBUG\n"
        "int f(int x) { return 0; }",
        "does not return": "int f(int x) { }\nint g() { return 1; }",
        "recurses": "int f(int x) { return f(x + 1) + 1; }",
        "fills memory": "#include <vector>\nint f(int x) { std::vector<char*> v;"
        " while (true) { v.push_back(new char[1 << 20]()); } }",
        "kills its parent": "#include <signal.h>\n#include <unistd.h>\n"
        "int f(int x) { kill(getppid(), 9); return 0; }",
        "includes what it likes": '#include "/etc/passwd"\nint f(int x) { return 4; }',
        "compiles for ever": "template <int N> struct A { static const int v = A<N + 1>::v; };\n"
        "int f(int x) { return A<0>::v; }",
    },
    "java": {
        "exits": "class S { int f(int x) { System.exit(0); return 0; } }",
        "halts at the start": "class S { static { Runtime.getRuntime().halt(0); }"
        " int f(int x) { return 0; } }",
        "prints": "class S { int f(int x) { System.out.println(4); return 0; } }",
        "writes to the descriptor": "import java.io.*;\nclass S { int f(int x) throws Exception {"
        " new FileOutputStream(FileDescriptor.out).write(52); return 0; } }",
        "loops": "class S { int f(int x) { while (true) { } } }",
        "loops at the start": "class S { static { int i = 0; while (i == 0) { } }"
        " int f(int x) { return 0; } }",
        "starts threads": "class S { int f(int x) {"
        " while (true) new Thread(() -> { while (true); }).start(); } }",
        "fills memory": "import java.util.*;\nclass S { int f(int x) { List<int[]> l ="
        " new ArrayList<>(); while (true) l.add(new int[1 << 20]); } }",
        "is another harness": "class S { int f(int x) { return 0; } }\n"
        "class StepcheckHarness { public static void main(String[] a) { } }",
    },
    "go": {
        "exits": 'import "os"\nfunc init() { os.Exit(0) }\nfunc F(x int) int { return 0 }',
        "exits when called": 'import "os"\nfunc F(x int) int { os.Exit(0); return 0 }',
        "prints": 'import "fmt"\nfunc F(x int) int { fmt.Println(4); return 0 }',
        "loops": "func F(x int) int { for { } }",
        "loops at the start": "func init() { for { } }\nfunc F(x int) int { return 0 }",
        "starts processes": 'import "os/exec"\nfunc F(x int) int {'
        ' for { exec.Command("sleep", "9").Start() } }',
        "fills memory": "func F(x int) int { a := [][]byte{}; for {"
        " b := make([]byte, 1<<20); for i := range b { b[i] = 1 }; a = append(a, b) } }",
        "replaces what the harness uses": "var stepcheckTarget = func(x int) int { return 4 }\n"
        "func F(x int) int { return 0 }",
        "closes its output": 'import "os"\nfunc F(x int) int { os.Stdout.Close(); return 0 }',
    },
}


@pytest.mark.parametrize(
    ("language", "attack"), [(name, attack) for name in ATTACKS for attack in ATTACKS[name]]
)
def test_no_attack_is_found_correct(language, attack):
    if tools_of(language) is None:
        pytest.skip(HARNESS_LANGUAGES[language].install_hint)
    limits = Limits(seconds=1.5, seconds_per_call=1, resident_bytes=1 << 29)
    question = Question(
        code=ATTACKS[language][attack],
        language=language,
        # Whoever ends early or waits does so in both.
        examples="" if attack in FOR_TESTS else EXAMPLES,
        tests=TESTS[language] if attack in FOR_TESTS else "",
    )

    judgement = Judge(Sandbox(limits)).judge(question)

    assert judgement.verdict is not Verdict.CORRECT
    assert judgement.evidence


@pytest.mark.parametrize("language", sorted(ATTACKS))
@pytest.mark.parametrize(
    "code",
    ["\ud800", "\0", "{" * 20_000, "x" * 2_000_000, "class A { " * 3_000, "\r\n\t\ufeff"],
    ids=["half a letter", "zero", "braces", "long", "deep", "white"],
)
def test_no_text_is_too_strange(language, code):
    if tools_of(language) is None:
        pytest.skip(HARNESS_LANGUAGES[language].install_hint)
    limits = Limits(seconds=1.5, seconds_per_call=1)
    question = Question(code=code, language=language, examples=EXAMPLES)

    assert Judge(Sandbox(limits)).judge(question).verdict is not Verdict.CORRECT
