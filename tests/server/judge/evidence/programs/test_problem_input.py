"""Descriptions of inputs as people write them, each with a sample that it describes."""

import pytest

from stepcheck.server.judge.evidence.programs.input_drawing import LARGE, SMALL, TINY, draw_inputs
from stepcheck.server.judge.evidence.programs.input_format import fields_of, read_input
from stepcheck.server.judge.evidence.programs.problem_input import Allowed, read_problem_input
from stepcheck.server.judge.evidence.programs.samples import Sample

KNOWN = [
    ("The first line contains an integer n (1 ≤ n ≤ 100).", "5"),
    ("The only line contains three integers a, b and c (1 ≤ a, b, c ≤ 100).", "1 2 3"),
    ("The single line contains two space-separated integers n, m (1 ≤ n, m ≤ 10^{9}).", "5 6"),
    ("A single integer $N$ ($1 \\le N \\le 10^5$).", "7"),
    ("One integer x (-1000 ≤ x ≤ 1000)", "-3"),
    ("The first line contains n (1 ≤ n ≤ 10). The second line contains n integers a1, a2, ..., an "
     "(1 ≤ ai ≤ 9).", "2\n3 4"),
    ("The first line of the input contains integer n (1 ≤ n ≤ 100) — the number of cups.\n\n"
     "The second line contains n integers a_1, a_2, ..., a_{n} (0 ≤ a_{i} ≤ 10^5), where a_{i} is "
     "the size of the i-th cup.", "3\n1 0 4"),
    ("The first line contains two integers n and k (1 ≤ k ≤ n ≤ 50). The next line contains n "
     "space-separated integers (1 ≤ a_i ≤ 100): a_1, a_2, ..., a_n.", "3 2\n4 5 6"),
    ("The first line contains n and m (1 ≤ n, m ≤ 20). Each of the next n lines contains m "
     "integers "
     "a_{ij} (0 ≤ a_{ij} ≤ 9).", "2 3\n1 2 3\n4 5 6"),
    ("The first line contains integers n and m (1 ≤ n, m ≤ 20). Then m lines follow, each "
     "containing "
     "two integers x and y (1 ≤ x, y ≤ n).", "3 2\n1 2\n3 1"),
    ("The first line contains the number of queries q (1 ≤ q ≤ 100). The i-th of the next q lines "
     "contains integers l_i and r_i (1 ≤ l_i ≤ r_i ≤ 1000).", "2\n1 2\n5 5"),
    ("The first line contains t (1 ≤ t ≤ 1000) — the number of test cases. Then t test cases "
     "follow. "
     "The only line of each test case contains an integer n (1 ≤ n ≤ 10^9).", "2\n4\n5"),
    ("The first line contains one integer $t$ ($1 \\le t \\le 100$) — the number of test cases.\n\n"
     "The first line of each test case contains $n$ ($1 \\le n \\le 50$).\n\nThe second line of "
     "each "
     "test case contains $n$ integers $a_1, \\ldots, a_n$ ($1 \\le a_i \\le n$).",
     "2\n1\n1\n2\n1 2"),
    ("The first line of input contains T, the number of test cases. Each test case consists of a "
     "single line with two integers A and B.\n\nConstraints\n- 1 ≤ T ≤ 10\n- 1 ≤ A, B ≤ 100",
     "1\n5 6"),
    ("The first line contains the integer T. T lines follow, each containing an integer N.\n"
     "Constraints\n1 <= T <= 5\n1 <= N <= 1,000,000", "2\n4\n100"),
    ("The only line contains a string s (1 ≤ |s| ≤ 100) of lowercase Latin letters.", "abc"),
    ("The first line contains n (1 ≤ n ≤ 100), the length of the string. The second line contains "
     "the string s of length n consisting of lowercase English letters.", "3\nabc"),
    ("The first line contains n (1 ≤ n ≤ 100). The second line contains a string of n characters, "
     "each of them is \"R\" or \"B\".", "3\nRBR"),
    ("The first line contains a binary string s of length between 1 and 20.", "0110"),
    ("The first line contains two integers h and w (1 ≤ h, w ≤ 10). Each of the next h lines "
     "contains w characters, each either '.' or '#'.", "2 3\n..#\n###"),
    ("Input is given from Standard Input in the following format:\nN M\nA_1 A_2 ... A_N\n"
     "B_1 B_2 ... B_M\nConstraints\n - 1 \\leq N, M \\leq 10\n - 1 \\leq A_i, B_i \\leq 100",
     "2 3\n1 2\n3 4 5"),
    ("Input is given from Standard Input in the following format:\nN\nx_1 y_1\n:\nx_N y_N\n"
     "Constraints\n - 1 \\leq N \\leq 10\n - -10 \\leq x_i, y_i \\leq 10", "2\n1 2\n-3 4"),
    ("Input is given from Standard Input in the following format:\nS\nConstraints\n"
     " - S is a string of length between 1 and 20.\n - S consists of lowercase English letters.",
     "abc"),
    ("Input is given from Standard Input in the following format:\nN K\nh_1\nh_2\n:\nh_N\n"
     "Constraints\n - 1 \\leq K \\leq N \\leq 20\n - 0 \\leq h_i \\leq 9", "3 2\n1\n2\n3"),
    ("The first line contains n (2 ≤ n ≤ 10). Each of the next n - 1 lines contains two integers u "
     "and v (1 ≤ u, v ≤ n).", "3\n1 2\n2 3"),
    ("The first line contains n (1 ≤ n ≤ 10). The next 2n lines contain one integer x each "
     "(1 ≤ x ≤ 5).", "1\n4\n5"),
    ("The first line contains n (1 ≤ n ≤ 9). The second line contains "
     "n distinct integers a_i (1 ≤ a_i ≤ 100).", "3\n3 1 2"),
    ("The first line contains a real number x (0.0 ≤ x ≤ 10.0).", "1.5"),
    ("The first line contains four integers a, b, c, d (1 ≤ a < b < c < d ≤ 100).", "1 2 3 4"),
    ("The first line contains an even integer n (2 ≤ n ≤ 100).", "4"),
    (
        "Input is given from Standard Input in the following format:\nN\na_0 a_1 ... a_{N-1}\n"
        "Constraints\n - 1 \\leq N \\leq 10\n - 0 \\leq a_i \\leq 5",
        "3\n2 1 3",
    ),
    (
        "Input is given from Standard Input in the following format:\nH W\n"
        "A_{1, 1} A_{1, 2} \\cdots A_{1, W}\n\\vdots\nA_{H, 1} A_{H, 2} \\cdots A_{H, W}\n"
        "Constraints\n - 1 \\leq H, W \\leq 5\n - 0 \\leq A_{i,j} \\leq 9",
        "2 2\n1 2\n3 4",
    ),
    (
        "The input starts with an integer T (1 ≤ T ≤ 10), the number of cases. Each case is a line "
        "with three integers a b c (0 ≤ a, b, c ≤ 9).",
        "1\n1 2 3",
    ),
    (
        "- First line will contain $T$, number of testcases. Then the testcases follow.\n- Each "
        "testcase contains of a single line of input, two integers $N, K$.\nConstraints\n"
        "- $1 \\leq T \\leq 1000$\n- $2 \\leq N,K \\leq 50$",
        "1\n5 6",
    ),
    (
        "First line of the input contains an integer T denoting the number of test cases. For "
        "each test case, there is a line containing an integer N.\nConstraints\n1 ≤ T ≤ 10\n1 ≤ "
        "N ≤ 50",
        "1\n5",
    ),
    (
        "The first line contains $n$ ($1 \\le n \\le 10$), and then $n$ lines follow: the "
        "$i$-th of "
        "them has integers $l_i$, $r_i$ ($1 \\le l_i \\le r_i \\le 20$).",
        "1\n3 4",
    ),
    ("You are given three positive integers a, b, c (1 ≤ a, b, c ≤ 100).", "1 2 3"),
    ("Two integers: A and B (0 ≤ A, B ≤ 50).", "1 0"),
]  # fmt: skip

