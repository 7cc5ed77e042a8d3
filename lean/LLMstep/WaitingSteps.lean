import LLMstep.StepRanker
import Std.Data.HashSet

/-!
# Steps that wait to be tried

Of independent trials with probability p and cost c the order by p/c finds a proof soonest. A step has
a short time at first; what needs more waits until nothing quick is left.
-/

namespace LLMstep

/-- A step that waits, and what trying it is worth. -/
structure WaitingStep where
  suggestion : Suggestion
  estimate : Estimate
  /-- The higher, the sooner it is tried. -/
  value : Float
  /-- Whether the time of a first trial was too short for it. -/
  isSlow : Bool := false
  deriving Inhabited

/-- The steps that wait at a goal, and all that ever did. -/
structure WaitingSteps where
  goal : RankedGoal
  /-- The most valuable first, the slow ones behind all others. -/
  waiting : Array WaitingStep := #[]
  /-- The texts of all steps that were ever here. -/
  known : Std.HashSet String := {}

/-- What a step gains that does not prove its goal, as a share of what a proof gains. -/
abbrev ProgressValue := Suggestion → Float

/-- Lets steps wait that were not known. -/
def WaitingSteps.add (steps : WaitingSteps) (suggestions : Array Suggestion)
    (progress : ProgressValue := fun _ => 0) : WaitingSteps :=
  let (new, known) := suggestions.foldl (init := (#[], steps.known)) fun (new, known) suggestion =>
    if known.contains suggestion.text then (new, known)
    else (new.push suggestion, known.insert suggestion.text)
  let entries := (new.zip (steps.goal.estimates new)).map fun (suggestion, estimate) =>
    let value := (estimate.probability + progress suggestion) / estimate.milliseconds
    { suggestion, estimate, value : WaitingStep }
  let waiting := (steps.waiting ++ entries).qsort fun a b =>
    if a.isSlow == b.isSlow then a.value > b.value else b.isSlow
  { steps with waiting, known }

/-- Takes the most valuable of the steps that are allowed, and a slow one only if no other is. -/
def WaitingSteps.take? (steps : WaitingSteps) (isAllowed : WaitingStep → Bool) :
    Option (WaitingStep × WaitingSteps) := do
  let index ← steps.waiting.findIdx? isAllowed
  let step ← steps.waiting[index]?
  return (step, { steps with waiting := steps.waiting.eraseIdxIfInBounds index })

/-- Lets a step wait again that had not the time that it needs. -/
def WaitingSteps.putBack (steps : WaitingSteps) (step : WaitingStep) : WaitingSteps :=
  { steps with waiting := steps.waiting.push { step with isSlow := true } }

/-- Lets a step be the next that is taken, unless it was known. -/
def WaitingSteps.putFirst (steps : WaitingSteps) (suggestion : Suggestion) : WaitingSteps :=
  if steps.known.contains suggestion.text then steps
  else
    let estimate := { probability := 1, milliseconds := leastMilliseconds }
    { steps with
      waiting := #[{ suggestion, estimate, value := 1 / leastMilliseconds }] ++ steps.waiting
      known := steps.known.insert suggestion.text }

/-- Whether a step searches the library, or asks Lean to print what it did. -/
def searchesLibrary (step : String) : Bool := (step.replace "?_" "").contains '?'

/-- The most of what a search has found that is tried in its place. -/
def maxFound : Nat := 3

/-- The steps that a search such as `exact?` says it has found, the first ones. -/
def foundSteps (message : String) : List String :=
  if !containsText message "Try this" && !containsText message "Try these" then []
  else
    let pieces := (message.splitOn "[apply] ").drop 1
    let texts := pieces.map fun piece =>
      let lines := (piece.splitOn "\n").takeWhile fun line =>
        !(line.trimAsciiStart.startsWith "-- ")
      " ".intercalate ((((" ".intercalate lines).split Char.isWhitespace).toList.map
        (·.toString)).filter (!·.isEmpty))
    (texts.filter fun text =>
      !text.isEmpty && !containsText text "?_" && !containsText text "sorry").take maxFound

end LLMstep
