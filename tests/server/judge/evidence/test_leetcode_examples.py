"""Examples in LeetCode's form, read and run for real."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepcheck.server.judge.benchmark.preludes import LEETCODE
from stepcheck.server.judge.evidence.leetcode_examples import find_class_examples
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import FaultKind, Verdict
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, unavailable_reason

isolated = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
TWO = """
class Solution:
    def help(self, a, b):
        return a

    def twoSum(self, nums: List[int], target: int) -> List[int]:
        return self.help(nums, target)
"""


def found(text, code=TWO):
    return [(check.source, check.expected) for check in find_class_examples(text, ast.parse(code))]


@pytest.mark.parametrize(
    "text",
    [
        "Input: nums = [2,7], target = 9\nOutput: [0,1]\nExplanation: because it is so.",
        "Example 1:\n\nInput: nums = [2,7], target = 9\nOutput: [0,1]\n\nConstraints:\n\nnone",
        "Input: nums  = [2, 7], target=9\n  Output: [0,1]",
        "Input: numbers = [2,7], t = 9\nOutput: [0,1]",
        "Input:\nnums = [2,7]\ntarget = 9\nOutput:\n[0,1]",
    ],
)
def test_named_arguments_go_to_the_method_in_order(text):
    assert found(text) == [("Solution().twoSum([2, 7], 9)", "[0, 1]")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Input: nums = [2,7]\nOutput: [0,1]",
        "Input: nums = [2,7], target = x\nOutput: [0,1]",
        "Input: nums = [2,7], target = 9\nOutput: the two",
        "Input: nums = [2,7], target = 9",
        "Output: [0,1]",
        'Input\n["Other","f"]\n[[],[]]\nOutput\n[null,null]',
        'Input\n["Solution","f"]\n[[]]\nOutput\n[null,null]',
    ],
)
def test_nothing_is_made_up(text):
    assert found(text) == []


def test_values_are_json():
    code = "class Solution:\n    def f(self, a, b): pass\n"

    text = 'Input: a = "x, b = 1", b = [true, null]\nOutput: false'

    assert found(text, code) == [("Solution().f('x, b = 1', [True, None])", "False")]


def test_a_class_that_nobody_supplies_gives_no_example():
    code = "class Solution:\n    def f(self, g: 'Custom', z: int): pass\n"

    assert found("Input: g = 1, z = 5\nOutput: 2", code) == []


@given(st.text(alphabet='Inputou: \n=[]{}",ab12\\t(', max_size=200))
def test_any_text_is_read_without_harm(text):
    for source, expected in found(f"Input: nums = {text}\nOutput: {text}"):
        ast.parse(source)
        ast.literal_eval(expected)


def judge(code, examples, intent=""):
    judge = Judge(Sandbox(Limits(seconds=8, seconds_per_call=1)))
    return judge.judge(Question(code=LEETCODE + code, examples=examples, intent=intent))


SEQUENCE = 'Input\n["MinStack","push","push","getMin"]\n[[],[3],[1],[]]\nOutput\n[null,null,null,1]'
REVERSE = """
class Solution:
    def reverseList(self, head: Optional[ListNode]) -> Optional[ListNode]:
        before = None
        while head:
            head.next, before, head = before, head, head.next
        return before
"""
INVERT = """
class Solution:
    def invertTree(self, root: Optional[TreeNode]) -> Optional[TreeNode]:
        if root:
            root.left, root.right = self.invertTree(root.right), self.invertTree(root.left)
        return root
"""
ANCESTOR = """
class Solution:
    def lowestCommonAncestor(self, root: 'TreeNode', p: 'TreeNode', q: 'TreeNode') -> 'TreeNode':
        if root is None or root in (p, q):
            return root
        left = self.lowestCommonAncestor(root.left, p, q)
        right = self.lowestCommonAncestor(root.right, p, q)
        return root if left and right else left or right
"""
STACK = """
class MinStack:
    def __init__(self):
        self.items = []
    def push(self, x):
        self.items.append(x)
    def getMin(self):
        return min(self.items)
"""
ROTATE = """
class Solution:
    def rotate(self, nums: List[int], k: int) -> None:
        nums[:] = nums[-k:] + nums[:-k]
"""


@isolated
@pytest.mark.parametrize(
    ("code", "right", "wrong"),
    [
        (
            "class Solution:\n    def f(self, word: str) -> Dict:\n        return Counter(word)\n",
            'Input: word = "aab"\nOutput: {"a": 2, "b": 1}',
            'Input: word = "aab"\nOutput: {"a": 1, "b": 1}',
        ),
        (STACK, SEQUENCE, SEQUENCE.replace("null,1]", "null,3]")),
        (REVERSE, "Input: head = [1,2,3]\nOutput: [3,2,1]", "Input: head = [1,2]\nOutput: [1,2]"),
        (REVERSE, "Input: head = []\nOutput: []", "Input: head = []\nOutput: [1]"),
        (
            INVERT,
            "Input: root = [4,2,7,null,3]\nOutput: [4,7,2,null,null,3]",
            "Input: root = [4,2,7]\nOutput: [4,2,7]",
        ),
        (
            ANCESTOR,
            "Input: root = [3,5,1,6,2], p = 6, q = 2\nOutput: 5",
            "Input: root = [3,5,1,6,2], p = 6, q = 1\nOutput: 5",
        ),
        (
            ROTATE,
            "Input: nums = [1,2,3], k = 1\nOutput: [3,1,2]",
            "Input: nums = [1,2,3], k = 1\nOutput: [1,2,3]",
        ),
    ],
)
def test_examples_decide_both_ways(code, right, wrong):
    assert judge(code, right).verdict is Verdict.CORRECT
    assert judge(code, wrong).verdict is Verdict.INCORRECT


ANY = "class Solution:\n    def f(self, n: int) -> List[int]:\n        return [n, 1]\n"


@isolated
@pytest.mark.parametrize(
    ("intent", "verdict"),
    [
        ("Return the list.", Verdict.INCORRECT),
        ("Return the answer in any order.", Verdict.CORRECT),
        ("If there are multiple answers, return any of them.", Verdict.UNKNOWN),
    ],
)
def test_an_order_or_a_choice_that_is_free_refutes_nothing(intent, verdict):
    assert judge(ANY, "Input: n = 2\nOutput: [1,2]", intent).verdict is verdict


@isolated
def test_a_result_of_chance_refutes_nothing():
    code = "class Solution:\n    def f(self, n: int) -> float:\n        return random.random()\n"

    assert judge(code, "Input: n = 2\nOutput: 0.25").verdict is Verdict.UNKNOWN


@isolated
def test_the_prelude_is_no_undefined_name():
    code = "class Solution:\n    def f(self, n: List[int]) -> int:\n        return gcd(*n)\n"
    text = "Input: n = [4, 6]\nOutput: 2"

    alone = Judge(Sandbox()).judge(Question(code=code, examples=text))

    assert judge(code, text).verdict is Verdict.CORRECT
    assert {fault.kind for fault in alone.faults} >= {FaultKind.UNDEFINED_NAME}