PARTLY_KNOWN = [
    ("The first line contains an integer n.", "5"),
    ("The first line contains n (1 ≤ n ≤ 10). The next n - 1 lines describe the tree: each "
     "contains "
     "u and v (1 ≤ u, v ≤ n), two integers.", "2\n1 2"),
    ("The first line contains two integers n and m (1 ≤ n ≤ 9, 0 ≤ m ≤ n(n-1)/2).", "3 1"),
    ("The first line contains n (1 ≤ n ≤ 9). The second line contains n integers a_i (0 ≤ a_i ≤ "
     "9). "
     "It is guaranteed that some of them are zero.", "2\n0 1"),
    ("The first line contains a string s.", "abc"),
]  # fmt: skip

UNKNOWN = [
    ("The input has some lines.", "5\n6 7"),
    ("The first line contains two integers a and b.", "1 2 3"),
    ("The first line contains q. Each of the next q lines has a command.", "1\npush 3"),
    ("", "1"),
]


def read(description, sample):
    text = f"Do it.\n\n-----Input-----\n{description}\n\n-----Output-----\nPrint it.\n"
    return read_problem_input(text, [Sample(sample + "\n", ("1\n",))])


@pytest.mark.parametrize(("description", "sample"), KNOWN)
def test_inputs_that_the_text_describes_are_made(description, sample):
    known = read(description, sample)

    assert known.allowed is Allowed.SURELY
    made = draw_inputs(known, 30, (*TINY, *SMALL, *LARGE))
    assert len(made) >= 5
    for text in made:
        for one in read_input(known.items, text):
            assert known.constraints.hold(one.values), text


