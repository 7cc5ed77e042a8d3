import LLMstep.StepRanker
import Lean.Elab.Command

/-!
# What the tactics expect of steps

A command that logs it, so that a test can compare it with what Python expects.
-/

open Lean Elab Command LLMstep

namespace RankerProbe

/-- A goal, and steps for it. -/
structure Question where
  goal : String
  /-- Texts and the names of their sources. -/
  steps : Array (String × String)
  deriving FromJson

/-- The source of that name. -/
def source (name : String) : ProposalSource :=
  ([.model, .goal, .automation, .premise] : List ProposalSource).find? (·.name == name) |>.get!

/-- The symbols of the goal, and for each step its kind, the probability and the milliseconds. -/
def answer (question : Question) : Json :=
  let steps := question.steps.map fun (text, name) =>
    { text, score := -0.7, source := source name : Suggestion }
  let estimates := (RankedGoal.read question.goal).estimates steps
  let answers := (steps.zip estimates).map fun (step, estimate) =>
    json% {
      template: $(templateOf step.text), ending: $(closingTactic step.text),
      probability: $estimate.probability, milliseconds: $estimate.milliseconds }
  json% { symbols: $(goalSymbolsOf question.goal), steps: $answers }

/-- The answers to the questions in a file. -/
elab "#estimates " file:str : command => do
  let questions : Except String (Array Question) :=
    Json.parse (← IO.FS.readFile file.getString) >>= fromJson?
  logInfo (toJson ((← IO.ofExcept questions).map answer)).compress

end RankerProbe
