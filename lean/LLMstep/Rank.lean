import LLMstep.Request
import LLMstep.TrialOrder
import LLMstep.Verdict

/-!
# Ranking: which suggestions are shown, and in which order
-/

namespace LLMstep

/-- A suggestion, and the outcome of checking it. -/
structure CheckedSuggestion where
  suggestion : Suggestion
  outcome : Outcome
  /-- How likely it seemed to prove the goal, before it was tried. -/
  promise : Float := 0
  deriving Inhabited

/-- Whether the suggestion is shown. Whatever is not certain is not. -/
def CheckedSuggestion.isAccepted (checked : CheckedSuggestion) : Bool :=
  checked.outcome.verdict matches .proved | .progress

/-- The score of a step that needs no model: a hypothesis that is the goal is certain. -/
def certainScore : Float := 0

/-- Whether a suggestion is ordered by its score: it is the model's, or certain. -/
def Suggestion.isScored (suggestion : Suggestion) : Bool :=
  suggestion.source == .model || suggestion.score == certainScore

/--
Proofs come first, then what leaves the fewest goals. Of equals the certain ones and the model's come
first, which are like what people write, the likelier before; then Lean's, of proofs the shorter, of
others the more promising.
-/
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
  else match a.suggestion.isScored, b.suggestion.isScored with
    | true, true => a.suggestion.score > b.suggestion.score
    | true, false => true
    | false, true => false
    | false, false =>
      if rankA == 0 then a.suggestion.text.length < b.suggestion.text.length
      else a.promise > b.promise

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

/-- The first proof of each kind, then the second of each: the kind is the name of its tactic. -/
def alternateKinds (proofs : Array CheckedSuggestion) : Array CheckedSuggestion :=
  let (numbered, _) := proofs.foldl (init := (#[], ({} : Std.HashMap String Nat)))
    fun (numbered, turns) proof =>
      let kind := headWord proof.suggestion.text
      let turn := turns.getD kind 0
      (numbered.push (turn, proof), turns.insert kind (turn + 1))
  (numbered.insertionSort fun a b => a.1 < b.1).map (·.2)

/--
The suggestions in the order in which they are shown. Of those that leave the same goals the
shortest is kept, where the best would stand.
-/
def rank (checked : Array CheckedSuggestion) : Array CheckedSuggestion :=
  let kept := (checked.insertionSort CheckedSuggestion.precedes).foldl (init := #[])
    fun kept next =>
      match kept.findIdx? (·.isDuplicateOf next) with
      | some i => kept.modify i (·.shorter next)
      | none => kept.push next
  let (proofs, others) := kept.partition (·.outcome.verdict == .proved)
  alternateKinds proofs ++ others

/-- So many of those shown make progress, if there are any: a fifth proof tells less than a way. -/
def roomForProgress : Nat := 5

/-- Of ranked and accepted suggestions the first so many proofs and other ways. -/
def shownOf (accepted : Array CheckedSuggestion) (most : Nat) : Array CheckedSuggestion :=
  let (proofs, ways) := accepted.partition (·.outcome.verdict == .proved)
  (proofs.take (most - min ways.size roomForProgress) ++ ways).take most

end LLMstep