@pytest.mark.parametrize(("description", "sample"), PARTLY_KNOWN)
def test_what_says_more_than_was_read_is_not_complete(description, sample):
    known = read(description, sample)

    assert known.items
    assert known.allowed is not Allowed.SURELY
    assert draw_inputs(known, 10, TINY)


@pytest.mark.parametrize(("description", "sample"), UNKNOWN)
def test_a_format_that_the_samples_do_not_have_is_none(description, sample):
    assert read(description, sample).items == ()


def test_the_inputs_are_the_same_every_time():
    known = read(*KNOWN[6])

    assert draw_inputs(known, 20, SMALL) == draw_inputs(known, 20, SMALL)


def test_small_inputs_have_the_least_counts_and_equal_values():
    made = draw_inputs(read(*KNOWN[6]), 60, (*TINY, *SMALL))

    assert any(text.startswith("1\n") for text in made)
    assert any(len(set(text.split()[1:])) < len(text.split()[1:]) for text in made)


def test_bounds_that_depend_on_others_hold():
    for text in draw_inputs(read(*KNOWN[10]), 40, (*SMALL, *LARGE)):
        for line in text.splitlines()[1:]:
            low, high = map(int, line.split())
            assert 1 <= low <= high <= 1000


def test_names_and_counts_are_those_of_the_text():
    known = read(*KNOWN[7])

    assert [field.name for field in fields_of(known.items)] == ["n", "k", "a"]


def test_a_permutation_is_drawn_as_one():
    known = read(
        "The first line contains n (1 ≤ n ≤ 9). The second line contains a permutation p: "
        "n distinct integers p_1, p_2, ..., p_n (1 ≤ p_i ≤ n).",
        "3\n3 1 2",
    )

    for text in draw_inputs(known, 20, SMALL):
        size, *values = map(int, text.split())
        assert sorted(values) == list(range(1, size + 1))


@pytest.mark.parametrize(
    "more",
    [
        "It is guaranteed that a is a square.",
        "The edges form a connected graph.",
        "No two of them are equal.",
        "The numbers are sorted in ascending order.",
        "There are at least one odd number and such that the total is even.",
    ],
)
def test_a_property_that_is_not_made_leaves_doubt(more):
    known = read(f"The first line contains two integers a and b (1 ≤ a, b ≤ 9). {more}", "1 4")

    assert known.allowed is Allowed.DOUBTFUL
