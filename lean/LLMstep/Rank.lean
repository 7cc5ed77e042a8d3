import LLMstep.Request
import LLMstep.Verdict

/-!
# Which suggestions are shown, and in which order
-/

namespace LLMstep

/-- A suggestion, and what became of it. -/
structure Checked where
  suggestion : Suggestion
  outcome : Outcome
  deriving Inhabited

/-- Whether the suggestion is worth showing. Whatever is not certain is not. -/
def Checked.isGood (checked : Checked) : Bool :=
  checked.outcome.verdict matches .proved | .progress

/-- Proofs come first, then what leaves the fewest goals, then what the model finds likelier. -/
def Checked.precedes (a b : Checked) : Bool :=
  let key (checked : Checked) : Nat × Nat :=
    match checked.outcome.verdict with
    | .proved => (0, 0)
    | .progress => (1, checked.outcome.goals.size)
    | _ => (2, 0)
  let (rankA, goalsA) := key a
  let (rankB, goalsB) := key b
  if rankA != rankB then rankA < rankB
  else if goalsA != goalsB then goalsA < goalsB
  else a.suggestion.score > b.suggestion.score

/-- The goals as text, without their names: these depend on the step that led there. -/
def Outcome.namelessGoals (outcome : Outcome) : Array String :=
  outcome.goals.map fun goal =>
    match goal.splitOn "\n" with
    | first :: rest => if first.startsWith "case " then "\n".intercalate rest else goal
    | [] => goal

/-- Whether two suggestions are one to the reader: the same text, or the same goals after it. -/
def Checked.isLike (a b : Checked) : Bool :=
  a.suggestion.text == b.suggestion.text ||
    !a.outcome.goals.isEmpty && a.outcome.verdict == b.outcome.verdict &&
      a.outcome.namelessGoals == b.outcome.namelessGoals

/-- The shorter of two suggestions, the first if they are equally long. -/
def Checked.shorter (a b : Checked) : Checked :=
  if b.suggestion.text.length < a.suggestion.text.length then b else a

/--
The suggestions in the order in which they are shown. Of those that leave the same goals the
shortest is kept, at the place of the best.
-/
def rank (checked : Array Checked) : Array Checked :=
  (checked.insertionSort Checked.precedes).foldl (init := #[]) fun kept next =>
    match kept.findIdx? (·.isLike next) with
    | some i => kept.modify i (·.shorter next)
    | none => kept.push next

end LLMstep
