"""Twelve small goals of different kinds: what a checker does most of the time in an editor."""

from bench.datasets import Goal

SMALL_GOALS = (
    Goal("commutativity", "", "(a b : Nat) : a + b = b + a"),
    Goal("conjunction", "", "(p q : Prop) (h : p ∧ q) : q ∧ p"),
    Goal("disjunction", "", "(p q r : Prop) (h : p ∨ q) (hp : p → r) (hq : q → r) : r"),
    Goal("inequality", "", "(x y : Nat) (h : x < y) (h' : y ≤ 10) : x + 1 ≤ 10"),
    Goal("existence", "", "(n : Nat) (h : 0 < n) : ∃ m, n = m + 1"),
    Goal("lists", "", "{α : Type} (l m : List α) : (l ++ m).length = m.length + l.length"),
    Goal("computation", "", ": (List.range 10).foldl (· + ·) 0 = 45"),
    Goal("booleans", "", "(a b : Bool) : (a && b) = (b && a)"),
    Goal("rewriting", "", "(a b c : Nat) (h : a = b) : a * c + 0 = c * b"),
    Goal("functions", "", "(f : Nat → Nat) (h : ∀ x, f x = x + 1) : f (f 0) = 3"),
    Goal(
        "predicates",
        "variable {α : Type} (p q : α → Prop)",
        "(h : ∀ x, p x → q x) (he : ∃ x, p x) : ∃ x, q x",
    ),
    Goal(
        "recursion",
        "def sum : Nat → Nat\n  | 0 => 0\n  | n + 1 => (n + 1) + sum n\n",
        "(n : Nat) (h : 2 * sum n = n * (n + 1)) : 2 * sum (n + 1) = (n + 1) * (n + 2)",
    ),
)
