import LLMstep.Proposer
import LLMstep.Rank

/-!
# A state of the search for a proof

What was proposed there and not tried, and what to hope for.
-/

open Lean

namespace LLMstep

/-- Tactics that prove a goal or fail: a goal is as promising as the best of them on it. -/
def finishingTactics : Array Suggestion :=
  #["rfl", "simp", "omega", "simp_all", "decide", "grind", "contradiction"].map fun text =>
    { text, score := leanScore, source := .automation }

/-- How likely a step that does not prove the goal is one of a proof. -/
def progressProbability (step : Suggestion) : Float :=
  if containsText step.text "<;>" then 0
  else match step.source with
    | .model => 0.2
    | .goal => 0.1
    | .premise => 0.02
    | .automation => 0.01

/-- By how much, as a logarithm of odds, a visit without a proof makes a state less promising. -/
def visitCost : Float := 0.7

/-- From this visit on, steps may take as long as any, and search the library. -/
def firstVisitOfSlow : Nat := 4

/-- How much the likelihood of the steps that led to a state counts. -/
def pathWeight : Float := 0.4

/-- A state of the search. -/
structure Node where
  /-- Checks steps in that state. -/
  checker : CandidateChecker
  /-- The steps that led to it. -/
  steps : Array Suggestion
  /-- The sum of the scores of these steps. -/
  score : Float
  /-- The logarithm of how likely a proof from here is, before anything was tried. -/
  promise : Float
  waiting : WaitingSteps
  visits : Nat := 0
  /-- How much Lean knew when it was last asked for proposals: 0 if it was not. -/
  knowledge : Nat := 0
  /-- How many suggestions the model was asked for, the last time. -/
  requested : Nat := 0
  /-- Whether nothing is to be tried here any more. -/
  isClosed : Bool := false

/-- The state with the highest priority is visited next. -/
def Node.priority (node : Node) : Float :=
  node.promise + pathWeight * node.score - visitCost * node.visits.toFloat

/-- Whether steps may not take long yet. -/
def Node.isEarly (node : Node) : Bool := node.visits < firstVisitOfSlow

/-- Lets steps wait that were not known. -/
def Node.add (node : Node) (suggestions : Array Suggestion) : Node :=
  { node with waiting := node.waiting.add suggestions progressProbability }

/-- Takes the step that is most worth a trial now. -/
def Node.take? (node : Node) : Option (WaitingStep × Node) := do
  let isAllowed (step : WaitingStep) : Bool :=
    !node.isEarly || !step.isSlow && !searchesLibrary step.suggestion.text
  let (step, waiting) ← node.waiting.take? isAllowed
  return (step, { node with waiting })

/-- The key by which states are told apart: the goals without the tags of their cases. -/
def stateKey (goals : Array String) : String :=
  "\n\n".intercalate ({ verdict := .progress, goals : Outcome }.untaggedGoals).toList

end LLMstep
