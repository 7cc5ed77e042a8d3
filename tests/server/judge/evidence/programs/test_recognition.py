import pytest

from stepcheck.server.judge.evidence.programs.recognition import describe


@pytest.mark.parametrize(
    "source",
    [
        "print(input())",
        "n = int(input())\n",
        "import sys\nprint(sys.stdin.read())",
        "from sys import stdin\nprint(stdin.readline())",
        "import sys\ninput = sys.stdin.readline\nprint(input())",
        "print(open(0).read())",
        "print(open('/dev/stdin').read())",
        "import os\nprint(os.read(0, 100))",
        "import fileinput\nfor line in fileinput.input(): print(line)",
        "def main():\n    print(input())\nmain()",
        "def main():\n    print(input())\nif __name__ == '__main__':\n    main()",
        "def read():\n    return input()\ndef main():\n    print(read())\nmain()",
        "def main():\n    print(input())\nimport threading\nthreading.Thread(target=main).start()",
        "class S:\n    def __init__(self):\n        self.n = input()\nprint(S().n)",
        "class S:\n    def go(self): print(input())\nS().go()",
        "for _ in range(int(input())):\n    print(sum(map(int, input().split())))",
        "import sys\nfor line in sys.stdin.buffer:\n    print(line)",
        "read = lambda: input()\nprint(read())",
        "if True:\n    print(input())",
    ],
)
def test_what_reads_by_itself_is_a_program(source):
    assert describe(source).reads


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    return x\n",
        "def f():\n    return input()\n",
        "class S:\n    def go(self): return input()\n",
        "X = 1\n",
        "def f(x):\n    return x\nif __name__ == '__main__':\n    print(f(2))",
        "not python (",
        "data = open('data.txt')",
        "import os\ndef f(d): return os.read(d, 10)",
    ],
)
def test_what_reads_nothing_by_itself_is_none(source):
    assert not describe(source).reads


def test_a_guard_keeps_an_import_from_reading():
    guarded = describe("def main():\n    print(input())\nif __name__ == '__main__':\n    main()")

    assert guarded.reads
    assert not guarded.reads_on_import
    assert describe("print(input())").reads_on_import


def test_what_only_prints_is_a_program_that_reads_nothing():
    assert describe("print(1)").is_program
    assert not describe("print(1)").reads
    assert not describe("def f(): print(1)").is_program
