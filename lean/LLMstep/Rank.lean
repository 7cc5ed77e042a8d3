import LLMstep.Request
import LLMstep.Verdict

/-!
# Ranking: which suggestions are shown, and in which order
-/

namespace LLMstep

/-- A suggestion, and the outcome of checking it. -/
structure CheckedSuggestion where
  suggestion : Suggestion
  outcome : Outcome
  deriving Inhabited

/-- Whether the suggestion is shown. Whatever is not certain is not. -/
def CheckedSuggestion.isAccepted (checked : CheckedSuggestion) : Bool :=
  checked.outcome.verdict matches .proved | .progress

/-- Proofs come first, then what leaves the fewest goals, then what the model finds likelier. -/
def CheckedSuggestion.precedes (a b : CheckedSuggestion) : Bool :=
  let key (checked : CheckedSuggestion) : Nat × Nat :=
    match checked.outcome.verdict with
    | .proved => (0, 0)
    | .progress => (1, checked.outcome.goals.size)
    | _ => (2, 0)
  let (rankA, goalsA) := key a
  let (rankB, goalsB) := key b
  if rankA != rankB then rankA < rankB
  else if goalsA != goalsB then goalsA < goalsB
  else a.suggestion.score > b.suggestion.score

/-- The goals as text, without their tags: these depend on the step that led there. -/
def Outcome.untaggedGoals (outcome : Outcome) : Array String :=
  outcome.goals.map fun goal =>
    match goal.splitOn "\n" with
    | first :: rest => if first.startsWith "case " then "\n".intercalate rest else goal
    | [] => goal

/-- Whether two suggestions are one to the reader: the same text, or the same goals after it. -/
def CheckedSuggestion.isDuplicateOf (a b : CheckedSuggestion) : Bool :=
  a.suggestion.text == b.suggestion.text ||
    !a.outcome.goals.isEmpty && a.outcome.verdict == b.outcome.verdict &&
      a.outcome.untaggedGoals == b.outcome.untaggedGoals

/-- The shorter of two suggestions, the first if they are equally long. -/
def CheckedSuggestion.shorter (a b : CheckedSuggestion) : CheckedSuggestion :=
  if b.suggestion.text.length < a.suggestion.text.length then b else a

/--
The suggestions in the order in which they are shown. Of those that leave the same goals the
shortest is kept, where the best would stand.
-/
def rank (checked : Array CheckedSuggestion) : Array CheckedSuggestion :=
  (checked.insertionSort CheckedSuggestion.precedes).foldl (init := #[]) fun kept next =>
    match kept.findIdx? (·.isDuplicateOf next) with
    | some i => kept.modify i (·.shorter next)
    | none => kept.push next

end LLMstep
